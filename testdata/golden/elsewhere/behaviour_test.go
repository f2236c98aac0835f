package elsewhere

import "testing"

func cb() string { return "declared in a test of this package" }

func TestCompiles(t *testing.T) {
	if cb() == "" {
		t.Fail()
	}
}
