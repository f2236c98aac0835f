package cb_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// download is a stream that says how its opening went.
type download interface {
	io.Reader
	Status() int
	Close() // without an error
}

type report struct {
	io.Reader
	status, closed int
}

func (p *report) Status() int { return p.status }
func (p *report) Close()      { p.closed++ }

// bodyOf closes the report of an outcome.
type bodyOf struct{ *report }

func (b bodyOf) Close() error { b.report.Close(); return nil }

func reportOutcome(d download, err error) cb.Outcome {
	out := cb.Outcome{Err: err}
	if p, ok := d.(*report); ok {
		out.Code, out.Body = p.status, bodyOf{p}
	}
	return out
}

// guardedReport is a download that may be replaced before its first byte.
type guardedReport struct {
	download
	g *cb.StreamGuard[download]
}

func newReport(g *cb.StreamGuard[download]) download { return &guardedReport{g.Source(), g} }

func (p *guardedReport) Read(buffer []byte) (int, error) {
	defer p.g.Abandon()
	for {
		p.g.Wait()
		n, err := p.g.Source().Read(buffer)
		if n > 0 {
			p.g.Item()
		}
		if err == nil {
			return n, nil
		}
		if again, err := p.g.Ended(err); !again {
			return n, err
		}
	}
}

func (p *guardedReport) Close() {
	_ = p.g.Close(func(d download) error { d.Close(); return nil })
}

func (p *guardedReport) Status() int { return p.g.Source().Status() }

// reports opens them one after the other.
func reports(all ...*report) func(context.Context) (download, error) {
	return func(context.Context) (download, error) {
		next := all[0]
		all = all[1:]
		return next, nil
	}
}

func openReport(ctx context.Context, b *cb.Breaker, fn func(context.Context) (download, error)) (download, error) {
	return cb.CallStreamResult(ctx, b, reportOutcome, newReport, fn)
}

var resultPolicy = cb.Policy{Failure: cb.Match{Codes: "5xx"}, Retry: cb.Retry{Max: 2}, Bulkhead: cb.Bulkhead{Max: 1}}

func TestCallStreamResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(resultPolicy)
		down := &report{status: 503}
		broken := &report{Reader: iotest.ErrReader(errDown), status: 200}
		good := &report{Reader: strings.NewReader("ab"), status: 200}
		d, err := openReport(t.Context(), b, reports(down, broken, good))
		require.NoError(t, err)
		text, err := io.ReadAll(d)
		require.NoError(t, err)
		assert.Equal(t, "ab", string(text))
		d.Close()
		assert.Equal(t, []int{1, 1, 1}, []int{down.closed, broken.closed, good.closed})
		assert.Equal(t, cb.Counts{Success: 1, Failure: 2}, b.Snapshot().Counts)
	})
}

// TestCallStreamResult_FailsAgain: a result that failed is the caller's where it is the first that they see. In the place of one
// that they read already it is an error.
func TestCallStreamResult_FailsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(resultPolicy)
		last := &report{Reader: strings.NewReader("sorry"), status: 503}
		var inside context.Context
		fn := reports(&report{status: 502}, &report{status: 500}, last)
		d, err := openReport(t.Context(), b, func(ctx context.Context) (download, error) { inside = ctx; return fn(ctx) })
		require.NoError(t, err)
		assert.Equal(t, 503, d.Status())
		assert.Equal(t, cb.Counts{Failure: 3}, b.Snapshot().Counts)
		assert.Zero(t, b.Snapshot().Bulkhead.Running)
		require.NoError(t, inside.Err(), "it is still to be read")
		text, err := io.ReadAll(d)
		require.NoError(t, err)
		assert.Equal(t, "sorry", string(text))
		d.Close()
		require.ErrorIs(t, inside.Err(), context.Canceled)
		assert.Equal(t, cb.Counts{Failure: 3}, b.Snapshot().Counts)

		b = newBreaker(resultPolicy)
		d, err = openReport(t.Context(), b, reports(&report{Reader: iotest.ErrReader(errDown), status: 200}, &report{status: 500}, &report{status: 503}))
		require.NoError(t, err)
		_, err = io.ReadAll(d)
		status, ok := errors.AsType[*cb.StatusError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, 503, status.Code)
		assert.Equal(t, "upstream answered with code 503 (after 3 attempts)", err.Error())
		d.Close()
		assert.Zero(t, b.Snapshot().Bulkhead.Running)
	})
}

// TestCallStreamResult_OpensTooLate is closed: its context has ended.
func TestCallStreamResult_OpensTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Stream: cb.Stream{First: time.Second}})
		late := &report{Reader: strings.NewReader("ab"), status: 200}
		d, err := openReport(t.Context(), b, func(context.Context) (download, error) {
			time.Sleep(time.Minute)
			return late, nil
		})
		assert.Equal(t, &cb.StreamLimitError{Limit: "first", After: time.Second}, err)
		assert.Nil(t, d)
		assert.NotZero(t, late.closed)
		assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
	})
}

// exitObserver ends the goroutine that tells it of a probe.
type exitObserver struct{ cb.NopObserver }

func (exitObserver) StateChanged(e cb.Event) {
	if e.To == cb.HalfOpen {
		runtime.Goexit()
	}
}

// TestR4_AnObserverEndsAStreamsGoroutine before its call: the place of the probe is free again.
func TestR4_AnObserverEndsAStreamsGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{}, cb.WithObserver(exitObserver{}))
		halfOpen(b)
		go func() {
			_, _ = cb.CallStream(t.Context(), b, cb.StreamSeq2[string], source(word("a")))
			assert.Fail(t, "the goroutine has ended")
		}()
		synctest.Wait()
		assert.Equal(t, cb.HalfOpen, b.State())
		_, err := read(openSeq(t, t.Context(), b, source(word("a"))))
		require.NoError(t, err)
		assert.Equal(t, cb.Closed, b.State())
	})
}
