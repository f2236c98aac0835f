package build

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMentions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"http.Header":                   true,
		"*http.Header":                  true,
		"...http.Header":                true,
		"func(context.Context)\nhttp.A": true,
		"map[string]http.Header":        true,
		"xhttp.Header":                  false,
		"x_http.Header":                 false,
		"éhttp.Header":                  false,
		"1http.Header":                  false,
		"net.http.Header":               false,
		"https.Header":                  false,
		"http":                          false,
		"":                              false,
		"xhttp.A, http.B":               true,
		"xhttp.http.A":                  false,
	} {
		assert.Equal(t, want, mentions(text, "http"), text)
	}
}
