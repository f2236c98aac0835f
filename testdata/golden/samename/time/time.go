// Package time is not the standard library's.
package time

type (
	// Time is a string.
	Time string
	// Duration is one, too.
	Duration string
)
