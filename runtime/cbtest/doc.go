// Package cbtest shows that breakers do what their directives say: in a service's tests, and in staging.
//
// # Faults
//
// [Faults] fail, delay, hang, panic or break off what they are told to, in the place of the upstream: of generated wrappers through
// cb.WithInjector, of any HTTP client through [Faults.Transport]. A test adds them by [Faults.Add] or [Faults.FailNext]; in
// staging operators do through [Faults.Handler], for a time that is bounded.
//
//	faults := cbtest.NewFaults()
//	p := chat.NewProviderBreaker(upstream, cb.WithInjector(faults))
//	faults.FailNext("Complete", 5, cbtest.Status(529, 20*time.Second))
//
// A service that has faults in its binary has the package testing in it as well. Without any fault, a call costs a lock more.
package cbtest
