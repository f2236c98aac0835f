package cbqueue_test

import (
	"context"

	"github.com/hibiken/asynq"

	"github.com/cbgen/cbgen/runtime/cbqueue"
)

// Mail is sent.
type Mail struct{ To, Text string }

// Receipt is for a Mail that was.
type Receipt struct{ ID string }

// Mailer sends mail, which can wait.
//
//cb:breaker
type Mailer interface {
	//cb:fallback queue expires=1h
	Send(ctx context.Context, mail Mail) (*Receipt, error)
}

// A service that stores what it cannot send, and the worker that sends it later.
func Example() {
	var upstream Mailer = noMailer{}
	var receipts MailerDone = noReceipts{}
	redis := asynq.RedisClientOpt{Addr: "localhost:6379"}
	client := asynq.NewClient(redis)
	defer client.Close()

	queue := cbqueue.New(client) // or cbqueue.NewInProcess(), which is not durable
	mailer := NewMailerBreaker(upstream, queue)

	mux := asynq.NewServeMux() // in this process or another
	cbqueue.Handle(mux, NewMailerWorker(mailer, receipts))
	server := asynq.NewServer(redis, cbqueue.Config(asynq.Config{Concurrency: 10}))
	_ = server // server.Run(mux)
}

type noMailer struct{}

func (noMailer) Send(context.Context, Mail) (*Receipt, error) { return &Receipt{}, nil }

type noReceipts struct{}

func (noReceipts) SendDone(context.Context, string, MailerSendJob, *Receipt, error) error { return nil }
