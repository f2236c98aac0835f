package cb_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// file is a reader that knows how often it was closed. Closing it ends a Read that blocks.
type file struct {
	io.Reader
	mu     sync.Mutex
	closed int
	onEnd  func()
}

func (f *file) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
	if f.onEnd != nil {
		f.onEnd()
	}
	return nil
}

// results are what a source's Reads return, in this order; the last for good.
type results []readResult

type readResult struct {
	text string
	err  error
}

func (r *results) Read(p []byte) (int, error) {
	next := (*r)[0]
	if len(*r) > 1 {
		*r = (*r)[1:]
	}
	return copy(p, next.text), next.err
}

// openFiles opens them one after the other.
func openFiles(files ...io.ReadCloser) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) {
		next := files[0]
		files = files[1:]
		return next, nil
	}
}

func TestStreamReader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		reads results
		text  string
		err   error
		want  cb.Counts
	}{
		{"to the end", results{{"ab", nil}, {"", io.EOF}}, "ab", nil, cb.Counts{Success: 1}},
		{"bytes with the end", results{{"ab", io.EOF}}, "ab", nil, cb.Counts{Success: 1}},
		{"bytes with an error", results{{"ab", errDown}}, "ab", errDown, cb.Counts{Failure: 1}},
		{"an error after bytes", results{{"ab", nil}, {"", errDown}}, "ab", errDown, cb.Counts{Failure: 1}},
		{"an error at once", results{{"", errDown}}, "", errDown, cb.Counts{Failure: 1}},
		{"nothing at times", results{{"", nil}, {"ab", nil}, {"", nil}, {"", io.EOF}}, "ab", nil, cb.Counts{Success: 1}},
		{"the end cut off", results{{"ab", nil}, {"", io.ErrUnexpectedEOF}}, "ab", io.ErrUnexpectedEOF, cb.Counts{Failure: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBreaker(cb.Policy{Failure: cb.Match{Codes: "503"}}) // with codes, io.EOF is no answer by itself
			f := &file{Reader: &tt.reads}
			r, err := cb.CallStream(t.Context(), b, cb.StreamReader, openFiles(f))
			require.NoError(t, err)
			for range 2 { // what ended stays so
				text, err := io.ReadAll(r)
				require.ErrorIs(t, err, tt.err)
				assert.Equal(t, tt.text, string(text))
				assert.Equal(t, tt.want, b.Snapshot().Counts)
				tt.reads, tt.text = results{{"", cmpEOF(tt.err)}}, ""
			}
			require.NoError(t, r.Close())
			assert.Equal(t, 1, f.closed)
			assert.Equal(t, tt.want, b.Snapshot().Counts)
		})
	}
}

// cmpEOF is the error of a Read where io.ReadAll has none.
func cmpEOF(err error) error { return cb.FirstError(err, io.EOF) }

func TestStreamReader_ReplacedBeforeItsFirstByte(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Retry: cb.Retry{Max: 1}})
		first, second := &file{Reader: iotest.ErrReader(errDown)}, &file{Reader: strings.NewReader("ab")}
		r, err := cb.CallStream(t.Context(), b, cb.StreamReader, openFiles(first, second))
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		assert.Equal(t, "ab", string(text))
		assert.Equal(t, 1, first.closed)
		require.NoError(t, r.Close())
		require.NoError(t, r.Close())
		assert.Equal(t, 2, second.closed, "the caller's Close is the source's")
		assert.Equal(t, cb.Counts{Success: 1, Failure: 1}, b.Snapshot().Counts)
	})
}

func TestStreamReader_ClosedUnread(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	var inside context.Context
	f := &file{Reader: strings.NewReader("ab")}
	f.onEnd = func() {
		assert.NoError(t, inside.Err(), "the source is closed in its context")
		assert.Equal(t, cb.Counts{Ignored: 1}, b.Snapshot().Counts)
	}
	r, err := cb.CallStream(t.Context(), b, cb.StreamReader, func(ctx context.Context) (io.ReadCloser, error) {
		inside = ctx
		return f, nil
	})
	require.NoError(t, err)
	require.NoError(t, inside.Err())
	require.NoError(t, r.Close())
	require.ErrorIs(t, inside.Err(), context.Canceled)
	assert.Equal(t, cb.Counts{Ignored: 1}, b.Snapshot().Counts)
	assert.Zero(t, b.Snapshot().InFlight)
}

// TestStreamReader_ClosedByWhoForgetsIt has the garbage collector find what nobody holds any more while the source is closed.
func TestStreamReader_ClosedByWhoForgetsIt(t *testing.T) {
	t.Parallel()
	var inside context.Context
	f := &file{Reader: strings.NewReader("ab"), onEnd: func() {
		for range 2 { // when the second is cleaned up, so is all that was found with the first
			found := make(chan struct{})
			runtime.AddCleanup(&file{}, func(found chan struct{}) { close(found) }, found)
			for waiting := true; waiting; {
				runtime.GC()
				select {
				case <-found:
					waiting = false
				case <-time.After(time.Millisecond):
				}
			}
		}
		assert.NoError(t, inside.Err(), "the source is closed in its context")
	}}
	r, err := cb.CallStream(t.Context(), newBreaker(cb.Policy{}), cb.StreamReader, func(ctx context.Context) (io.ReadCloser, error) {
		inside = ctx
		return f, nil
	})
	require.NoError(t, err)
	require.NoError(t, r.Close())
	assert.ErrorIs(t, inside.Err(), context.Canceled)
	assert.Equal(t, 1, f.closed)
}

// TestStreamReader_ClosedWhileItIsRead makes the read fail, which does not count.
func TestStreamReader_ClosedWhileItIsRead(t *testing.T) {
	t.Parallel()
	for _, brought := range []string{"", "ab"} {
		t.Run("after "+brought, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Stream: cb.Stream{First: time.Hour, Idle: time.Hour}, Retry: cb.Retry{Max: 2}})
				in, out := io.Pipe()
				r, err := cb.CallStream(t.Context(), b, cb.StreamReader, openFiles(in))
				require.NoError(t, err)
				done := make(chan error)
				go func() {
					_, err := io.ReadAll(r)
					done <- err
				}()
				_, err = io.WriteString(out, brought)
				require.NoError(t, err)
				synctest.Wait()
				require.NoError(t, r.Close())
				require.ErrorIs(t, <-done, io.ErrClosedPipe)
				want := cb.Counts{Ignored: 1}
				if brought != "" {
					want = cb.Counts{Success: 1}
				}
				assert.Equal(t, want, b.Snapshot().Counts)
			})
		})
	}
}

// TestStreamReader_ClosedWhileItIsTriedAgain ends the wait for a retry, and what a retry opens too late.
func TestStreamReader_ClosedWhileItIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Retry: cb.Retry{Max: 2, Backoff: time.Second}})
		first, second := &file{Reader: iotest.ErrReader(errDown)}, &file{Reader: strings.NewReader("ab")}
		r, err := cb.CallStream(t.Context(), b, cb.StreamReader, openFiles(first, second))
		require.NoError(t, err)
		time.AfterFunc(time.Millisecond, func() { assert.NoError(t, r.Close()) })
		start := time.Now()
		_, err = io.ReadAll(r)
		require.ErrorIs(t, err, errDown)
		assert.Equal(t, time.Millisecond, time.Since(start))
		assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Retry: cb.Retry{Max: 2, Backoff: time.Second}})
		first, second := &file{Reader: iotest.ErrReader(errDown)}, &file{Reader: strings.NewReader("ab")}
		open := openFiles(first, second)
		r, err := cb.CallStream(t.Context(), b, cb.StreamReader, func(ctx context.Context) (io.ReadCloser, error) {
			f, err := open(ctx)
			if f == second {
				time.Sleep(time.Minute) // and does not look at its context
			}
			return f, err
		})
		require.NoError(t, err)
		time.AfterFunc(time.Second, func() { assert.NoError(t, r.Close()) })
		_, err = io.ReadAll(r)
		require.ErrorIs(t, err, errDown)
		assert.Equal(t, []int{1, 1}, []int{first.closed, second.closed})
		assert.Equal(t, cb.Counts{Failure: 1, Ignored: 1}, b.Snapshot().Counts)
		assert.Zero(t, b.Snapshot().InFlight)
	})
}

func TestStreamReader_KeepsTellingItsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Stream: cb.Stream{Idle: time.Second}})
		r, err := cb.CallStream(t.Context(), b, cb.StreamReader, func(ctx context.Context) (io.ReadCloser, error) {
			in, out := io.Pipe()
			context.AfterFunc(ctx, func() { _ = out.CloseWithError(context.Cause(ctx)) })
			go func() { _, _ = io.WriteString(out, "ab") }()
			return in, nil
		})
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		assert.Equal(t, "ab", string(text))
		want := &cb.StreamLimitError{Limit: "idle", After: time.Second}
		assert.Equal(t, want, err)
		_, err = r.Read(make([]byte, 1))
		assert.Equal(t, want, err)
		require.NoError(t, r.Close())
		assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
		assert.Equal(t, error(want), b.Snapshot().LastFailure)
	})
}

// TestR5_APanicOfAReader goes on unchanged, out of Read as out of Close, and leaves nothing behind.
func TestR5_APanicOfAReader(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1}})
	r, err := cb.CallStream(t.Context(), b, cb.StreamReader, openFiles(&file{})) // without a Reader
	require.NoError(t, err)
	assert.Panics(t, func() { _, _ = r.Read(make([]byte, 1)) })
	assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
	assert.Zero(t, b.Snapshot().Bulkhead.Running)

	f := &file{onEnd: func() { panic("boom") }}
	r, err = cb.CallStream(t.Context(), b, cb.StreamReader, openFiles(f))
	require.NoError(t, err)
	assert.PanicsWithValue(t, "boom", func() { _ = r.Close() })
	assert.Equal(t, cb.Counts{Failure: 1, Ignored: 1}, b.Snapshot().Counts)
	assert.Zero(t, b.Snapshot().Bulkhead.Running)
}

func TestStreamReader_ErrorOfClose(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	r, err := cb.CallStream(t.Context(), b, cb.StreamReader, openFiles(closeError{errDown}))
	require.NoError(t, err)
	require.ErrorIs(t, r.Close(), errDown)
	assert.Equal(t, cb.Counts{Ignored: 1}, b.Snapshot().Counts)
}

type closeError struct{ err error }

func (closeError) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }
func (c closeError) Close() error           { return c.err }
