package codes_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/testdata/golden/codes"
)

// fake answers every method with one error.
type fake struct{ err error }

func (f *fake) Get(context.Context, string) (string, error) { return "", f.err }
func (f *fake) Put(context.Context, string) error           { return f.err }
func (f *fake) Patch(context.Context, string) error         { return f.err }
func (f *fake) Delete(context.Context, string) error        { return f.err }
func (f *fake) List(context.Context) ([]string, error)      { return nil, f.err }
func (f *fake) Field(context.Context) error                 { return f.err }
func (f *fake) HTTPField(context.Context) error             { return f.err }
func (f *fake) CodeField(context.Context) error             { return f.err }
func (f *fake) StatusField(context.Context) error           { return f.err }
func (f *fake) Method(context.Context) error                { return f.err }
func (f *fake) Second(context.Context) error                { return f.err }
func (f *fake) Number(context.Context) error                { return f.err }
func (f *fake) Interface(context.Context) error             { return f.err }
func (f *fake) Several(context.Context) error               { return f.err }

// opens tells whether five calls that end with err open the breaker of one method.
func opens(t *testing.T, err error, call func(*codes.APIBreaker) error) bool {
	t.Helper()
	b := codes.NewAPIBreaker(&fake{err: err})
	for range 5 {
		require.ErrorIs(t, call(b), err)
	}
	return errors.Is(call(b), cb.ErrOpen)
}

func TestWhatOpens(t *testing.T) {
	t.Parallel()
	get := func(b *codes.APIBreaker) error { _, err := b.Get(t.Context(), "1"); return err }
	put := func(b *codes.APIBreaker) error { return b.Put(t.Context(), "1") }
	patch := func(b *codes.APIBreaker) error { return b.Patch(t.Context(), "1") }
	del := func(b *codes.APIBreaker) error { return b.Delete(t.Context(), "1") }
	list := func(b *codes.APIBreaker) error { _, err := b.List(t.Context()); return err }
	other := errors.New("other")

	for name, tt := range map[string]struct {
		err  error
		call func(*codes.APIBreaker) error
		want bool
	}{
		"listed code":                         {&codes.FieldError{StatusCode: 429}, get, true},
		"listed class":                        {&codes.FieldError{StatusCode: 599}, get, true},
		"first of a range":                    {&codes.FieldError{StatusCode: 600}, get, true},
		"last of a range":                     {&codes.FieldError{StatusCode: 604}, get, true},
		"behind the range":                    {&codes.FieldError{StatusCode: 605}, get, false},
		"excluded wins":                       {&codes.FieldError{StatusCode: 501}, get, false},
		"unlisted code is an answer":          {&codes.FieldError{StatusCode: 404}, get, false},
		"wrapped":                             {fmt.Errorf("get: %w", &codes.FieldError{StatusCode: 429}), get, true},
		"unlisted code, wrapped":              {fmt.Errorf("get: %w", &codes.FieldError{StatusCode: 404}), get, false},
		"no code, codes given":                {other, get, true},
		"codes given: io.EOF is no answer":    {io.EOF, get, true},
		"own codes and own error":             {codes.MethodError{N: 1002}, put, true},
		"inherited codes are replaced":        {codes.MethodError{N: 503}, put, false},
		"found at run time":                   {codes.MethodError{N: 503}, patch, true},
		"found at run time, unlisted":         {codes.MethodError{N: 429}, patch, false},
		"value of this package":               {codes.ErrBusy, del, true},
		"value of another package":            {io.ErrUnexpectedEOF, del, true},
		"type of another package":             {&url.Error{Op: "x", Err: other}, del, true},
		"errors given, none matches":          {other, del, false},
		"no failure directive: any error":     {other, list, true},
		"no failure directive: io.EOF":        {io.EOF, list, false},
		"no failure directive: any code, too": {&codes.FieldError{StatusCode: 404}, list, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, opens(t, tt.err, tt.call))
		})
	}
}

func TestWhereTheCodeIsRead(t *testing.T) {
	t.Parallel()
	status := func(n int) *codes.StatusFieldError {
		e := &codes.StatusFieldError{}
		e.Status = n
		return e
	}
	for name, tt := range map[string]struct {
		listed, unlisted error
		call             func(*codes.ReadersBreaker, context.Context) error
	}{
		"field":           {&codes.FieldError{StatusCode: 503}, &codes.FieldError{StatusCode: 404}, (*codes.ReadersBreaker).Field},
		"unsigned field":  {&codes.HTTPFieldError{HTTPStatusCode: 503}, &codes.HTTPFieldError{HTTPStatusCode: 404}, (*codes.ReadersBreaker).HTTPField},
		"named type":      {&codes.CodeFieldError{Code: 503}, &codes.CodeFieldError{Code: 404}, (*codes.ReadersBreaker).CodeField},
		"promoted field":  {status(503), status(404), (*codes.ReadersBreaker).StatusField},
		"method":          {codes.MethodError{N: 503}, codes.MethodError{N: 404}, (*codes.ReadersBreaker).Method},
		"second name":     {&codes.SecondError{StatusCode: "x", Code: 503}, &codes.SecondError{Code: 404}, (*codes.ReadersBreaker).Second},
		"number":          {codes.NumberError(503), codes.NumberError(404), (*codes.ReadersBreaker).Number},
		"interface":       {codes.NumberError(503), codes.NumberError(404), (*codes.ReadersBreaker).Interface},
		"first of two":    {&codes.FieldError{StatusCode: 503}, &codes.FieldError{StatusCode: 404}, (*codes.ReadersBreaker).Several},
		"second of two":   {codes.MethodError{N: 503}, codes.MethodError{N: 404}, (*codes.ReadersBreaker).Several},
		"value beside it": {codes.ErrBusy, codes.MethodError{N: 404}, (*codes.ReadersBreaker).Several},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{err: tt.unlisted}
			b := codes.NewReadersBreaker(f)
			for range 3 {
				require.ErrorIs(t, tt.call(b, t.Context()), tt.unlisted)
			}
			f.err = tt.listed
			require.ErrorIs(t, tt.call(b, t.Context()), tt.listed)
			require.ErrorIs(t, tt.call(b, t.Context()), cb.ErrOpen)
		})
	}
}
