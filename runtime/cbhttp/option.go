package cbhttp

import (
	"net/http"
	"strings"

	cb "github.com/cbgen/cbgen/runtime"
)

// defaultCodes are failures where a policy does not say what is one: the upstream is overloaded or broken. 501 says that it
// lacks a feature.
const defaultCodes = "429,5xx,!501"

// Option sets something beside the policy: for [Transport] and [Middleware]. A nil Option does nothing.
type Option func(*options)

type options struct {
	breaker    []cb.Option
	key        func(*http.Request) string
	maxKeys    int
	idempotent func(*http.Request) bool
	rejection  Rejection
	eventError func(event string, data []byte) error
}

func newOptions(opts []Option) *options {
	var o options
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return &o
}

// breakers makes the breakers of a client, with the codes of HTTP where the policy says nothing of failures.
func (o *options) breakers(name, method string, policy cb.Policy) *cb.Keyed[string] {
	if f := &policy.Failure; f.Codes == "" && len(f.Errors) == 0 && len(f.CodeOf) == 0 {
		f.Codes = defaultCodes
	}
	return cb.KeyedBreaker[string](cb.NewClient(name, o.breaker...), method, policy, o.maxKeys)
}

// WithBreaker sets options of the breakers, such as [cb.WithName] and [cb.WithRegistry].
func WithBreaker(opts ...cb.Option) Option {
	return func(o *options) { o.breaker = append(o.breaker, opts...) }
}

// WithKey sets what has a breaker of its own: requests of one key share one. The key is seen in errors, logs and metrics, so it
// should have few values; beyond [WithMaxKeys] they share breakers as [cb.Keyed] says. key is called once per request, by
// several goroutines at once, and must leave the request as good as it was. Default: [Host] for a Transport, [Path] for a
// Middleware.
func WithKey(key func(*http.Request) string) Option { return func(o *options) { o.key = key } }

// WithMaxKeys bounds the number of breakers. Default, also for 0: 256.
func WithMaxKeys(n int) Option { return func(o *options) { o.maxKeys = n } }

// WithIdempotent tells a [Transport] which requests do no harm when they are sent twice. Default: those of the methods that RFC
// 9110 calls idempotent, and those with an Idempotency-Key (or X-Idempotency-Key) header, as in net/http.
func WithIdempotent(idempotent func(*http.Request) bool) Option {
	return func(o *options) { o.idempotent = idempotent }
}

// Host is the key of a request by where it is sent: the host of its URL, with its port if it names one.
func Host(r *http.Request) string { return strings.ToLower(r.URL.Host) }

// Path is the key of a request by the path of its URL.
func Path(r *http.Request) string { return r.URL.Path }

// Pattern is the key of a request by the pattern of the [http.ServeMux] that led it here, and so the right one for paths with
// identifiers in them. Only a handler behind a mux knows it.
func Pattern(r *http.Request) string { return r.Pattern }
