// Package testfile has annotated interfaces in its tests alone: of the package and of the external test package.
package testfile

// Client is real.
type Client struct{}
