package cbdash_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbdash"
)

// stream is an open page, without a network: the tests have a clock of their own.
type stream struct {
	events *bufio.Scanner
	leave  func()
}

// open opens the stream of a page.
func open(t *testing.T, h http.Handler) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://ops.test/breakers", nil)
	r.Header.Set("Accept", "text/event-stream")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer writer.Close()
		h.ServeHTTP(pipeResponse{httptest.NewRecorder(), writer}, r)
	}()
	s := &stream{events: bufio.NewScanner(reader), leave: sync.OnceFunc(func() {
		cancel()
		reader.Close()
		<-ended
	})}
	s.events.Buffer(nil, 1<<24)
	t.Cleanup(s.leave)
	return s
}

type pipeResponse struct {
	*httptest.ResponseRecorder
	to io.Writer
}

func (p pipeResponse) Write(data []byte) (int, error) { return p.to.Write(data) }

// event is a message of the stream, as far as tests look at it.
type event struct {
	name     string
	Operable bool
	Breakers []struct {
		Number int
		Method string
		Key    string
		State  string
		Bars   [][3]int
		Calls  struct{ Success int }
	}
	Gone     []int
	Timeline []struct{ Method, From, To, Cause string }
	Bars     map[int][3]int
	Beat     bool
}

// next is the next event; its name is empty where the stream has ended.
func (s *stream) next(t *testing.T) event {
	t.Helper()
	var e event
	for s.events.Scan() {
		line := s.events.Text()
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			e.name = name
		} else if data, ok := strings.CutPrefix(line, "data: "); ok {
			require.NoError(t, json.Unmarshal([]byte(data), &e))
		} else {
			return e
		}
	}
	return e
}

// change is the next event that tells of breakers or changes of state, and not of time alone.
func (s *stream) change(t *testing.T) event {
	t.Helper()
	for {
		if e := s.next(t); e.name == "" || len(e.Breakers)+len(e.Gone)+len(e.Timeline) > 0 {
			return e
		}
	}
}

func TestAStreamBeginsWithEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		timeline := cbdash.NewTimeline(2)
		registry := newRegistry(cb.WithObserver(timeline))
		b := newBreaker(registry, "c", "M", cb.Policy{})
		newBreaker(registry, "c", "L", cb.Policy{})
		fail(b, 5)
		b.Reset()
		b.ForceOpen() // the timeline forgets the first change

		s := open(t, cbdash.Handler(registry, cbdash.WithTimeline(timeline)))
		assert.Equal(t, event{name: "hello"}, s.next(t))
		full := s.next(t)
		require.Equal(t, "full", full.name)
		require.Len(t, full.Breakers, 2)
		assert.Equal(t, "L", full.Breakers[0].Method)
		assert.Equal(t, "forced-open", full.Breakers[1].State)
		require.Len(t, full.Timeline, 2)
		assert.Equal(t, "open>closed", full.Timeline[0].From+">"+full.Timeline[0].To)
		assert.Equal(t, "closed>forced-open", full.Timeline[1].From+">"+full.Timeline[1].To)
	})
}

func TestChangesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]time.Duration{"by a timeline": 50 * time.Millisecond, "by looking": 250 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				timeline := cbdash.NewTimeline(0)
				registry, opts := newRegistry(), []cbdash.Option{}
				if name == "by a timeline" {
					registry, opts = newRegistry(cb.WithObserver(timeline)), append(opts, cbdash.WithTimeline(timeline))
				}
				b := newBreaker(registry, "c", "M", cb.Policy{})
				newBreaker(registry, "c", "N", cb.Policy{})
				s := open(t, cbdash.Handler(registry, opts...))
				require.Equal(t, "full", s.change(t).name)
				time.Sleep(333 * time.Millisecond)

				start := time.Now()
				fail(b, 5)
				e := s.change(t)
				assert.LessOrEqual(t, time.Since(start), limit)
				require.Len(t, e.Breakers, 1, "only what has changed")
				assert.Equal(t, "open", e.Breakers[0].State)
				require.Len(t, e.Timeline, 1)
				assert.Equal(t, "closed>open down", e.Timeline[0].From+">"+e.Timeline[0].To+" "+e.Timeline[0].Cause)

				late := open(t, cbdash.Handler(registry, opts...))
				e = late.change(t)
				if name == "by a timeline" {
					assert.Len(t, e.Timeline, 1, "also on a page that was opened later")
				}
			})
		})
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newRegistry()
		b := newBreaker(registry, "c", "M", cb.Policy{})
		newBreaker(registry, "c", "N", cb.Policy{})
		require.NoError(t, end(b, nil)) // before anybody looked
		h := cbdash.Handler(registry)
		s := open(t, h)
		number := s.change(t).Breakers[0].Number

		time.Sleep(100 * time.Millisecond)
		require.NoError(t, end(b, nil))
		require.NoError(t, end(b, nil))
		fail(b, 5)
		require.Error(t, end(b, nil))
		beat := func() event {
			for {
				if e := s.next(t); e.Beat {
					return e
				}
			}
		}
		assert.Equal(t, map[int][3]int{number: {2, 5, 1}}, beat().Bars)
		assert.Empty(t, beat().Bars)
		for range 100 {
			beat()
		}
		require.NoError(t, b.Do(t.Context(), func(context.Context) error { return nil }))
		beat()

		later := open(t, h).change(t)
		require.Equal(t, "full", later.name)
		require.Len(t, later.Breakers[0].Bars, 60)
		assert.Equal(t, [3]int{1, 0, 0}, later.Breakers[0].Bars[59])
	})
}

func TestKeysComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newRegistry()
		k := cb.KeyedBreaker[string](cb.NewClient("c", cb.WithRegistry(registry)), "M", cb.Policy{}, 1)
		require.NoError(t, end(k.For("one"), nil))
		s := open(t, cbdash.Handler(registry))
		full := s.change(t)
		require.Len(t, full.Breakers, 2)
		one := full.Breakers[1]
		require.Equal(t, "one", one.Key)

		require.NoError(t, end(k.For("two"), nil))
		e := s.change(t)
		require.Len(t, e.Breakers, 1)
		assert.Equal(t, "two", e.Breakers[0].Key)
		assert.Greater(t, e.Breakers[0].Number, one.Number)
		assert.Equal(t, []int{one.Number}, e.Gone)
	})
}

func TestNobodyLooksWhileNobodyLooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := cbdash.Handler(newRegistry())
		for range 2 {
			first, second := open(t, h), open(t, h)
			require.Equal(t, "hello", first.next(t).name)
			first.leave()
			require.Equal(t, "hello", second.next(t).name)
			require.Equal(t, "full", second.next(t).name)
			second.leave()
		}
		// A goroutine that goes on now would keep the bubble from ending.
	})
}

func TestWhoCannotFollowBeginsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, cbdash.Handler(newRegistry()))
		require.Equal(t, "hello", s.next(t).name)
		time.Sleep(time.Minute) // unread
		n := 0
		for s.next(t).name != "" {
			n++
		}
		assert.Less(t, n, 20, "it is bounded, and its stream has ended")
	})
}

func TestStreamsEndWithTheServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := open(t, cbdash.Handler(newRegistry(), cbdash.WithContext(ctx)))
		require.Equal(t, "hello", s.next(t).name)
		go cancel()
		for s.next(t).name != "" {
		}
	})
}

func TestAStreamOutlivesTheServersWriteTimeout(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(cbdash.Handler(newRegistry(), cbdash.WithAuthorizer(
		func(*http.Request) (string, bool) { return "", true })))
	server.Config.WriteTimeout = 100 * time.Millisecond
	server.Start()
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "text/event-stream")
	response, err := server.Client().Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	s := &stream{events: bufio.NewScanner(response.Body)}
	assert.True(t, s.next(t).Operable)
	assert.Equal(t, "full", s.next(t).name)
	assert.True(t, s.next(t).Beat, "a second later")
}

func TestATimelineIsBoundedAndForMany(t *testing.T) {
	t.Parallel()
	timeline := cbdash.NewTimeline(7)
	registry := newRegistry(cb.WithObserver(timeline))
	var wg sync.WaitGroup
	for _, method := range []string{"A", "B", "C", "D"} {
		b := newBreaker(registry, "c", method, cb.Policy{})
		wg.Go(func() {
			for range 50 {
				b.Trip()
				b.Reset()
			}
		})
	}
	h := cbdash.Handler(registry, cbdash.WithTimeline(timeline))
	for range 20 {
		ask(t, h, http.MethodGet, "", "Accept: application/json")
	}
	wg.Wait()
	var got struct{ Timeline []struct{ To string } }
	require.NoError(t, json.Unmarshal(ask(t, h, http.MethodGet, "", "Accept: application/json").Body.Bytes(), &got))
	require.Len(t, got.Timeline, 7)
	assert.Equal(t, "closed", got.Timeline[6].To)
}
