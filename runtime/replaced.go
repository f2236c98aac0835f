package cb

// Replaced reports whether a breaker's error takes the place of own, the error that the last call meant, nil where none was made:
// it is a rejection, tells that the fallbacks failed as well, or why there was no call, as where its caller has gone before.
// Generated code asks it whether results that carry their error themselves still say what happened.
func Replaced(err, own error) bool {
	switch err.(type) { //nolint:errorlint // What the breaker itself returned, not what is inside.
	case *RejectedError, *fallbackError:
		return err != own //nolint:errorlint // A rejection of another breaker inside is the call's own.
	}
	return own == nil && err != nil
}
