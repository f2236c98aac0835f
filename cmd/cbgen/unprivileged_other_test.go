//go:build !unix

package main

import "github.com/rogpeppe/go-internal/testscript"

// unprivileged has no meaning here; the scripts that use it begin with [!unix] skip.
func unprivileged(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("unprivileged needs unix")
}
