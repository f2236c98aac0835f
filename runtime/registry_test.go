package cb_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestRegistry(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry()
	for _, client := range []string{"b", "a"} {
		c := cb.NewClient(client, cb.WithRegistry(r))
		c.Breaker("Z", cb.Policy{})
		c.Breaker("A", cb.Policy{})
	}
	cb.NewClient("b", cb.WithRegistry(r), cb.WithName("c")).Breaker("A", cb.Policy{})
	cb.New(cb.Policy{}, cb.WithRegistry(r), cb.WithName("own"))

	var names []string
	for _, b := range r.Breakers() {
		names = append(names, b.Client()+"."+b.Method())
	}
	assert.Equal(t, []string{"a.A", "a.Z", "b.A", "b.Z", "c.A", "own."}, names)
	b, ok := r.Breaker("b", "Z")
	require.True(t, ok)
	assert.Same(t, r.Breakers()[3], b)
	_, ok = r.Breaker("b", "Y")
	assert.False(t, ok)

	assert.PanicsWithValue(t,
		`cb: the registry has a breaker "b.A" already: give one of the clients another name with cb.WithName`,
		func() { cb.NewClient("b", cb.WithRegistry(r)).Breaker("A", cb.Policy{}) })
	assert.NotPanics(t, func() { cb.NewClient("b").Breaker("A", cb.Policy{}) }, "in no registry")
	assert.PanicsWithValue(t, "cb: b.A: policy: Min is -1, must be 1 to 1000000, or 0 for its default",
		func() { cb.NewClient("b").Breaker("A", cb.Policy{Min: -1}) })
}

func TestRegistryOptionsHoldUnderTheirOwn(t *testing.T) {
	t.Parallel()
	shared, own := &recorder{}, &recorder{}
	r := cb.NewRegistry(quiet(), cb.WithObserver(shared), cb.Disabled(), cb.WithName("nobody"), cb.WithPolicies(1))
	b := cb.NewClient("a", cb.WithRegistry(r), cb.WithObserver(own), nil).Breaker("M", cb.Policy{})
	assert.Equal(t, cb.Off, b.State())
	assert.Equal(t, "a", b.Client())
	b.ForceOpen()
	assert.Equal(t, []string{"disabled>forced-open"}, shared.path())
	assert.Equal(t, shared.path(), own.path())
	assert.Equal(t, "default", cb.PoliciesOf("default", cb.WithRegistry(r)))
}

func TestPoliciesOf(t *testing.T) {
	t.Parallel()
	type policies struct{ Get cb.Policy }
	type others struct{ Get cb.Policy }
	defaults, set := policies{cb.Policy{Threshold: 1}}, policies{cb.Policy{Threshold: 2}}
	assert.Equal(t, defaults, cb.PoliciesOf(defaults))
	assert.Equal(t, set, cb.PoliciesOf(defaults, nil, cb.WithPolicies(defaults), cb.WithPolicies(set)))
	assert.PanicsWithValue(t, "cb: WithPolicies was given a cb_test.others, this client's policies are a cb_test.policies",
		func() { cb.PoliciesOf(defaults, cb.WithPolicies(others{})) })
}
