package cb

// Replaced reports whether a breaker's error takes the place of own, the error that the last call meant: it is a rejection,
// or tells that the fallbacks failed as well. Generated code asks it whether results that carry their error themselves
// still say what happened.
func Replaced(err, own error) bool {
	switch err.(type) { //nolint:errorlint // What the breaker itself returned, not what is inside.
	case *RejectedError, *fallbackError:
		return err != own //nolint:errorlint // A rejection of another breaker inside is the call's own.
	}
	return false
}
