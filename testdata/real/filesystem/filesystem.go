// Package filesystem guards a file system that lives elsewhere, such as one mounted over the network.
package filesystem

import "io/fs"

//go:generate go tool cbgen

// FS opens files. A file that does not exist is an answer.
//
//cb:breaker threshold=3 timeout=5s
type FS interface{ fs.FS }

// Full is a file system with everything that io/fs asks for by type assertion; all parts have Open in common.
//
//cb:breaker threshold=3 timeout=5s
type Full interface {
	fs.FS
	fs.GlobFS
	fs.ReadDirFS
	fs.ReadFileFS
	fs.StatFS
	fs.SubFS
}
