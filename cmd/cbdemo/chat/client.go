package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Client is the [Provider] behind an HTTP server. It sets no time limit of its own: that is for the http.Client, the
// context, or a breaker around it. It may be used by many goroutines at once.
type Client struct {
	url  string
	http *http.Client
}

var _ Provider = (*Client)(nil)

// NewClient returns a client of the server at base ("http://host:port").
func NewClient(base string, hc *http.Client) *Client {
	return &Client{url: base + "/complete", http: hc}
}

// Complete implements [Provider]. A status other than 200 is a *[StatusError].
func (c *Client) Complete(ctx context.Context, req Request) (*Response, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("new request: %w", err)
	}
	post.Header.Set("Content-Type", "application/json")

	reply, err := c.http.Do(post)
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read response: %w", err)
	}
	if reply.StatusCode != http.StatusOK {
		return nil, &StatusError{StatusCode: reply.StatusCode, Message: strings.TrimSpace(string(text))}
	}
	resp := &Response{Source: FromModel}
	if err := json.Unmarshal(text, resp); err != nil {
		return nil, fmt.Errorf("decode response: %w", err)
	}
	return resp, nil
}
