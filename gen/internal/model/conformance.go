package model

import "slices"

// Conformance is the file of the tests that the wrappers of a File keep their policies. Types are spelt as in that File.
type Conformance struct {
	Path            string // absolute
	Imports         []Import
	Testing, CBTest string // names under which those are imported
	T, Options      string // the parameters of tests and of what makes a wrapper
	Wrapper         string // a variable
}

// ConformanceTest is the test of one interface.
type ConformanceTest struct {
	Skip     string // why there is none, "" where there is
	Test     string // TestProviderConformance
	Walk     string // the generic function that Test calls, "" where the interface is not generic
	TypeArgs string // for Walk: [int, string]
	Upstream string // the type of the upstream
	Fallback string // the type of what answers for it
	LeftOut  []LeftOut
}

// LeftOut is a guarded method that a test does not call.
type LeftOut struct{ Method, Why string }

// Called reports whether the test calls a method.
func (t *ConformanceTest) Called(method *Method) bool {
	return !slices.ContainsFunc(t.LeftOut, func(out LeftOut) bool { return out.Method == method.Name })
}
