package gen

import (
	"os"
	"testing"
)

// TestMain keeps what is remembered between runs out of the user's own cache.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "cbgen")
	if err != nil {
		panic(err)
	}
	os.Setenv("CBGEN_CACHE", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}
