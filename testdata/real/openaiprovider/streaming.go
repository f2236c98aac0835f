package openaiprovider

import (
	"context"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"
)

// Answers are chat completions that come piece by piece. A stream fails where its end does: openai-go tells of an error in the middle
// of one, after a status of 200, with an error that has no status.
//
//cb:breaker threshold=2 timeout=30s
//cb:failure codes=429,5xx errors=*openai.Error
type Answers interface {
	//cb:stream first=5s idle=10s
	//cb:retry max=1 backoff=100ms..100ms
	Stream(ctx context.Context, body openai.ChatCompletionNewParams, opts ...option.RequestOption) (AnswersStream, error)
}

// AnswersStream is what callers read of openai-go's stream, which is a struct: cbgen proposes the interface and its adapter.
type AnswersStream interface {
	Close() error
	Current() openai.ChatCompletionChunk
	Err() error
	Next() bool
}

var _ AnswersStream = (*ssestream.Stream[openai.ChatCompletionChunk])(nil)

// NewAnswers guards the streams of a client.
func NewAnswers(completions *openai.ChatCompletionService) Answers {
	return NewAnswersBreaker(answersAdapter{completions})
}

type answersAdapter struct{ next *openai.ChatCompletionService }

func (a answersAdapter) Stream(ctx context.Context, body openai.ChatCompletionNewParams, opts ...option.RequestOption) (AnswersStream, error) {
	stream := a.next.NewStreaming(ctx, body, opts...)
	if err := stream.Err(); err != nil {
		return nil, err
	}
	return stream, nil
}
