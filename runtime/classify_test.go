package cb_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

// fieldError carries its code in a field: it must be named to be read.
type fieldError struct{ Status int }

func (e *fieldError) Error() string { return fmt.Sprint("field ", e.Status) }

// httpError has the second method that is found without being named.
type httpError int

func (e httpError) Error() string       { return fmt.Sprint("http ", int(e)) }
func (e httpError) HTTPStatusCode() int { return int(e) }

// bothError has both methods; the first has nothing to tell.
type bothError struct{ httpError }

func (bothError) StatusCode() int { return 0 }

// grpcError is read by a reader of the generator's.
type grpcError int

func (e grpcError) Error() string { return fmt.Sprint("grpc ", int(e)) }

func readGRPC(err error) (int, bool) {
	e, ok := errors.AsType[grpcError](err)
	return int(e), ok
}

// sliceError is of a type that cannot be compared.
type sliceError []string

func (e sliceError) Error() string { return "slice" }

func TestClassification(t *testing.T) {
	t.Parallel()
	status := cb.ErrorCode(func(e *fieldError) int { return e.Status })
	var (
		none      cb.Policy
		codes     = cb.Policy{Failure: cb.Match{Codes: "429,5xx,!501"}}
		typed     = cb.Policy{Failure: cb.Match{Codes: "429,5xx", Errors: []cb.ErrorMatch{status}}}
		codesAnd  = cb.Policy{Failure: cb.Match{Codes: "503", Errors: []cb.ErrorMatch{cb.ErrorIs(io.ErrShortWrite), status}}}
		errs      = cb.Policy{Failure: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(io.EOF), cb.ErrorType[*fieldError]()}}}
		codeType  = cb.Policy{Failure: cb.Match{Errors: []cb.ErrorMatch{status}}}
		grpc      = cb.Policy{Failure: cb.Match{Codes: "Unavailable", CodeOf: []func(error) (int, bool){readGRPC}}}
		answers   = cb.Policy{Answers: []error{errDown}}
		ignore    = cb.Policy{Ignore: cb.Match{Codes: "404", Errors: []cb.ErrorMatch{cb.ErrorIs(io.EOF), status}}}
		beats     = cb.Policy{Failure: cb.Match{Codes: "4xx"}, Ignore: cb.Match{Codes: "404"}}
		readOnce  = cb.Policy{Failure: cb.Match{Codes: "500", Errors: []cb.ErrorMatch{status}}, Ignore: cb.Match{Codes: "404"}}
		failed    = cb.Counts{Failure: 1}
		succeeded = cb.Counts{Success: 1}
		ignored   = cb.Counts{Ignored: 1}
	)
	for name, tt := range map[string]struct {
		policy cb.Policy
		err    error
		want   cb.Counts
	}{
		"no failure given: any error":           {none, errDown, failed},
		"no failure given: any code":            {none, statusError(404), failed},
		"no failure given: io.EOF":              {none, fmt.Errorf("read: %w", io.EOF), succeeded},
		"no failure given: fs.ErrNotExist":      {none, &fs.PathError{Op: "open", Err: fs.ErrNotExist}, succeeded},
		"no failure given: fs.ErrExist":         {none, fs.ErrExist, succeeded},
		"no failure given: own answer":          {answers, errDown, succeeded},
		"no failure given: not comparable":      {none, sliceError{"a"}, failed},
		"codes: listed":                         {codes, statusError(429), failed},
		"codes: listed, wrapped":                {codes, fmt.Errorf("x: %w", statusError(503)), failed},
		"codes: listed, joined":                 {codes, errors.Join(errDown, statusError(503)), failed},
		"codes: not listed":                     {codes, statusError(404), succeeded},
		"codes: excluded":                       {codes, statusError(501), succeeded},
		"codes: none carried":                   {codes, errDown, failed},
		"codes: none carried, an answer":        {codes, io.EOF, failed},
		"codes: zero is none":                   {codes, statusError(0), failed},
		"codes: HTTPStatusCode":                 {codes, httpError(502), failed},
		"codes: HTTPStatusCode, not listed":     {codes, httpError(400), succeeded},
		"codes: the second method has it":       {codes, bothError{400}, succeeded},
		"codes: in a field nobody named":        {codes, &fieldError{404}, failed},
		"typed: listed":                         {typed, &fieldError{500}, failed},
		"typed: not listed":                     {typed, &fieldError{404}, succeeded},
		"typed: no code in it":                  {typed, &fieldError{0}, failed},
		"typed: other types still count":        {typed, statusError(404), succeeded},
		"codes and errors: value":               {codesAnd, io.ErrShortWrite, failed},
		"codes and errors: the code alone":      {codesAnd, errors.Join(statusError(404), io.ErrShortWrite), succeeded},
		"errors: value":                         {errs, fmt.Errorf("x: %w", io.EOF), failed},
		"errors: type":                          {errs, fmt.Errorf("x: %w", &fieldError{}), failed},
		"errors: neither":                       {errs, errDown, succeeded},
		"errors: a type with a code":            {codeType, &fieldError{404}, failed},
		"errors: a code is nothing":             {codeType, statusError(500), succeeded},
		"grpc: listed":                          {grpc, grpcError(14), failed},
		"grpc: not listed":                      {grpc, grpcError(5), succeeded},
		"ignore: code":                          {ignore, statusError(404), ignored},
		"ignore: value":                         {ignore, io.EOF, ignored},
		"ignore: code of a named type":          {ignore, &fieldError{404}, ignored},
		"ignore: a type beside codes only read": {ignore, &fieldError{500}, failed},
		"ignore beats failure":                  {beats, statusError(404), ignored},
		"failure beside ignore":                 {beats, statusError(400), failed},
		"a type named for failure, ignored":     {readOnce, &fieldError{404}, ignored},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBreaker(tt.policy)
			assert.Equal(t, tt.err, end(b, tt.err), "errors come back as they are")
			assert.Equal(t, tt.want, b.Snapshot().Counts)
		})
	}
}

func TestSuccessfulErrorsCloseAndEndARow(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Threshold: 2, Failure: cb.Match{Codes: "5xx"}})
	for range 5 {
		_ = end(b, statusError(503))
		_ = end(b, statusError(404))
	}
	assert.Equal(t, cb.Closed, b.State())
}

func TestIgnoredErrorsChangeNothing(t *testing.T) {
	t.Parallel()
	for _, p := range []cb.Policy{{Threshold: 3}, {Ratio: 1, Min: 3}} {
		p.Ignore = cb.Match{Codes: "404"}
		b := newBreaker(p)
		fail(b, 2)
		for range 10 {
			_ = end(b, statusError(404))
		}
		assert.Equal(t, cb.Closed, b.State())
		fail(b, 1)
		assert.Equal(t, cb.Open, b.State())
	}
}
