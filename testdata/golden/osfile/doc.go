// Package osfile has files whose names say where they are built; their outputs' names do not, so a constraint does.
package osfile
