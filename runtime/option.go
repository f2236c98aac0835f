package cb

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
)

// Option sets something beside the policy: for [New], [NewClient], [NewRegistry] and generated constructors. A nil Option does
// nothing; of options that exclude each other the last one holds.
type Option func(*options)

type options struct {
	name      string
	logger    *slog.Logger
	observers []Observer
	registry  *Registry
	disabled  bool
	injector  Injector
	jitter    func() float64
	policies  any
}

// newOptions applies opts over those of the registry that they name, if any.
func newOptions(opts []Option) *options {
	var o options
	o.apply(opts)
	if o.registry == nil {
		return o.withDefaults()
	}
	registry := o.registry
	o = options{}
	o.apply(registry.opts)
	o.name, o.policies = "", nil // each belongs to one client
	o.apply(opts)
	o.registry = registry
	return o.withDefaults()
}

func (o *options) apply(opts []Option) {
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
}

func (o *options) withDefaults() *options {
	if o.jitter == nil {
		o.jitter = rand.Float64
	} else {
		o.jitter = bounded(o.jitter)
	}
	return o
}

// bounded is a source of numbers from 0 to 1, whatever the user's does.
func bounded(source func() float64) func() float64 {
	return func() (n float64) {
		defer func() {
			if recover() != nil || !(n >= 0 && n <= 1) { // so written, NaN is out of bounds too
				n = 0.5
			}
		}()
		return source()
	}
}

// WithName sets the client's name in errors, logs, events and the registry. Default: "pkg.Iface" of the annotated interface.
func WithName(name string) Option { return func(o *options) { o.name = name } }

// WithLogger sets where changes of state are logged, with the context that [Event] has. Default, also for nil: slog.Default() at the
// time of the change.
func WithLogger(logger *slog.Logger) Option { return func(o *options) { o.logger = logger } }

// WithObserver adds an observer; several are told in the order they were added.
func WithObserver(observer Observer) Option {
	return func(o *options) {
		if observer != nil {
			o.observers = append(o.observers, observer)
		}
	}
}

// WithRegistry lists the breakers in r. Without it they are in none: only their errors and the log are seen.
func WithRegistry(r *Registry) Option { return func(o *options) { o.registry = r } }

// Disabled makes breakers that start disabled and return there at Reset: calls pass through untouched and are only counted. It
// is for switching on gradually.
func Disabled() Option { return func(o *options) { o.disabled = true } }

// WithJitter sets the source of randomness: a number from 0 (the open period is nine tenths of Timeout) to 1 (eleven tenths);
// 0.5 is Timeout exactly. It is called once when a breaker is made, once after each opening, and once per retry, whose wait it
// gives (0 is none, 1 all of the backoff); by several goroutines at once. Where it panics or leaves its bounds, 0.5 stands for it.
// Default: math/rand/v2.
func WithJitter(source func() float64) Option { return func(o *options) { o.jitter = source } }

// WithPolicies overrides the policies of a client: the generated <Iface>Policies, by value. Generated With<Iface>Policies is the
// typed form of it.
func WithPolicies(policies any) Option { return func(o *options) { o.policies = policies } }

// PoliciesOf is the P set with [WithPolicies], else defaults. It panics where another type was set: another interface's policies.
func PoliciesOf[P any](defaults P, opts ...Option) P {
	o := newOptions(opts)
	if o.policies == nil {
		return defaults
	}
	policies, ok := o.policies.(P)
	if !ok {
		panic(fmt.Sprintf("cb: WithPolicies was given a %T, this client's policies are a %T", o.policies, defaults))
	}
	return policies
}
