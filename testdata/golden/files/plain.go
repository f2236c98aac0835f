package files

// This file has no annotated interface, and so no output.
var _ Plain = (*FirstBreaker)(nil)
