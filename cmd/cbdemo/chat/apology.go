package chat

import "context"

// apology is the answer of those who have none.
func apology() *Response {
	return &Response{Text: "Sorry, I cannot answer this just now. Please ask again in a minute.", Source: Apology}
}

// Apologizer is the fallback of the outermost of several providers: it has the last word.
type Apologizer struct{}

var _ TieredProviderFallback = Apologizer{}

// Apologize implements [TieredProviderFallback].
func (Apologizer) Apologize(context.Context, Request, error) (*Response, error) {
	return apology(), nil
}

// Refuser is the fallback of providers further in: it leaves the answer to those behind it.
type Refuser struct{}

var _ TieredProviderFallback = Refuser{}

// Apologize implements [TieredProviderFallback]; it returns the cause.
func (Refuser) Apologize(_ context.Context, _ Request, cause error) (*Response, error) {
	return nil, cause
}
