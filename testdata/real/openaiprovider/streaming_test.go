package openaiprovider

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// event is what the server of a stream does, one after the other; each request takes the next of its scripts.
type event string

const (
	piece      event = `{"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hello"}}]}`
	done       event = `[DONE]`
	overloaded event = `{"error":{"message":"overloaded","type":"server_error"}}`
	pause      event = "pause" // for a second
	stall      event = "stall" // until the client has gone
	refuse     event = "refuse"
)

func streams(t *testing.T, scripts ...[]event) (completions openai.ChatCompletionService, calls *int) {
	t.Helper()
	calls = new(int)
	client := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		script := scripts[min(*calls, len(scripts)-1)]
		*calls++
		w.Header().Set("Content-Type", "text/event-stream")
		for _, e := range script {
			switch e {
			case refuse:
				http.Error(w, `{"error":{"message":"busy"}}`, http.StatusServiceUnavailable)
				return
			case pause:
				time.Sleep(time.Second)
			case stall:
				<-r.Context().Done()
			default:
				fmt.Fprintf(w, "data: %s\n\n", e)
			}
			w.(http.Flusher).Flush()
		}
	}))
	return client.Chat.Completions, calls
}

// listen reads an answer to its end, or so many pieces of it.
func listen(ctx context.Context, c Answers, most int) (text string, err error) {
	stream, err := c.Stream(ctx, openai.ChatCompletionNewParams{
		Model:    "gpt",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("hi")},
	})
	if err != nil {
		return "", err
	}
	for n := 0; n != most && stream.Next(); n++ {
		text += stream.Current().Choices[0].Delta.Content
	}
	if err := stream.Err(); err != nil {
		return text, err
	}
	return text, stream.Close()
}

// TestAnswersEnd reads openai-go's streams to every end that they have.
func TestAnswersEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scripts [][]event
		most    int
		text    string
		err     string
		counts  cb.Counts
	}{
		"well":          {[][]event{{piece, pause, piece, done}}, -1, "hellohello", "", cb.Counts{Success: 1}},
		"reader leaves": {[][]event{{piece, stall}}, 1, "hello", "", cb.Counts{Success: 1}},
		"in the middle": {[][]event{{piece, overloaded}}, -1, "hello", "overloaded", cb.Counts{Failure: 1}},
		"stalls":        {[][]event{{piece, stall}}, -1, "hello", "another item within 10s", cb.Counts{Failure: 1}},
		"refused once":  {[][]event{{refuse}, {piece, done}}, -1, "hello", "", cb.Counts{Success: 1, Failure: 1}},
		"overloaded once, before its first piece": {[][]event{{overloaded}, {piece, done}}, -1, "hello", "", cb.Counts{Success: 1, Failure: 1}},
		"silent once": {[][]event{{pause, stall}, {piece, done}}, -1, "hello", "", cb.Counts{Success: 1, Failure: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				completions, calls := streams(t, test.scripts...)
				answers := NewAnswers(&completions)
				text, err := listen(t.Context(), answers, test.most)
				assert.Equal(t, test.text, text)
				if test.err == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, test.err)
				}
				snapshot := answers.(*AnswersBreaker).stream.Snapshot()
				assert.Equal(t, test.counts, snapshot.Counts)
				assert.Zero(t, snapshot.InFlight)
				assert.Equal(t, len(test.scripts), *calls)
			})
		})
	}
}

func TestAnswersOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		completions, calls := streams(t, []event{piece, overloaded})
		answers := NewAnswers(&completions)
		for range 2 {
			_, err := listen(t.Context(), answers, -1)
			require.ErrorContains(t, err, "overloaded")
		}
		_, err := listen(t.Context(), answers, -1)
		require.ErrorIs(t, err, cb.ErrOpen)
		assert.Equal(t, 2, *calls)
	})
}
