// Package etcdkv guards etcd's key-value service: a client interface as protoc-gen-go-grpc writes it.
package etcdkv

import "go.etcd.io/etcd/api/v3/etcdserverpb"

//go:generate go tool cbgen

// KV is the key-value service. Codes such as NotFound and FailedPrecondition are answers.
//
//cb:breaker threshold=3 timeout=5s
//cb:failure codes=Unavailable,ResourceExhausted
//cb:deadline 2s
//cb:on RangeStream deadline off
//cb:on RangeStream stream first=2s idle=2s
//cb:on Txn breaker ratio=50% min=10
type KV interface{ etcdserverpb.KVClient }
