// Package keys has constraints.
package keys

// ID is a key.
type ID int64

// Key is any kind of key.
type Key interface {
	~int64 | ~string
	comparable
}
