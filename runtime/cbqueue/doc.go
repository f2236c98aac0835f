// Package cbqueue keeps the calls of `//cb:fallback queue` until they can be made: a [Queue] over asynq, in Redis, and a queue in the process,
// [InProcess], for tests and demonstrations.
//
// The service stores:
//
//	queue := cbqueue.New(asynq.NewClient(asynq.RedisClientOpt{Addr: "localhost:6379"}))
//	provider := chat.NewProviderBreaker(client, queue)
//
// and the same process or another makes the calls, behind breakers of its own:
//
//	mux := asynq.NewServeMux()
//	cbqueue.Handle(mux, chat.NewProviderWorker(provider, done))
//	server := asynq.NewServer(redis, cbqueue.Config(asynq.Config{Concurrency: 10}))
//	err := server.Run(mux)
//
// # What is kept, and for how long
//
// A task is made at least once: asynq hands it out again where a worker died over it, about a minute later. Its id is that of the
// caller's cb.QueuedError and of cb.TaskID in the call. A task whose breaker is not closed goes back for as long as the breaker is
// open, which uses up none of its attempts. A call that fails is made again, [WithAttempts] times in all, after asynq's growing
// delays; after the last the callback is told and the task is archived, where asynq keeps the latest 10,000 dead letters of a queue for
// 90 days. There, too, goes what no attempt could make: a method that is gone, arguments that do not fit any more. A call that came
// too late (expires=) is not made, and the callback is told so; no dead letter is left of it.
package cbqueue
