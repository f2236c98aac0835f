package openaiprovider

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// ask puts one prompt.
func ask(ctx context.Context, c Completions) (string, error) {
	answer, err := c.New(ctx, openai.ChatCompletionNewParams{
		Model:    "gpt",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("hi")},
	})
	if err != nil {
		return "", err
	}
	return answer.Choices[0].Message.Content, nil
}

// statusOf is the HTTP status that an error of the SDK carries.
func statusOf(t *testing.T, err error) int {
	t.Helper()
	var apiError *openai.Error
	require.ErrorAs(t, err, &apiError)
	return apiError.StatusCode
}

func TestSickUpstreamOpensAndRecovers(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusInternalServerError} {
		synctest.Test(t, func(t *testing.T) {
			u, client := serve(t, status)
			completions := NewCompletionsBreaker(&client.Chat.Completions)
			for range 5 {
				_, err := ask(t.Context(), completions)
				require.Equal(t, status, statusOf(t, err))
			}
			_, err := ask(t.Context(), completions)
			require.ErrorIs(t, err, cb.ErrOpen)
			var rejected *cb.RejectedError
			require.ErrorAs(t, err, &rejected)
			assert.Equal(t, status, statusOf(t, rejected.Cause))
			calls, _ := u.counts()
			assert.Equal(t, 5, calls)

			time.Sleep(33 * time.Second) // 30s, and the jitter
			_, err = ask(t.Context(), completions)
			require.Equal(t, status, statusOf(t, err), "the probe fails")
			_, err = ask(t.Context(), completions)
			require.ErrorIs(t, err, cb.ErrOpen)

			u.set(http.StatusOK)
			_, err = ask(t.Context(), completions)
			require.ErrorIs(t, err, cb.ErrOpen, "it is still open")
			time.Sleep(33 * time.Second)
			for range 3 {
				answer, err := ask(t.Context(), completions)
				require.NoError(t, err)
				require.Equal(t, "hello", answer)
			}
		})
	}
}

func TestAnswersOfTheAPIDoNotOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, http.StatusBadRequest)
		completions := NewCompletionsBreaker(&client.Chat.Completions)
		for _, status := range []int{400, 401, 403, 404, 422} {
			u.set(status)
			for range 6 {
				_, err := ask(t.Context(), completions)
				require.Equal(t, status, statusOf(t, err))
			}
		}
		calls, _ := u.counts()
		assert.Equal(t, 30, calls)
	})
}

func TestAHangEndsAtTheDeadlineAndCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, hang)
		completions := NewCompletionsBreaker(&client.Chat.Completions)
		for range 5 {
			start := time.Now()
			_, err := ask(t.Context(), completions)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, 10*time.Second, time.Since(start))
		}
		start := time.Now()
		_, err := ask(t.Context(), completions)
		require.ErrorIs(t, err, cb.ErrOpen)
		assert.Zero(t, time.Since(start), "a rejection waits for nobody")
		synctest.Wait()
		calls, gone := u.counts()
		assert.Equal(t, 5, calls)
		assert.Equal(t, 5, gone, "the requests were given up")

		u.set(http.StatusOK)
		time.Sleep(33 * time.Second)
		answer, err := ask(t.Context(), completions)
		require.NoError(t, err)
		assert.Equal(t, "hello", answer)
	})
}

func TestTheCallerWhoLeavesCountsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, hang)
		completions := NewCompletionsBreaker(&client.Chat.Completions)
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := ask(ctx, completions)
			require.ErrorIs(t, err, context.Canceled)
		}
		u.set(http.StatusOK)
		_, err := ask(t.Context(), completions)
		assert.NoError(t, err)
	})
}

func TestPoliciesCanDifferByProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, http.StatusTooManyRequests)
		policies := DefaultCompletionsPolicies()
		policies.New.Threshold = 2
		policies.New.Failure.Codes = "5xx,!501" // this provider's 429 is only our own haste
		policies.New.Deadline = time.Second
		completions := NewCompletionsBreaker(&client.Chat.Completions, WithCompletionsPolicies(policies), cb.WithName("fast"))
		for _, status := range []int{429, 429, 429, 501, 501, 501} {
			u.set(status)
			_, err := ask(t.Context(), completions)
			require.Equal(t, status, statusOf(t, err))
		}
		u.set(hang)
		for range 2 {
			start := time.Now()
			_, err := ask(t.Context(), completions)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, time.Second, time.Since(start))
		}
		_, err := ask(t.Context(), completions)
		var rejected *cb.RejectedError
		require.ErrorAs(t, err, &rejected)
		assert.Equal(t, "fast", rejected.Client)
	})
}

func TestEmbeddingsFallBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, http.StatusOK)
		embeddings := NewEmbeddingsBreaker(&client.Embeddings)
		embed := func() *openai.CreateEmbeddingResponse {
			resp, err := embeddings.New(t.Context(), openai.EmbeddingNewParams{
				Model: "e",
				Input: openai.EmbeddingNewParamsInputUnion{OfString: openai.String("hi")},
			})
			require.NoError(t, err)
			return resp
		}
		for range 10 {
			require.Equal(t, []float64{0.5, 0.25}, embed().Data[0].Embedding)
		}
		u.set(http.StatusServiceUnavailable)
		for range 15 {
			require.Empty(t, embed().Data)
		}
		calls, _ := u.counts()
		assert.Equal(t, 20, calls, "10 of 20: then it is open")
	})
}
