package incident

import (
	"context"
	"errors"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// What the upstream does.
const (
	fastest    = 250 * time.Millisecond // of its answers
	spread     = 50 * time.Millisecond  // mean of what comes on top, exponentially distributed
	refusal    = time.Millisecond       // to say no
	hang       = 65 * time.Second       // then it says 504
	retryAfter = 20 * time.Second
)

var errRefused = errors.New("upstream: connection refused")

// health is how the upstream takes one attempt.
type health int

const (
	well health = iota
	hanging
	refusing
	slow // 20 times
	limiting
)

// upstream is the model of the one that somebody else runs. What it does to an attempt depends on the seed, the time, the request
// and the attempt's number alone, so that runs are equal and all guards meet the same fate.
type upstream struct {
	seed     uint64
	start    time.Time // of the incident
	incident *Incident

	underWay atomic.Int64 // attempts
	since    atomic.Int64 // the incident's start: attempts
	early    atomic.Int64 // of them: before the last good answer came

	mu       sync.Mutex
	attempts map[uint64]uint64
	arrivals map[int]int // by second of the incident
}

func newUpstream(incident *Incident, start time.Time) *upstream {
	return &upstream{
		seed: incident.Seed, start: start, incident: incident, attempts: map[uint64]uint64{}, arrivals: map[int]int{},
	}
}

// Complete is one attempt.
func (u *upstream) Complete(ctx context.Context, req Request) (Answer, error) {
	since := time.Since(u.start)
	u.underWay.Add(1)
	defer u.underWay.Add(-1)
	if since >= 0 {
		u.since.Add(1)
	}
	dice := u.arrive(since, req.ID)
	state := well
	if since >= 0 && since < u.incident.Length {
		state = u.incident.Sick(since, req, unit(dice))
	}
	took := fastest + time.Duration(float64(spread)*-math.Log(1-unit(mix(dice))))
	var err error
	switch {
	case state == refusing:
		took, err = refusal, errRefused
	case state == limiting:
		took, err = refusal, &StatusError{Code: http.StatusTooManyRequests, After: retryAfter}
	case state == hanging:
		took, err = hang+took, &StatusError{Code: http.StatusGatewayTimeout}
	case req.Bad:
		took, err = refusal, &StatusError{Code: http.StatusBadRequest}
	case state == slow:
		took *= 20
	}
	timer := time.NewTimer(took)
	defer timer.Stop()
	select {
	case <-timer.C:
		if err == nil && time.Since(u.start) < u.incident.Length {
			u.early.Store(u.since.Load())
		}
		return Answer{Took: took}, err
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

// arrive counts an attempt, and throws its dice.
func (u *upstream) arrive(since time.Duration, id uint64) uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.attempts[id]++
	u.arrivals[int(math.Floor(since.Seconds()))]++
	return mix(u.seed ^ mix(id) ^ u.attempts[id]<<48)
}

// attemptsOf is how often a request has been tried.
func (u *upstream) attemptsOf(id uint64) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return int(u.attempts[id]) //nolint:gosec // a handful
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014): a good hash of one number.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit is a number from 0 up to 1.
func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }
