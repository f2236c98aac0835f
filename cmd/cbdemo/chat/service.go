package chat

import "context"

// Service is the chat service. It may be used by many goroutines at once.
type Service struct {
	provider Provider
	archive  *Archive
}

// NewService returns a service that asks provider and keeps its conversations in archive.
func NewService(provider Provider, archive *Archive) *Service {
	return &Service{provider: provider, archive: archive}
}

// Answer answers a prompt.
func (s *Service) Answer(ctx context.Context, prompt string) (*Response, error) {
	resp, err := s.provider.Complete(ctx, Request{Prompt: prompt})
	if err != nil {
		return nil, err
	}
	if resp.Source == FromModel {
		s.archive.Store(Conversation{Prompt: prompt, Answer: resp.Text})
	}
	return resp, nil
}

// Conversation shows an old conversation; the provider has no part in it.
func (s *Service) Conversation(ctx context.Context, id int) (Conversation, error) {
	return s.archive.Read(ctx, id)
}
