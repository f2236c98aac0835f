// Package rediscmd guards go-redis's commands, whose errors are inside their results.
package rediscmd

import "github.com/redis/go-redis/v9"

//go:generate go tool cbgen

// Cmdable is every command that a go-redis client has.
//
//cb:breaker threshold=5 timeout=10s
type Cmdable interface{ redis.Cmdable }

// Strings are the commands on plain keys, none of which blocks: so they can have a deadline.
//
//cb:breaker threshold=3 timeout=10s
//cb:deadline 500ms
//cb:on Get fallback GetLocal
type Strings interface{ redis.StringCmdable }
