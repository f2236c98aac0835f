// Package cgo has an annotated interface in a file that speaks C.
package cgo
