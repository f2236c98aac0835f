package cbredis

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"reflect"
	"strconv"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

var errNoKey = errors.New("its key holds a pointer, a channel or a NaN, which another process may have for something else")

// key is the name under which an answer is stored.
func (c *Cache) key(key cb.CacheKey) (string, error) {
	text, ok := appendValue(nil, reflect.ValueOf(&key.Args).Elem())
	if !ok {
		return "", errNoKey
	}
	sum := sha256.Sum256(text)
	return c.prefix + ":" + key.Client + ":" + key.Method + ":" + base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// appendValue writes a comparable value so that two have the same text where they are equal, and only there, in every process. It is
// false where there is no such text. No method of the value is called, as fmt would: a GoString that hides a secret, say, would make
// one key of two.
func appendValue(text []byte, v reflect.Value) (_ []byte, ok bool) {
	ok = true
	switch v.Kind() {
	case reflect.String:
		text = strconv.AppendQuote(text, v.String())
	case reflect.Bool:
		text = strconv.AppendBool(text, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		text = strconv.AppendInt(text, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		text = strconv.AppendUint(text, v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		text, ok = appendFloat(text, v.Float())
	case reflect.Complex64, reflect.Complex128:
		if text, ok = appendFloat(text, real(v.Complex())); ok {
			text, ok = appendFloat(text, imag(v.Complex()))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() && v.CanInterface() { // its location is a pointer
			text = appendTime(text, v.Interface().(time.Time))
			break
		}
		for i := 0; ok && i < v.NumField(); i++ {
			if v.Type().Field(i).Name != "_" { // == does not look at it
				text, ok = appendValue(text, v.Field(i))
			}
		}
	case reflect.Array:
		for i := 0; ok && i < v.Len(); i++ {
			text, ok = appendValue(text, v.Index(i))
		}
	case reflect.Interface:
		if v.IsNil() {
			text = append(text, "nil"...)
			break
		}
		of := v.Elem().Type()
		text = strconv.AppendQuote(text, of.PkgPath()+" "+of.String())
		text, ok = appendValue(text, v.Elem())
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		if !v.IsZero() {
			return text, false
		}
		text = append(text, "nil"...)
	default:
		return text, false // it is not comparable
	}
	return append(text, ','), ok
}

// appendFloat: of zero there are two that are equal, and a NaN is equal to nothing.
func appendFloat(text []byte, f float64) ([]byte, bool) {
	if f == 0 {
		f = 0
	}
	return append(strconv.AppendFloat(text, f, 'x', -1, 64), ','), f == f //nolint:staticcheck // NaN
}

// appendTime writes the moment, and what a clock shows then: a location's name alone says neither, for it may be "" or "Local".
func appendTime(text []byte, t time.Time) []byte {
	_, offset := t.Zone()
	for _, n := range []int64{t.Unix(), int64(t.Nanosecond()), int64(offset)} {
		text = append(strconv.AppendInt(text, n, 10), ',')
	}
	return strconv.AppendQuote(text, t.Location().String())
}
