package cb

import "fmt"

// Client makes the breakers of one client's methods; generated constructors use it.
type Client struct {
	name   string
	opts   *options
	groups *groups // the registry's, if there is one
}

// NewClient makes a client called name, unless [WithName] says otherwise.
func NewClient(name string, opts ...Option) *Client {
	o := newOptions(opts)
	if o.name != "" {
		name = o.name
	}
	c := &Client{name: name, opts: o, groups: &groups{}}
	if o.registry != nil {
		c.groups = &o.registry.groups
	}
	return c
}

// Breaker makes the breaker of a method and registers it. It panics on a bad policy, where the client's registry has a breaker of
// that name already, and where breakers of one [Policy.Group] do not agree on the fields that their circuit reads.
func (c *Client) Breaker(method string, policy Policy) *Breaker {
	if err := policy.Validate(); err != nil {
		name := joinName(c.name, method)
		if name == "" {
			name = "New"
		}
		panic(fmt.Sprintf("cb: %s: %v", name, err))
	}
	b := newBreaker(c.name, method, policy, c.opts)
	c.groups.join(b)
	if c.opts.registry != nil {
		c.opts.registry.add(b)
	}
	return b
}

// New makes a breaker of its own, without a method's name. It panics on a bad policy: see [Policy.Validate].
func New(policy Policy, opts ...Option) *Breaker { return NewClient("", opts...).Breaker("", policy) }
