// Package cbtest shows that breakers do what their directives say: in a service's tests, and in staging.
//
// # Conformance
//
// [Conform] takes every breaker of a wrapper through its life, in virtual time: closed, open, half-open, closed, as its own policy
// has it. `cbgen test` writes such a test for each annotated interface; by hand it is this:
//
//	cbtest.Conform(t, func(opts ...cb.Option) cbtest.Calls {
//		p := chat.NewProviderBreaker(well{}, opts...)
//		return cbtest.Calls{"Complete": cbtest.CallOf(p.Complete), "Embed": cbtest.CallOf(p.Embed)}
//	})
//
// # Faults
//
// [Faults] fail, delay, hang, panic or break off what they are told to, in the place of the upstream: of generated wrappers through
// cb.WithInjector, of any HTTP client through [Faults.Transport]. A test adds them by [Faults.Add] or [Faults.FailNext]; in
// staging operators do through a [Handler], for a time that is bounded.
//
//	faults := cbtest.NewFaults()
//	p := chat.NewProviderBreaker(upstream, cb.WithInjector(faults))
//	faults.FailNext("Complete", 5, cbtest.Status(529, 20*time.Second))
//
// A service that has faults in its binary has the package testing in it as well. Without any fault, a call costs a lock more.
package cbtest
