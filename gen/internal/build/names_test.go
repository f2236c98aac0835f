package build

import (
	"go/types"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLowerFirst(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Complete": "complete", "HTTPGet": "httpGet", "ID": "id", "URLs": "urLs", "x": "x", "A": "a", "Äpfel": "äpfel",
		"_private": "_private", "GetV2": "getV2", "日本": "日本",
	} {
		assert.Equal(t, want, lowerFirst(name), name)
	}
}

func TestScopeClaim(t *testing.T) {
	t.Parallel()
	outer := newScope(nil)
	outer.reserve("context", "_", "")
	s := newScope(outer)
	for _, row := range []struct {
		names []string
		want  string
	}{
		{[]string{"req", "reqArg"}, "req"},
		{[]string{"req", "reqArg"}, "reqArg"},
		{[]string{"req", "reqArg"}, "reqArg2"},
		{[]string{"context", "contextArg"}, "contextArg"}, // hidden by the outer scope
		{[]string{"range", "rangeBreaker"}, "rangeBreaker"},
		{[]string{"_", "arg"}, "arg"},
		{[]string{"", "arg"}, "arg2"},
		{[]string{"arg"}, "arg3"},
	} {
		assert.Equal(t, row.want, s.claim(row.names...), "%q", row.names)
	}
	assert.False(t, outer.has("req"), "an inner name does not leak out")
}

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]string{
		"map[string]chat.Request":    {"map", "string", "chat"},
		"func(...Option) (T, error)": {"func", "Option", "T", "error"},
		"[3]byte":                    {"byte"},
		"":                           nil,
		"Größe[K]":                   {"Größe", "K"},
	} {
		var got []string
		identifiers(source, func(name string) { got = append(got, name) })
		assert.Equal(t, want, got, source)
	}
}

func TestAssumedName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"context": "context", "net/http": "http", "github.com/openai/openai-go/v3": "openai-go", "v2": "v2", "k8s.io/api/core/v1": "core",
	} {
		assert.Equal(t, want, assumedName(path), path)
	}
}

func TestImportable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		imported, name, from string
		want                 bool
	}{
		{"net/http", "http", "example.com/a", true},
		{"example.com/a/internal", "internal", "example.com/a/b", true},
		{"example.com/a/internal/x", "x", "example.com/a", true},
		{"example.com/a/internal/x", "x", "example.com/ab", false},
		{"example.com/a/internal/x", "x", "example.com/a_test", true},
		{"example.com/internals/x", "x", "other.org/b", true},
		{"internal/abi", "abi", "example.com/a", false},
		{"vendor/golang.org/x/net/idna", "idna", "example.com/a", false},
		{"example.com/a/cmd", "main", "example.com/a", false},
		{"a/internal/b/internal/c", "c", "a/internal/b/d", true},
		{"a/internal/b/internal/c", "c", "a/d", false},
	} {
		assert.Equal(t, row.want, importable(types.NewPackage(row.imported, row.name), row.from), "%s from %s", row.imported, row.from)
	}
}

func TestOutputPath(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"/x/provider.go": "/x/provider_cb.go", "/x/provider_test.go": "/x/provider_cb_test.go", "/x/p_linux.go": "/x/p_linux_cb.go",
	} {
		assert.Equal(t, want, OutputPath(source))
	}
}
