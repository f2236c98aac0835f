// Package things is imported as go-things.
package things

// Thing is a thing.
type Thing struct{}
