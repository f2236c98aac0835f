package chat

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Conversation is one prompt and its answer.
type Conversation struct {
	Prompt, Answer string
}

// Archive stores conversations, the newest of each prompt. It may be used by many goroutines at once.
type Archive struct {
	readTime time.Duration

	mu       sync.Mutex
	byID     []Conversation
	byPrompt map[string]int // index in byID
}

var _ ProviderFallback = (*Archive)(nil)

// NewArchive returns an archive in which every reading takes readTime, as a database's would.
func NewArchive(readTime time.Duration) *Archive {
	return &Archive{readTime: readTime, byPrompt: make(map[string]int)}
}

// Store keeps a conversation.
func (a *Archive) Store(c Conversation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id, ok := a.byPrompt[c.Prompt]; ok {
		a.byID[id] = c
		return
	}
	a.byPrompt[c.Prompt] = len(a.byID)
	a.byID = append(a.byID, c)
}

// Read returns the conversation with that number, counted from 0.
func (a *Archive) Read(ctx context.Context, id int) (Conversation, error) {
	timer := time.NewTimer(a.readTime)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return Conversation{}, fmt.Errorf("read conversation %d: %w", id, ctx.Err())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if id < 0 || id >= len(a.byID) {
		return Conversation{}, fmt.Errorf("read conversation %d: no such conversation", id)
	}
	return a.byID[id], nil
}

// CompleteCached implements [ProviderFallback]: the earlier answer to the same prompt, else an apology.
func (a *Archive) CompleteCached(_ context.Context, req Request, _ error) (*Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id, ok := a.byPrompt[req.Prompt]; ok {
		return &Response{Text: a.byID[id].Answer, Source: FromArchive}, nil
	}
	return apology(), nil
}
