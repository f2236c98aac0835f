package cbcache_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbcache"
)

// BenchmarkSimilar is what a key of 2 kB costs without an embedder: kept, found by its equal, and found among 1000 that are alike.
func BenchmarkSimilar(b *testing.B) {
	prompt := func(n int) string {
		return fmt.Sprintf("%d %s", n, strings.Repeat("What would you say to that, if I may ask? ", 48))
	}
	c, keep := cbcache.New(), cb.CacheLimits{TTL: time.Hour, Max: 1000, Similar: 0.8}
	for n := range 1000 {
		c.Set(b.Context(), key("Complete", prompt(n)), n, keep)
	}
	b.Run("set", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			c.Set(b.Context(), key("Complete", prompt(1000+n)), n, keep)
		}
	})
	b.Run("get", func(b *testing.B) {
		k := key("Complete", prompt(1))
		for b.Loop() {
			_, _, _ = c.Get(b.Context(), k, nil)
		}
	})
	b.Run("nearest", func(b *testing.B) {
		k := key("Complete", prompt(-1))
		for b.Loop() {
			if _, _, _, err := c.Nearest(b.Context(), k, 0.8, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
