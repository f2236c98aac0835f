// Package model is the plain data between build and emit: what a generated file says, with every name decided and every
// type printed. It holds nothing of go/types or go/ast, so that emit cannot fail on what a user wrote.
package model

// File is one generated file.
type File struct {
	Path       string // absolute path of the output
	Source     string // base name of the file it is generated from
	Constraint string // build constraint expression, "" where there is none
	Package    string // name in the package clause
	Runtime    string // name under which the runtime is imported
	Imports    []Import
	Interfaces []*Interface
}

// Import is one import of a generated file. Name is empty where the package's own name serves.
type Import struct {
	Name string
	Path string
	Std  bool // of the standard library, which is listed first
}

// Interface is an annotated interface and the names of what is generated for it.
type Interface struct {
	Name       string // Provider
	Client     string // chat.Provider: the default name of the client in errors, logs and metrics
	Position   string // file:line of its declaration, for listings
	TypeParams []TypeParam

	Wrapper         string // ProviderBreaker
	Constructor     string // NewProviderBreaker
	FallbackType    string // ProviderFallback
	PoliciesType    string // ProviderPolicies
	DefaultPolicies string // DefaultProviderPolicies
	WithPolicies    string // WithProviderPolicies

	Receiver      string // of the wrapper's methods
	NextField     string // field that holds the wrapped value
	FallbackField string // field that holds the ProviderFallback
	StandbyField  string // field that holds the standby, "" where no method falls back to one
	CacheField    string // field that holds the cb.Cache, "" where no method falls back to it

	Locals    Locals // of the constructor
	Methods   []*Method
	Fallbacks []FallbackMethod // methods of the fallback interface; none: no such interface is generated
}

// Guarded returns the methods that run behind a breaker.
func (i *Interface) Guarded() []*Method {
	var guarded []*Method
	for _, m := range i.Methods {
		if m.Shape != Direct {
			guarded = append(guarded, m)
		}
	}
	return guarded
}

// Locals are the names of a constructor's parameters and variables.
type Locals struct{ Next, Fallback, Standby, Cache, Options, Policies, Client string }

// TypeParam is a type parameter and its constraint as Go source.
type TypeParam struct {
	Name       string
	Constraint string
}

// Shape says which function of the runtime a method goes through.
type Shape uint8

// The shapes of a method.
const (
	Direct   Shape = iota // passes through: no breaker
	Value                 // one result and an error: cb.Call
	Response              // *http.Response and an error: cb.CallResult
	Carried               // one result that carries its error: cb.CallErr
	Do                    // an error alone: (*cb.Breaker).Do
	Results               // any other results that hold an error: (*cb.Breaker).Do over named results
)

// Method is a method of the wrapper.
type Method struct {
	Name     string
	Params   []Param
	Results  []Param
	Variadic bool
	Doc      []string // what its doc comment says after "Name calls [Iface.Name]", in parts

	Shape   Shape
	Field   string // the wrapper's field that holds its breaker
	PassWhy string // Direct: why it passes through

	Context     string // the call's context: a parameter, "req.Context()" or "context.Background()"
	ContextName string // the closures' context parameter, "" where fn does not use it
	CauseName   string // the fallback closures' cause parameter
	ContextType string // context.Context as this file spells it
	Call        string // arguments of the wrapped method, as fn passes them

	Errors    []string // Results: names of the error results, in order
	ErrorType string   // Results: type of the last error result where it is another interface than error
	ErrName   string   // Results, several errors: a free name for what the breaker returns
	Outcome   string   // the function that reads the outcome of a *http.Response, cbhttp.Outcome; "" where there is none
	Response  Param    // Results with an Outcome: the result that is the response

	CloseRequest string // statement that closes the body of a request that was not sent, "" where the method sends none
	Answer       Pair   // Response with CloseRequest: the variables that hold response and error meanwhile

	CacheKey     string // what tells the method's calls apart in the cache, "" where it has none: a variable or a parameter
	CacheKeyExpr string // what that variable is set to, "" where it is a parameter

	Fallbacks []FallbackCall
	Policy    []Field
	Settings  []Setting
	Dropped   []string // inherited directives that the method cannot carry, with the reason
}

// Pair names two variables; New says that they are declared where they are set.
type Pair struct {
	Value, Err string
	New        bool
}

// Param is a parameter or result. Name is empty where the signature leaves it unnamed.
type Param struct {
	Name string
	Type string
}

// FallbackMethod is a method of the generated fallback interface.
type FallbackMethod struct {
	Name    string
	Params  []Param
	Results []Param
	Doc     string
}

// FallbackCall is one fallback of a method.
type FallbackCall struct {
	Call        string // the whole call: b.fallback.CompleteCached(ctx, req, cause)
	UsesContext bool
	UsesCause   bool
	Condition   string // where it does not hold, the fallback is not there; "": it always is
}

// Field is a field of a cb.Policy literal: an expression, or fields of its own.
type Field struct {
	Name   string
	Expr   string
	Fields []Field
}

// Setting is one value of a method's effective policy, for listings: in the order of the call, with where it was written.
type Setting struct {
	Directive string `json:"directive"`
	Key       string `json:"key,omitempty"`
	Value     string `json:"value"`
	Origin    string `json:"origin"` // file:line:col, or "default"
}
