package report

import (
	"context"
	"fmt"
	"log/slog"
)

// NewLogger returns a logger for breakers that shows their state changes in a live view.
func NewLogger(live *Live) *slog.Logger { return slog.New(handler{live: live}) }

// handler shows records as one line each; of their attributes, those that fit.
type handler struct {
	live  *Live
	attrs []slog.Attr
}

func (h handler) Enabled(context.Context, slog.Level) bool { return true }
func (h handler) WithGroup(string) slog.Handler            { return h }

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return h
}

func (h handler) Handle(_ context.Context, r slog.Record) error {
	values := make(map[string]string)
	for _, a := range h.attrs {
		values[a.Key] = a.Value.String()
	}
	r.Attrs(func(a slog.Attr) bool {
		values[a.Key] = a.Value.String()
		return true
	})
	line := r.Message
	if values["from"] != "" && values["to"] != "" {
		line = fmt.Sprintf("       breaker %s.%s: %s -> %s", values["client"], values["method"], values["from"], values["to"])
	}
	h.live.Event(line)
	return nil
}
