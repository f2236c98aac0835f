package cbredis_test

import (
	"context"
	"log"
	"time"

	"github.com/redis/go-redis/v9"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbredis"
)

func ExampleShare() {
	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"localhost:6379"}, ContextTimeoutEnabled: true})
	defer client.Close()
	registry := cb.NewRegistry()
	sharing, err := cbredis.Share(context.Background(), client, registry, cbredis.WithFleetThreshold(30, time.Minute))
	if err != nil {
		log.Fatal(err) // an option is wrong; a Redis that is gone is no error
	}
	defer sharing.Stop()
	_ = cb.NewClient("chat", cb.WithRegistry(registry)).Breaker("Complete", cb.Policy{Timeout: 30 * time.Second})
}

func ExampleNewCache() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	defer client.Close()
	cache := cbredis.NewCache(client)
	defer cache.Stop()
	var _ cb.Cache = cache // for the generated constructor of an interface with //cb:fallback cache
}
