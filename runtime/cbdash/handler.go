package cbdash

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// Option sets something of a page: for [Handler]. A nil Option does nothing.
type Option func(*handler)

// WithTimeline shows the changes that t has seen. Without it a page shows those that were seen while it, or another, was open.
func WithTimeline(t *Timeline) Option {
	return func(h *handler) {
		if t != nil {
			h.watchers.timeline, h.watchers.derived = t, false
		}
	}
}

// Authorizer tells who asks, for the log and the timeline, and whether they may operate breakers. It is asked for every POST, and
// for every page that is opened, which shows its buttons accordingly; by several requests at once.
type Authorizer func(*http.Request) (operator string, ok bool)

// WithAuthorizer lets those operate breakers whom the authorizer lets. Without it the page is read-only.
//
// A POST must come from a page of the same origin, as [http.CrossOriginProtection] sees it, or from no browser.
func WithAuthorizer(authorizer Authorizer) Option {
	return func(h *handler) { h.authorizer = authorizer }
}

// WithLogger sets where it is logged what operators do. Default, also for nil: slog.Default() at that time.
func WithLogger(logger *slog.Logger) Option {
	return func(h *handler) { h.logger = logger }
}

// WithContext ends the streams of open pages when ctx is done. [http.Server.Shutdown] waits for them else: give it a context that
// is cancelled by a function of [http.Server.RegisterOnShutdown].
func WithContext(ctx context.Context) Option {
	return func(h *handler) { h.ctx = ctx }
}

// Handler serves the live page of a registry, all of it at the path where it is mounted: see the package's documentation.
func Handler(registry *cb.Registry, opts ...Option) http.Handler {
	h := &handler{
		watchers: &watchers{registry: registry, timeline: NewTimeline(0), derived: true},
		ctx:      context.Background(),
		page:     assemble(),
	}
	for _, opt := range opts {
		if opt != nil {
			opt(h)
		}
	}
	return h
}

type handler struct {
	watchers   *watchers
	authorizer Authorizer
	ctx        context.Context //nolint:containedctx // of the server's life, which outlasts each request
	page       page
	origins    http.CrossOriginProtection
	logger     *slog.Logger
}

const (
	typeHTML   = "text/html"
	typeJSON   = "application/json"
	typeStream = "text/event-stream"
)

// writeTimeout bounds how long a viewer may take to read a message of the stream. It stands in for the server's WriteTimeout, which
// would end every stream.
const writeTimeout = 10 * time.Second

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		header.Set("Vary", "Accept, Cookie, Authorization")
		switch accepted(r.Header.Values("Accept"), typeHTML, typeJSON, typeStream) {
		case typeJSON:
			h.serveJSON(w, r)
		case typeStream:
			h.serveStream(w, r)
		default:
			h.page.serve(w)
		}
	case http.MethodPost:
		if h.authorizer != nil {
			h.operate(w, r)
			return
		}
		fallthrough
	default:
		header.Set("Allow", "GET, HEAD")
		if h.authorizer != nil {
			header.Set("Allow", "GET, HEAD, POST")
		}
		http.Error(w, "this page is read-only", http.StatusMethodNotAllowed)
	}
}

func (h *handler) operable(r *http.Request) bool {
	if h.authorizer == nil {
		return false
	}
	_, ok := h.authorizer(r)
	return ok
}

func (h *handler) serveJSON(w http.ResponseWriter, r *http.Request) {
	timeline, _ := h.watchers.timeline.since(0)
	writeJSON(w, http.StatusOK, view{Now: time.Now(), Operable: h.operable(r), Breakers: look(h.watchers.registry), Timeline: timeline})
}

func writeJSON(w http.ResponseWriter, status int, data any) {
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(data) // what fails now is the connection
}

// serveStream tells of what happens until the viewer leaves, the server ends, or the viewer cannot follow: then its EventSource
// comes back by itself, and begins anew.
func (h *handler) serveStream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", typeStream)
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold the events back
	if r.Method == http.MethodHead {
		return
	}
	control := http.NewResponseController(w)
	hello := message{"hello", []byte(`{"operable":false}`)}
	if h.operable(r) {
		hello.data = []byte(`{"operable":true}`)
	}
	if send(w, control, hello) != nil {
		return
	}
	viewer, leave := h.watchers.subscribe()
	defer leave()
	for {
		select {
		case m, ok := <-viewer.messages:
			if !ok || send(w, control, m) != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-h.ctx.Done():
			return
		}
	}
}

func send(w http.ResponseWriter, control *http.ResponseController, m message) error {
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // where the server cannot, a dead viewer is found by its connection
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", m.event, m.data); err != nil {
		return err
	}
	return control.Flush()
}
