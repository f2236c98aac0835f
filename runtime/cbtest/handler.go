package cbtest

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

// Handler is a page, and an interface in JSON, by which operators let faults happen in staging. Make one of its fields.
//
// GET shows the faults: as JSON where the request accepts it, else as a page with a form. POST changes them, by the form's fields or
// by an object of JSON with the same names and values; it must come from a page of the same origin, as
// [http.CrossOriginProtection] sees it, or from no browser. Every change is logged.
//
//	curl -d kind=fail -d method=Complete -d code=529 -d share=0.3 -d for=10m https://staging/faults
//	curl -d action=remove -d id=1 https://staging/faults
type Handler struct {
	// Faults are those that are shown and changed.
	Faults *Faults
	// Authorize tells who asks, for the log, and whether they may see and change the faults: nobody else does. It must be given.
	Authorize func(*http.Request) (operator string, ok bool)
	// Longest is how long a fault may happen at most: each has an end. 0: an hour.
	Longest time.Duration
	// Logger is where changes are logged. nil: slog.Default() at that time.
	Logger *slog.Logger
}

// Fields of a request.
const (
	actionAdd    = "add" // where none is given
	actionRemove = "remove"
	actionClear  = "clear"

	maxRequest     = 16 << 10 // bytes
	defaultLongest = time.Hour
)

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	operator, ok := "", false
	if h.Authorize != nil {
		operator, ok = h.Authorize(r)
	}
	switch {
	case !ok:
		http.Error(w, "not allowed", http.StatusForbidden)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		h.show(w, r)
	case r.Method == http.MethodPost:
		h.change(w, r, operator)
	default:
		header.Set("Allow", "GET, HEAD, POST")
		http.Error(w, "want GET or POST", http.StatusMethodNotAllowed)
	}
}

// change does what a POST asks for.
func (h *Handler) change(w http.ResponseWriter, r *http.Request, operator string) {
	var origins http.CrossOriginProtection
	if err := origins.Check(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	fields, err := readFields(r)
	if err == nil {
		err = h.do(r, operator, fields)
	}
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case fields.json:
		h.showJSON(w)
	default:
		w.Header().Set("Location", "?") // the page itself: http.Redirect knows no path that http.StripPrefix has shortened
		w.WriteHeader(http.StatusSeeOther)
	}
}

// do changes the faults, and logs that.
func (h *Handler) do(r *http.Request, operator string, fields *fields) error {
	action := cmp.Or(fields.text("action"), actionAdd)
	logged := []any{"action", action, "operator", operator, "remote", r.RemoteAddr}
	switch action {
	case actionAdd:
		fault, err := fields.fault(time.Now(), cmp.Or(h.Longest, defaultLongest))
		if err != nil {
			return err
		}
		logged = append(logged, "id", h.Faults.add(fault), "kind", fault.Kind, "client", fault.Client, "method", fault.Method,
			"key", fault.Key, "share", fault.Share, "times", fault.Times, "from", fault.From, "until", fault.Until)
	case actionRemove:
		id := fields.count("id")
		if err := fields.done(); err != nil {
			return err
		}
		logged = append(logged, "id", id, "found", h.Faults.remove(id))
	case actionClear:
		if err := fields.done(); err != nil {
			return err
		}
		h.Faults.Clear()
	default:
		return fields.wrong("action", "add, remove or clear")
	}
	logger := h.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.WarnContext(r.Context(), "faults on purpose were changed", logged...)
	return nil
}
