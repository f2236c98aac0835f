// Package context is not the standard library's.
package context

// Context is not a context.
type Context interface{ Deadline() int }
