// Package docs has doc comments that must not spoil the output.
package docs

import "context"

// Documented says */ and `backticks`, [links] and
// several paragraphs.
//
//	indented code
//
// # A heading
//
//   - a list
//
//cb:breaker
//go:generate go tool cbgen
//nolint:iface
type Documented interface {
	// Do does what /* it */ says: "quotes" \n and %d verbs.
	//
	//cb:off "a */ reason with \"quotes\", a tab\t, and a // slash"
	Do(ctx context.Context) error

	// Go is plain.
	//
	//nolint:revive
	Go(ctx context.Context) error
}
