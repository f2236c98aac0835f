// Package openaiprovider guards openai-go: its services are structs, so a service that uses them writes the interface, and
// the SDK's own type satisfies it.
package openaiprovider

import (
	"context"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"
)

//go:generate go tool cbgen

// Completions are the chat completions of openai-go. 400, 401 and 404 are answers; an error that never reached the
// server has no status, and is a failure.
//
//cb:breaker threshold=5 timeout=30s
//cb:failure codes=429,5xx errors=*openai.Error
type Completions interface {
	// New answers one prompt.
	//
	//cb:deadline 10s
	New(ctx context.Context, body openai.ChatCompletionNewParams, opts ...option.RequestOption) (*openai.ChatCompletion, error)

	// NewStreaming answers piece by piece; its error is inside the result.
	NewStreaming(ctx context.Context, body openai.ChatCompletionNewParams, opts ...option.RequestOption) *ssestream.Stream[openai.ChatCompletionChunk]
}

var _ Completions = (*openai.ChatCompletionService)(nil)

// Embeddings are the embeddings of openai-go.
//
//cb:breaker ratio=50% min=20 timeout=30s
//cb:failure codes=429,5xx errors=*openai.Error
//cb:deadline 5s
//cb:fallback standIn
type Embeddings interface {
	New(ctx context.Context, body openai.EmbeddingNewParams, opts ...option.RequestOption) (*openai.CreateEmbeddingResponse, error)
}

var _ Embeddings = (*openai.EmbeddingService)(nil)

// standIn answers with no vectors at all, from which a search falls back to words.
func standIn(context.Context, openai.EmbeddingNewParams, ...option.RequestOption) (*openai.CreateEmbeddingResponse, error) {
	return &openai.CreateEmbeddingResponse{}, nil
}
