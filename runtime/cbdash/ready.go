package cbdash

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// Critical names breakers without which the service cannot do its work.
type Critical struct {
	Client string
	Method string // "": all methods of the client
}

// Ready answers a load balancer's question whether to send requests here: 200, or 503 while a critical breaker is open. Without any
// critical it is always 200, for a service whose fallbacks answer is ready; and where every instance sees the same upstream fail,
// taking them all away helps nobody. Name what this instance alone can lose.
//
// A breaker counts as open while it is held open by hand, and while its open period lasts. After that it counts as ready, although
// [cb.Breaker.State] is still open: only a request can probe the upstream, and an instance that gets none would never come back. So
// does one that is half-open. A keyed method counts as open when all the breakers of its keys do, the shared one of the overflow apart.
// A critical that the registry does not have is not ready: a name that is misspelt must not pass.
//
// The body is JSON: {"ready": false, "open": [{"client", "method", "key", "state", "retryAfter"}], "missing": [{"client", "method"}]},
// retryAfter in whole seconds, rounded up; where it is known of all, the soonest is the header Retry-After.
func Ready(registry *cb.Registry, critical ...Critical) http.Handler {
	critical = slices.Clone(critical)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET", http.StatusMethodNotAllowed)
			return
		}
		answer := readiness(registry, critical, time.Now())
		if answer.Ready {
			writeJSON(w, http.StatusOK, answer)
			return
		}
		if seconds := answer.soonest(); seconds > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(seconds))
		}
		writeJSON(w, http.StatusServiceUnavailable, answer)
	})
}

type readyAnswer struct {
	Ready   bool          `json:"ready"`
	Open    []openBreaker `json:"open,omitempty"`
	Missing []missing     `json:"missing,omitempty"`
}

type openBreaker struct {
	Client     string   `json:"client"`
	Method     string   `json:"method"`
	Key        string   `json:"key,omitempty"`
	State      cb.State `json:"state"`
	RetryAfter int      `json:"retryAfter,omitempty"` // seconds; 0: not known
}

type missing struct {
	Client string `json:"client"`
	Method string `json:"method,omitempty"`
}

// soonest is when to ask again, in seconds; 0: nobody knows.
func (a readyAnswer) soonest() int {
	soonest := 0
	for _, o := range a.Open {
		if o.RetryAfter == 0 {
			return 0
		}
		if soonest == 0 || o.RetryAfter < soonest {
			soonest = o.RetryAfter
		}
	}
	if len(a.Missing) > 0 {
		return 0
	}
	return soonest
}

func readiness(registry *cb.Registry, critical []Critical, now time.Time) readyAnswer {
	var answer readyAnswer
	breakers := registry.Breakers()
	for _, c := range critical {
		found := false
		for method := range methodsOf(breakers) {
			if method[0].Client() != c.Client || c.Method != "" && method[0].Method() != c.Method {
				continue
			}
			found = true
			answer.Open = append(answer.Open, openOf(method, now)...)
		}
		if !found {
			answer.Missing = append(answer.Missing, missing(c))
		}
	}
	answer.Ready = len(answer.Open) == 0 && len(answer.Missing) == 0
	return answer
}

// methodsOf goes through the breakers method by method.
func methodsOf(sorted []*cb.Breaker) func(yield func([]*cb.Breaker) bool) {
	return func(yield func([]*cb.Breaker) bool) {
		for len(sorted) > 0 {
			end := slices.IndexFunc(sorted, func(b *cb.Breaker) bool {
				return b.Client() != sorted[0].Client() || b.Method() != sorted[0].Method()
			})
			if end < 0 {
				end = len(sorted)
			}
			if !yield(sorted[:end]) {
				return
			}
			sorted = sorted[end:]
		}
	}
}

// openOf lists the open breakers of a method, if none of it can be called.
func openOf(method []*cb.Breaker, now time.Time) (open []openBreaker) {
	for _, b := range method {
		if b.Key() == cb.OverflowKey && len(method) > 1 {
			continue
		}
		s := b.Snapshot()
		remaining := s.OpenUntil.Sub(now)
		if s.State != cb.ForcedOpen && (s.State != cb.Open || remaining <= 0) {
			return nil
		}
		o := openBreaker{Client: s.Client, Method: s.Method, Key: s.Key, State: s.State}
		if s.State == cb.Open {
			o.RetryAfter = int((remaining + time.Second - 1) / time.Second)
		}
		open = append(open, o)
	}
	return open
}
