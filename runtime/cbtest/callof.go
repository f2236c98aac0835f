package cbtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
)

// CallOf makes one of the [Calls] of a method value: with the caller's context where it takes one, and else with arguments that
// hold something, as far as that can be made up. A stream is read to its end, and closed. The error is that of the results, of
// the stream, or what a result's Err() says.
func CallOf(method any) func(ctx context.Context) error {
	fn := reflect.ValueOf(method)
	if fn.Kind() != reflect.Func {
		panic(fmt.Sprintf("cbtest: CallOf wants a method value, not a %T", method))
	}
	return func(ctx context.Context) error {
		var args []reflect.Value
		for i := range fn.Type().NumIn() {
			in := fn.Type().In(i)
			if fn.Type().IsVariadic() && i == fn.Type().NumIn()-1 {
				in = in.Elem() // one of them
			}
			args = append(args, argument(ctx, in, 0))
		}
		results := fn.Call(args)
		for _, result := range results {
			if err, ok := result.Interface().(error); ok && err != nil && !isNil(result) {
				return err
			}
		}
		for _, result := range results {
			if err := drain(result); err != nil {
				return err
			}
		}
		return nil
	}
}

// maxFill is how deep arguments are filled: requests may hold requests.
const maxFill = 5

// argument makes one up: pointers point to something, and slices have an element, for what tells a keyed method's breakers apart
// may read any of it.
func argument(ctx context.Context, t reflect.Type, depth int) reflect.Value {
	value := reflect.New(t).Elem()
	switch {
	case t == reflect.TypeFor[context.Context]():
		value.Set(reflect.ValueOf(ctx))
	case t == reflect.TypeFor[*http.Request]():
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://upstream.invalid/", http.NoBody)
		if err != nil {
			panic(err) // cannot be: nothing in it is wrong
		}
		value.Set(reflect.ValueOf(req))
	case depth == maxFill:
	case t.Kind() == reflect.Pointer:
		value.Set(reflect.New(t.Elem()))
		value.Elem().Set(argument(ctx, t.Elem(), depth+1))
	case t.Kind() == reflect.Slice:
		value.Set(reflect.MakeSlice(t, 1, 1))
		value.Index(0).Set(argument(ctx, t.Elem(), depth+1))
	case t.Kind() == reflect.Map:
		value.Set(reflect.MakeMap(t))
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				value.Field(i).Set(argument(ctx, t.Field(i).Type, depth+1))
			}
		}
	default:
	}
	return value
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice:
		return v.IsNil()
	default:
		return false
	}
}

// drain reads a result to its end, where it is a stream.
func drain(result reflect.Value) (err error) {
	if isNil(result) {
		return nil
	}
	switch stream := result.Interface().(type) {
	case *http.Response:
		if stream.Body == nil {
			return nil
		}
		defer stream.Body.Close()
		_, err = io.Copy(io.Discard, stream.Body)
		return err
	case io.ReadCloser:
		defer stream.Close()
		_, err = io.Copy(io.Discard, stream)
		return err
	case interface {
		Next() bool
		Err() error
	}:
		defer closeStream(stream)
		for stream.Next() {
		}
		return stream.Err()
	case interface{ Err() error }:
		return stream.Err()
	}
	switch t := result.Type(); {
	case t.Kind() == reflect.Func && t.CanSeq2():
		for _, e := range result.Seq2() {
			if failed, ok := e.Interface().(error); ok && err == nil {
				err = failed
			}
		}
	case t.Kind() == reflect.Chan && t.ChanDir()&reflect.RecvDir != 0:
		for ok := true; ok; {
			_, ok = result.Recv()
		}
	default:
		return receive(result)
	}
	return err
}

// receive reads a stream of Recv() (V, error).
func receive(result reflect.Value) error {
	method := result.MethodByName("Recv")
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 2 {
		return nil
	}
	defer closeStream(result.Interface())
	for {
		err, _ := method.Call(nil)[1].Interface().(error)
		switch err {
		case nil:
		case io.EOF: //nolint:errorlint // what a reader returns bare
			return nil
		default:
			return err
		}
	}
}

func closeStream(stream any) {
	switch stream := stream.(type) {
	case io.Closer:
		_ = stream.Close()
	case interface{ Close() }:
		stream.Close()
	}
}
