package cbcache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbcache"
)

// An embedder behind a breaker of its own: while it is down, calls that fall back do not wait for it.
func ExampleWithEmbedder() {
	guard := cb.New(cb.Policy{Threshold: 3, Deadline: time.Second},
		cb.WithName("embedder"), cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	api := func(context.Context, string) ([]float32, error) { return nil, errors.New("503") }
	cache := cbcache.New(cbcache.WithEmbedder(func(ctx context.Context, text string) ([]float32, error) {
		return cb.Call(ctx, guard, func(ctx context.Context) ([]float32, error) { return api(ctx, text) })
	}))

	key := cb.CacheKey{Client: "chat.Provider", Method: "Complete", Args: "Who wrote Faust?"}
	answer := "Goethe"
	cache.Set(context.Background(), key, &answer, cb.CacheLimits{TTL: time.Hour, Max: 100})
	kept, _, err := cache.Get(context.Background(), key, nil)
	fmt.Println(*kept.(*string), err)
	// Output: Goethe <nil>
}
