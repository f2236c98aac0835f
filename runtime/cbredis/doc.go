// Package cbredis shares the state of circuit breakers among the replicas of a service, over Redis, and keeps the answers of
// `//cb:fallback cache` there:
//
//	registry := cb.NewRegistry()
//	sharing, err := cbredis.Share(ctx, redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addrs}), registry)
//	...
//	defer sharing.Stop()
//	provider := chat.NewProviderBreaker(client, cb.WithRegistry(registry))
//
// # What is shared
//
// Verdicts, and never counts of calls, unless [WithFleetThreshold] asks for it. The replica that opens a breaker tells the others
// for how long, and they open theirs of the same client, method (or [cb.Policy.Group]) and key; of two periods the longer one wins,
// but none is longer than the follower's own policy allows. Trip and Reset by hand are shared alike; states that are held by hand
// are not. A replica that starts, or a keyed breaker that is made, adopts what stands. The breaker that values share for want of a
// place ([cb.OverflowKey]) is each replica's own.
//
// When the period is about to end, the replicas whose calls were rejected ask for a lease. The one that has it probes, with its own
// MaxRequests; the others go on rejecting until its verdict: closed, with each one's [cb.Policy.Ramp] from that moment, so that of
// the fleet's calls the same share comes through; or open for longer. A lease ends by itself, [cb.Policy.Deadline] (else Timeout)
// and a second after its probe began, when another replica gets it. Where no replica had calls, the first call anywhere is the
// probe, and the others are told of it as it begins.
//
// # What it costs
//
// A call does nothing in Redis, ever: a closed breaker's call is what it is without. Each Share has two goroutines and two
// connections. While breakers are closed there is one TIME and one PUBLISH a minute. A replica that opens a breaker sends four
// commands; a probe takes about eight of the fleet, and some of each replica that asks for the lease at the same time.
//
// # Without Redis
//
// Sharing is advice. Where Redis is slow, gone, full, read-only or refuses a command, every breaker goes on by itself, as it would
// without this package, and it is logged once. A replica tries to join again within 750 ms of each failure; then it tells what
// it has found that still stands, and adopts what others have. What stands is kept by the moment of its end: an opening that nobody
// revokes has no effect after that. Replicas tell each other durations, and what is kept is by Redis's clock: theirs may differ.
//
// Where another server takes over, by Sentinel or in a cluster, replicas rejoin by themselves, and tell what may not have reached it.
// A replica makes sure once a minute that it hears what is said: a connection that is dead without a word is noticed then.
//
// A client with [redis.Options.ContextTimeoutEnabled] gives up after a second what Redis does not answer, others after their
// ReadTimeout. Nobody waits for it but a goroutine of Share.
//
// # In Redis
//
// Redis 6.2 or later; any [redis.UniversalClient], of one server, Sentinel or Cluster. All names begin with the prefix in braces,
// so that a cluster has them in one slot:
//
//	{cb}:open               sorted set: circuits, by the end of their open period in milliseconds
//	{cb}:probe:<circuit>    who has the lease
//	{cb}:failures:...       failures of the fleet, by circuit and tenth of the window
//	{cb}:verdicts           channel
//	{cb}:replica:<name>     channel nobody listens on but its replica, to see whether it may, and hears
//
// An ACL needs no more than
//
//	ACL SETUSER breakers on >password resetkeys resetchannels ~{cb}:* &{cb}:* -@all +@connection +subscribe +publish +time +zadd +zrem
//	    +zrange +zremrangebyscore +set +del +pttl +pexpire +incrby +mget
//
// and in a cluster +cluster|slots and +command. Whoever may publish there can open breakers: for as long as their policies allow,
// and no longer. Messages hold the first 256 bytes of the error that opened a breaker, which are not kept.
package cbredis
