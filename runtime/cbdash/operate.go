package cbdash

import (
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// order is what an operator asks for.
type order struct {
	Client string `json:"client"`
	Method string `json:"method"`
	Key    string `json:"key"`
	Action string `json:"action"`
}

// maxOrder is the longest body of a POST, in bytes.
const maxOrder = 16 << 10

// action is what an order's Action does; nil: there is no such action.
func action(called string) func(*cb.Breaker) {
	switch called {
	case "trip":
		return (*cb.Breaker).Trip
	case "reset":
		return (*cb.Breaker).Reset
	case "force-open":
		return (*cb.Breaker).ForceOpen
	case "force-close":
		return (*cb.Breaker).ForceClose
	case "disable":
		return (*cb.Breaker).Disable
	default:
		return nil
	}
}

// operate does what a POST asks for. Its media type is one that a form of another page cannot send, so that a browser which tells
// no origin is held to ask first.
func (h *handler) operate(w http.ResponseWriter, r *http.Request) {
	if err := h.origins.Check(r); err != nil {
		http.Error(w, "breakers are operated from this page only", http.StatusForbidden)
		return
	}
	operator, ok := h.authorizer(r)
	if !ok {
		http.Error(w, "not authorized to operate breakers", http.StatusForbidden)
		return
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != typeJSON {
		http.Error(w, "the body must be "+typeJSON, http.StatusUnsupportedMediaType)
		return
	}
	var o order
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil {
		status := http.StatusBadRequest
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "cannot read the order: "+err.Error(), status)
		return
	}
	act := action(o.Action)
	if act == nil {
		http.Error(w, "no such action: trip, reset, force-open, force-close and disable are", http.StatusBadRequest)
		return
	}
	breakers := h.find(o)
	if len(breakers) == 0 {
		http.Error(w, "no such breaker", http.StatusNotFound)
		return
	}
	logger := h.logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.WarnContext(r.Context(), "circuit breaker operated", "client", o.Client, "method", o.Method, "key", o.Key,
		"action", o.Action, "operator", operator)
	h.watchers.timeline.add(entry{At: time.Now(), Client: o.Client, Method: o.Method, Key: o.Key, Action: o.Action, Operator: operator})
	for _, b := range breakers {
		act(b)
	}
	w.WriteHeader(http.StatusNoContent)
}

// find lists the breakers that an order names: several where values of a key have one text.
func (h *handler) find(o order) (found []*cb.Breaker) {
	for _, b := range h.watchers.registry.Breakers() {
		if b.Client() == o.Client && b.Method() == o.Method && b.Key() == o.Key {
			found = append(found, b)
		}
	}
	return found
}
