package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	openaioption "github.com/openai/openai-go/v3/option"
)

// client is what the tests need of a provider's own.
type client interface {
	// ask puts a prompt and returns the answer.
	ask(context.Context) (string, error)
	// stream does so bit by bit, and hands each event's text over. Where that returns false it leaves.
	stream(context.Context, func(string) bool) error
	// refusal is what an error of the provider's own type says; zero: it is no such error.
	refusal(error) refusal
}

// refusal is a provider's error, as its client reads it.
type refusal struct {
	status     int
	kind       string
	message    string
	retryAfter string // the header
}

// clients make a provider's client: with the address of its API, the HTTP client to use, and no retries of its own.
var clients = map[string]func(address string, transport http.RoundTripper) client{
	"openai": func(address string, transport http.RoundTripper) client {
		return openaiClient{openai.NewClient(openaioption.WithBaseURL(address+"/v1/"), openaioption.WithAPIKey("key"),
			openaioption.WithMaxRetries(0), openaioption.WithHTTPClient(&http.Client{Transport: transport}))}
	},
	"anthropic": func(address string, transport http.RoundTripper) client {
		return anthropicClient{anthropic.NewClient(anthropicoption.WithBaseURL(address+"/"), anthropicoption.WithAPIKey("key"),
			anthropicoption.WithMaxRetries(0), anthropicoption.WithHTTPClient(&http.Client{Transport: transport}))}
	},
}

type openaiClient struct{ openai.Client }

func (openaiClient) params() openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: "m", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("hi")}}
}

func (c openaiClient) ask(ctx context.Context) (string, error) {
	answer, err := c.Chat.Completions.New(ctx, c.params())
	if err != nil {
		return "", err
	}
	return answer.Choices[0].Message.Content, nil
}

func (c openaiClient) stream(ctx context.Context, each func(string) bool) error {
	stream := c.Chat.Completions.NewStreaming(ctx, c.params())
	for stream.Next() {
		if !each(stream.Current().Choices[0].Delta.Content) {
			return stream.Close()
		}
	}
	return errors.Join(stream.Err(), stream.Close())
}

func (openaiClient) refusal(err error) refusal {
	if e, ok := errors.AsType[*openai.Error](err); ok {
		return refusal{e.StatusCode, e.Type, e.Message, e.Response.Header.Get("Retry-After")}
	}
	return refusal{}
}

type anthropicClient struct{ anthropic.Client }

func (anthropicClient) params() anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model: "m", MaxTokens: 10, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("hi"))},
	}
}

func (c anthropicClient) ask(ctx context.Context) (string, error) {
	answer, err := c.Messages.New(ctx, c.params())
	if err != nil {
		return "", err
	}
	return answer.Content[0].Text, nil
}

func (c anthropicClient) stream(ctx context.Context, each func(string) bool) error {
	stream := c.Messages.NewStreaming(ctx, c.params())
	for stream.Next() {
		event := stream.Current()
		if event.Type == "content_block_delta" && !each(event.Delta.Text) {
			return stream.Close()
		}
	}
	return errors.Join(stream.Err(), stream.Close())
}

func (anthropicClient) refusal(err error) refusal {
	if e, ok := errors.AsType[*anthropic.Error](err); ok {
		return refusal{e.StatusCode, string(e.Type()), e.RawJSON(), e.Response.Header.Get("Retry-After")}
	}
	return refusal{}
}

// collect reads a whole stream.
func collect(ctx context.Context, c client) (string, error) {
	var said strings.Builder
	err := c.stream(ctx, func(text string) bool {
		said.WriteString(text)
		return true
	})
	return said.String(), err
}
