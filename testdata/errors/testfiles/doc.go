// Package testfiles has findings in its tests.
package testfiles
