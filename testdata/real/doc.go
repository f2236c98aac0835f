// Package real is the root of a module that wraps interfaces which nobody of this repository wrote: go-redis,
// database/sql's drivers, net, net/http, io/fs, etcd's gRPC client, the S3 client of the AWS SDK, openai-go.
// Each folder is a package as a service would write it. Among them is a gateway, which has no interface to wrap: it is there
// for the clients of openai-go and anthropic-sdk-go.
package real
