package cbotel

import cb "github.com/cbgen/cbgen/runtime"

// look takes a snapshot of every breaker. Different values of a key may be the same text: of points with the same attributes the last
// one would hold, so they are joined.
func look(registry *cb.Registry) []cb.Snapshot {
	var snapshots []cb.Snapshot
	for _, b := range registry.Breakers() { // sorted by client, method and key
		s := b.Snapshot()
		if last := len(snapshots) - 1; last >= 0 && sameName(&snapshots[last], &s) {
			join(&snapshots[last], &s)
			continue
		}
		snapshots = append(snapshots, s)
	}
	return snapshots
}

func sameName(a, b *cb.Snapshot) bool {
	return a.Client == b.Client && a.Method == b.Method && a.Key == b.Key
}

// join adds up what two breakers of one name went through; of their states it takes the worse.
func join(into, other *cb.Snapshot) {
	if stateValue(other.State) > stateValue(into.State) {
		into.State = other.State
	}
	into.Trips += other.Trips
	for k := range into.Transitions {
		into.Transitions[k].Count += other.Transitions[k].Count
	}
	into.OpenFor += other.OpenFor
	into.Counts.Success += other.Counts.Success
	into.Counts.Failure += other.Counts.Failure
	into.Counts.Ignored += other.Counts.Ignored
	for reason, n := range other.Rejections {
		into.Rejections[reason] += n
	}
	into.Fallbacks = append(into.Fallbacks, other.Fallbacks...)
	into.Retries += other.Retries
	into.InFlight += other.InFlight
}
