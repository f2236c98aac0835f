package cb

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReplaced(t *testing.T) {
	t.Parallel()
	own := errors.New("overloaded")
	rejection := &RejectedError{Reason: ReasonOpen}
	failed := &fallbackError{original: own, errs: []error{own}}
	assert.False(t, Replaced(nil, nil), "a fallback answered, or nothing failed")
	assert.False(t, Replaced(nil, own))
	assert.False(t, Replaced(own, own))
	assert.True(t, Replaced(rejection, nil), "the call was not made")
	assert.True(t, Replaced(rejection, own), "a retry was rejected")
	assert.False(t, Replaced(rejection, rejection), "another breaker inside rejected it")
	assert.True(t, Replaced(failed, own))
	assert.True(t, Replaced(context.Canceled, nil), "the caller has gone before the call was made")
	assert.False(t, Replaced(uncomparable{"x"}, uncomparable{"x"}), "errors that cannot be compared are the call's own")
}

type uncomparable []string

func (u uncomparable) Error() string { return u[0] }
