package cb_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]cb.Policy{
		"Threshold is -1, must be 1 to 1000000, or 0 for its default": {Threshold: -1},
		"Threshold is 1000001": {Threshold: 1_000_001},
		"Ratio is -0.1, must be above 0 and at most 1, or 0 for off": {Ratio: -0.1},
		"Ratio is 50":  {Ratio: 50},
		"Ratio is NaN": {Ratio: math.NaN()},
		"Min is -1":    {Min: -1},
		"Window is 999µs, must be 1ms to 8760h0m0s, or 0 for its default": {Window: 999 * time.Microsecond},
		"Window is -1s":                                                 {Window: -time.Second},
		"Timeout is 1ns":                                                {Timeout: 1},
		"Timeout is 2562047h47m16.854775807s":                           {Timeout: math.MaxInt64},
		"MaxRequests is -1":                                             {MaxRequests: -1},
		"Deadline is -1ns, must be 1ms to":                              {Deadline: -1},
		"MaxTimeout is 1ns, must be 1ms to":                             {MaxTimeout: 1},
		"MaxTimeout is 29s, must be at least Timeout, which is 30s":     {MaxTimeout: 29 * time.Second},
		"Slow is -1ns, must be 1ms to":                                  {Slow: -1},
		"Stream.First is -1ns, must be 1ms to":                          {Stream: cb.Stream{First: -1}},
		"Stream.Idle is 1ns, must be 1ms to":                            {Stream: cb.Stream{Idle: 1}},
		"Stream.First is 10s, must be less than Deadline, which is 10s": {Stream: cb.Stream{First: 10 * time.Second}, Deadline: 10 * time.Second},
		"Stream.Idle is 11s, must be less than Deadline, which is 10s":  {Stream: cb.Stream{Idle: 11 * time.Second}, Deadline: 10 * time.Second},
		"Slow is 5s, must be less than Stream.First, which is 5s":       {Slow: 5 * time.Second, Stream: cb.Stream{First: 5 * time.Second}},
		"Slow is 10s, must be less than Deadline, which is 10s":         {Slow: 10 * time.Second, Deadline: 10 * time.Second},
		"Ramp is 1ns, must be 1ms to":                                   {Ramp: 1},
		"Surge is 0.5, must be 1 to 10, or 0 for off":                   {Surge: 0.5},
		"Surge is NaN": {Surge: math.NaN()},
		`Retry.On is "open", must be "failure" or "deadline"`:              {Retry: cb.Retry{On: cb.OnOpen}},
		`Retry.On is "deadline", and there is no Deadline or Stream.First`: {Retry: cb.Retry{Max: 1, On: cb.OnDeadline}},
		`Failure.Codes is "4xy": "4xy" is not a code`:                      {Failure: cb.Match{Codes: "4xy"}},
		`Ignore.Codes is "6xx": "6xx" is not a code`:                       {Ignore: cb.Match{Codes: "6xx"}},
		`Failure.Codes is "429,": "" is not a code`:                        {Failure: cb.Match{Codes: "429,"}},
		`the code 100000 is not within 1 to 99999`:                         {Failure: cb.Match{Codes: "100000"}},
		`the code 0 is not within 1 to 99999`:                              {Failure: cb.Match{Codes: "0"}},
		`the range "504-500" ends before it begins`:                        {Failure: cb.Match{Codes: "504-500"}},
		`a list that only excludes names no code`:                          {Failure: cb.Match{Codes: "!501"}},
		`" 5xx" is not a code`:                                             {Failure: cb.Match{Codes: "429, 5xx"}},
		`"-5" is not a code`:                                               {Failure: cb.Match{Codes: "1--5"}},
		`"unavailable" is not a code`:                                      {Failure: cb.Match{Codes: "unavailable"}},
		"Failure.Errors[0] is empty":                                       {Failure: cb.Match{Errors: []cb.ErrorMatch{{}}}},
		"Ignore.Errors[1] is empty":                                        {Ignore: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(errDown), cb.ErrorIs(nil)}}},
		"Failure.CodeOf[0] is nil":                                         {Failure: cb.Match{CodeOf: []func(error) (int, bool){nil}}},
		"Answers[0] is nil":                                                {Answers: []error{nil}},
		`Fallbacks[0].On is "never", must be "all", "open" or "failure"`:   {Fallbacks: []cb.Fallback{{On: "never"}}},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			err := p.Validate()
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "policy: ")
			assert.Panics(t, func() { cb.New(p) })
			assert.Panics(t, func() { cb.NewClient("a").Breaker("B", p) })
		})
	}
	err := cb.Policy{Threshold: -1, Min: -1}.Validate()
	require.ErrorContains(t, err, "Threshold")
	require.ErrorContains(t, err, "Min", "all at once")
}

func TestValidPolicies(t *testing.T) {
	t.Parallel()
	for _, p := range []cb.Policy{
		{}, {Ratio: 1}, {Threshold: 1_000_000, Window: time.Millisecond, Timeout: time.Millisecond, Deadline: time.Millisecond},
		{Failure: cb.Match{Codes: "429,5xx,500-504,!501,!5xx,Unavailable,99999,1"}},
		{Fallbacks: []cb.Fallback{{}, {On: cb.OnAll}, {On: cb.OnOpen}, {On: cb.OnFailure}}},
	} {
		require.NoError(t, p.Validate())
		assert.NotPanics(t, func() { cb.New(p) })
	}
}

func TestGRPCNames(t *testing.T) {
	t.Parallel()
	for i, name := range []string{
		"Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted",
		"FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
	} {
		b := newBreaker(cb.Policy{Threshold: 1, Failure: cb.Match{Codes: name}})
		_ = end(b, statusError(i+2))
		assert.Equal(t, cb.Closed, b.State(), name)
		_ = end(b, statusError(i+1))
		assert.Equal(t, cb.Open, b.State(), name)
	}
}

func TestPolicyDefaults(t *testing.T) {
	t.Parallel()
	assert.Equal(t, cb.Policy{Threshold: 5, Timeout: 30 * time.Second, MaxRequests: 1}, newBreaker(cb.Policy{}).Snapshot().Policy)
	assert.Equal(t, cb.Policy{Ratio: 0.5, Min: 10, Timeout: 30 * time.Second, MaxRequests: 1}, newBreaker(cb.Policy{Ratio: 0.5}).Snapshot().Policy)
	given := cb.Policy{Threshold: 2, Ratio: 0.1, Min: 3, Window: time.Second, Timeout: time.Minute, MaxRequests: 4, Deadline: 5 * time.Second}
	assert.Equal(t, given, newBreaker(given).Snapshot().Policy)
}
