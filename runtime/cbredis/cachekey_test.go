package cbredis

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

type tenant string

func (tenant) String() string   { return "(secret)" }
func (tenant) GoString() string { return "(secret)" }

type point struct {
	X, Y any
	_    int
	z    complex128
}

func nameOf(args any) (string, error) {
	return (&Cache{prefix: "cb"}).key(cb.CacheKey{Client: "c", Method: "M", Args: args})
}

func TestCacheKey_TellsUnequalKeysApart(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	east, further := day.In(time.FixedZone("", 3600)), day.Add(-time.Hour).In(time.FixedZone("", 7200)) // the clocks show the same there
	seen := map[string]any{}
	for _, args := range []any{
		nil, "", "nil", "a", tenant("a"), tenant("b"), struct{ T tenant }{"a"}, struct{ T tenant }{"b"}, 1, int8(1), "1", 1.0, float32(1), true,
		[2]string{"a", "b"}, [2]string{"a,b", ""}, [2]string{`a","b`, ""}, "\xff", "\xfe", "\ufffd", "a\x00",
		point{}, point{X: 1}, point{Y: 1}, point{X: "1"}, point{z: 1}, point{z: 1i}, day, day.Add(1), east, further,
		math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, uint64(math.MaxUint64), (*int)(nil), (*uint)(nil),
	} {
		name, err := nameOf(args)
		require.NoError(t, err, "%#v", args)
		before, taken := seen[name]
		require.False(t, taken, "%#v has the key of %#v", args, before)
		seen[name] = args
		again, _ := nameOf(args)
		require.Equal(t, name, again)
	}
	zero, _ := nameOf(0.0)
	negative, _ := nameOf(math.Copysign(0, -1))
	assert.Equal(t, zero, negative, "they are equal")
	again, _ := nameOf(day.In(time.FixedZone("", 3600)))
	parsed, _ := nameOf(east)
	assert.Equal(t, parsed, again, "the same moment in a zone of the same name and offset")
	first, _ := nameOf(point{X: tenant("a"), z: 1})
	second, _ := nameOf(point{X: tenant("a"), z: 1})
	assert.Equal(t, first, second)
}

// TestCacheKey_IsNoAddress: another process has something else there.
func TestCacheKey_IsNoAddress(t *testing.T) {
	t.Parallel()
	for _, args := range []any{
		new(int), &point{}, struct{ P *int }{new(int)}, [1]any{make(chan int)}, point{X: &point{}}, math.NaN(), point{Y: math.NaN()},
		complex(0, math.NaN()),
	} {
		_, err := nameOf(args)
		assert.Error(t, err, "%#v", args)
	}
}

func FuzzCacheKey(f *testing.F) {
	f.Add("a", "b", "a,", "b", 1.0, 2.0)
	f.Add(`"`, `\"`, "\xff", "\ufffd", 0.0, math.Copysign(0, -1))
	type args struct {
		s, t any
		f    float64
	}
	f.Fuzz(func(t *testing.T, s1, t1, s2, t2 string, f1, f2 float64) {
		a, b := args{s1, t1, f1}, args{s2, t2, f2}
		nameA, errA := nameOf(a)
		nameB, errB := nameOf(b)
		assert.Equal(t, math.IsNaN(f1), errA != nil)
		assert.Equal(t, math.IsNaN(f2), errB != nil)
		if errA == nil && errB == nil {
			assert.Equal(t, a == b, nameA == nameB, "%#v %#v", a, b)
		}
	})
}
