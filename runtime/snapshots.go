package cb

// Snapshots are looks at all breakers, sorted by client, method and key, one for each of these names: what metrics show. Different
// values of a key may be the same text, of which several series of one name would come; they are added up, and of their states
// the one that rejects more stands.
func (r *Registry) Snapshots() []Snapshot {
	var list []Snapshot
	for _, b := range r.Breakers() {
		s := b.Snapshot()
		if last := len(list) - 1; last >= 0 && list[last].sameName(&s) {
			list[last].join(&s)
			continue
		}
		list = append(list, s)
	}
	return list
}

func (s *Snapshot) sameName(other *Snapshot) bool {
	return s.Client == other.Client && s.Method == other.Method && s.Key == other.Key
}

// join adds up what two breakers of one method went through.
func (s *Snapshot) join(other *Snapshot) {
	if other.State.Gauge() > s.State.Gauge() {
		s.State, s.Since, s.OpenUntil = other.State, other.Since, other.OpenUntil
		s.OpenedBy, s.DownSince = other.OpenedBy, other.DownSince
	}
	s.Admitted = min(s.Admitted, other.Admitted)
	s.Trips += other.Trips
	for i := range s.Transitions {
		s.Transitions[i].Count += other.Transitions[i].Count
	}
	s.OpenFor += other.OpenFor
	s.Counts.Success += other.Counts.Success
	s.Counts.Failure += other.Counts.Failure
	s.Counts.Ignored += other.Counts.Ignored
	for reason, n := range other.Rejections {
		s.Rejections[reason] += n
	}
	s.joinFallbacks(other.Fallbacks)
	s.Retries += other.Retries
	s.InFlight += other.InFlight
	s.Bulkhead.Max += other.Bulkhead.Max
	s.Bulkhead.Running += other.Bulkhead.Running
	s.Bulkhead.Waiting += other.Bulkhead.Waiting
	if other.LastFailureAt.After(s.LastFailureAt) {
		s.LastFailure, s.LastFailureAt = other.LastFailure, other.LastFailureAt
	}
}

// joinFallbacks adds up those of one policy, and a last one that has come without being described by it.
func (s *Snapshot) joinFallbacks(others []FallbackCounts) {
	for i, other := range others {
		if i == len(s.Fallbacks) {
			s.Fallbacks = append(s.Fallbacks, FallbackCounts{Name: other.Name})
		}
		s.Fallbacks[i].Answered += other.Answered
		s.Fallbacks[i].Failed += other.Failed
	}
}

// Gauge is the state as metrics show it: 0 closed, 0.5 half-open, 1 open. A state that is held by hand has the number of what it does.
func (s State) Gauge() float64 {
	switch {
	case s == HalfOpen:
		return 0.5
	case s.rejects():
		return 1
	default:
		return 0
	}
}
