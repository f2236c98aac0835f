// Package keyed has methods with one breaker for each value of a key.
package keyed

import (
	"context"
	"net/http"
	. "strconv"
	stdtime "time"
)

// Request asks one model.
type Request struct {
	Model  string
	Tenant *Tenant
	Shards []Shard
	Labels map[string]string
	Words  []string
}

// Tenant pays for it.
type Tenant struct{ ID int64 }

// Shard is comparable as a whole.
type Shard struct {
	Host string
	Port int
}

// GetModel is a getter as generated clients have it.
func (r *Request) GetModel() string { return r.Model }

const defaultPort = 443

// Provider has a key for all of its methods that carry it.
//
//cb:breaker threshold=2
//cb:key req.Model max=16
type Provider interface {
	Complete(ctx context.Context, req *Request) (string, error)
	Embed(ctx context.Context, req Request) (first, second []float32, err error)

	//cb:key req.Tenant.ID
	ByTenant(ctx context.Context, req *Request) error

	//cb:key off
	Plain(ctx context.Context, req *Request) error

	// Models has no req: the key is dropped.
	Models(ctx context.Context) ([]string, error)
	// Name passes through.
	Name() string

	// Close has a key that an embedded method would be given.
	Closer
}

// Closer is embedded.
type Closer interface {
	//cb:key id
	Close(id string) error
}

// Shapes has every way to write a key.
//
//cb:breaker threshold=2
type Shapes interface {
	//cb:key "req.Model + \"/\" + req.Words[0]"
	Quoted(ctx context.Context, req *Request) error
	//cb:key `[2]string{req.Model, stdtime.Repeat.Name}`
	RawShadow(ctx context.Context, req *Request, stdtime Named) error
	//cb:key req.Shards[0]
	Struct(ctx context.Context, req *Request) error
	//cb:key "Shard{Host: host, Port: defaultPort}"
	Literal(ctx context.Context, host string) error
	//cb:key req.GetModel()
	Getter(ctx context.Context, req *Request) error
	//cb:key `Shard{Host: req.Labels["host"], Port: len(req.Words)}.Host`
	Deep(ctx context.Context, req *Request) error
	//cb:key len(words)>IntSize
	Dotted(words ...string) error
	//cb:key method==http.MethodGet||at.Weekday()==stdtime.Sunday
	Bool(ctx context.Context, method string, at stdtime.Time) error
	//cb:key req.URL.Host
	Do(req *http.Request) (*http.Response, error)
	//cb:key string(id)
	//cb:fallback GetElsewhere
	Get(ctx context.Context, id ID) (value string, ok bool, err error)
}

// Named names.
type Named struct{ Repeat struct{ Name string } }

// ID is a string of its own.
type ID string

// Awkward has names that the output needs, or that hide what the key names.
//
//cb:breaker threshold=2
type Awkward interface {
	//cb:key cb.Model
	Runtime(ctx context.Context, cb *Request) error
	//cb:key client
	Constructor(ctx context.Context, client client) error
	//cb:key int64(int)
	Predeclared(ctx context.Context, int int32) error
	//cb:key b+string(b2)
	Receiver(ctx context.Context, b string, b2 ID) (string, error)
	//cb:key defaultPort+n
	Constant(ctx context.Context, n int) (defaultPort string, err error)
}

// client is called as a variable of the constructor is.
type client struct{ n int }

// Store is generic, and so is its key.
//
//cb:breaker threshold=2
//cb:key key
type Store[K comparable, V any] interface {
	Get(ctx context.Context, key K) (V, error)
	Put(ctx context.Context, key K, value V) error
}

var _ = Itoa
