package layers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestPolicies(t *testing.T) {
	t.Parallel()
	policies := DefaultClientPolicies()
	retry := cb.Retry{Max: 2, Backoff: 200 * time.Millisecond, MaxBackoff: 5 * time.Second, Budget: 0.2}
	assert.Equal(t, retry, policies.Defaults.Retry, "a lone directive means its defaults")
	assert.Equal(t, cb.Bulkhead{Max: 10}, policies.Defaults.Bulkhead)
	assert.Equal(t, cb.Retry{Max: 1, Backoff: 50 * time.Millisecond, MaxBackoff: time.Second, On: cb.OnDeadline, Budget: 0.5}, policies.Written.Retry)
	assert.Equal(t, cb.Bulkhead{Max: 3, Wait: 100 * time.Millisecond}, policies.Written.Bulkhead)
	assert.Zero(t, policies.Neither.Retry, "no directive, no retries")
	assert.Zero(t, policies.Neither.Bulkhead)
	retry.Max = 5
	assert.Equal(t, retry, policies.Partly.Retry, "what is not written keeps its default")
	for _, policy := range []cb.Policy{policies.Defaults, policies.Written, policies.Neither, policies.Partly, policies.All} {
		assert.NoError(t, policy.Validate())
	}
}
