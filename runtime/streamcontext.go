package cb

import "context"

// contextEnded ends a stream that nobody is waiting for. A reader hears of it from the source, and says how that ended.
func (s *streamAttempt) contextEnded() {
	s.mu.Lock()
	unread := !s.reading && s.awaits == 0 && (!s.judged || s.answered) // else another may be about to take its place
	s.mu.Unlock()
	if unread {
		s.call.leave()
	}
}

// watchCaller is for a read that brought an item though its context had ended meanwhile, of which the reader need not hear any more:
// who leaves by the caller's context does not read on.
func (s *streamAttempt) watchCaller() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.hooked {
		return
	}
	s.hooked = true
	s.unhook = context.AfterFunc(s.caller, s.contextEnded)
}

// await counts who waits for the upstream beside its reader.
func (s *streamAttempt) await(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaits += n
}
