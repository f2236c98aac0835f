package states

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestPolicies(t *testing.T) {
	t.Parallel()
	policies := DefaultStorePolicies()
	shared := cb.Policy{Threshold: 3, Timeout: 10 * time.Second, MaxTimeout: 5 * time.Minute, MaxRequests: 1, Group: "reads"}
	assert.Equal(t, shared, policies.Get)
	assert.Equal(t, shared, policies.List)
	assert.Equal(t, cb.Policy{Threshold: 5, Timeout: 10 * time.Second, MaxTimeout: 5 * time.Minute, MaxRequests: 1, Slow: 2 * time.Second, Ramp: time.Minute}, policies.Put)
	assert.Equal(t, cb.Policy{Threshold: 5, Timeout: 10 * time.Second, MaxRequests: 3, Ramp: 30 * time.Second, Surge: 1.2}, policies.Delete)
}
