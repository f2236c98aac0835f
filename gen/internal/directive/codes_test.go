package directive

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text   string
		grpc   bool
		offset int
		err    string // part of the message, "" where it parses
	}{
		{text: "429"},
		{text: "1"},
		{text: "99999"},
		{text: "1xx,2xx,3xx,4xx,5xx"},
		{text: "500-504"},
		{text: "500-500"},
		{text: "429,5xx,500-504,!501,!5xx,!500-502"},
		{text: "Unavailable", grpc: true},
		{text: "Canceled,Unknown,InvalidArgument,DeadlineExceeded,NotFound,AlreadyExists,PermissionDenied,ResourceExhausted," +
			"FailedPrecondition,Aborted,OutOfRange,Unimplemented,Internal,Unavailable,DataLoss,Unauthenticated", grpc: true},
		{text: "5xx,!Unavailable", grpc: true},
		{text: "", err: `"" is no code`},
		{text: "429,", offset: 4, err: `"" is no code`},
		{text: "429,,503", offset: 4, err: `"" is no code`},
		{text: "0", err: "0 is out of bounds: want 1 to 99999"},
		{text: "429,100000", offset: 4, err: "100000 is out of bounds"},
		{text: "99999999999999999999", err: "out of bounds"},
		{text: "0-5", err: "out of bounds"},
		{text: "504-500", err: "504-500 runs backwards: want 500-504"},
		{text: "6xx", err: "there is no class 6xx"},
		{text: "0xx", err: `"0xx" is no code`},
		{text: "5XX", err: "did you mean 5xx?"},
		{text: "-5", err: "is no code"},
		{text: "500-", err: "is no code"},
		{text: "500..504", err: "is no code"},
		{text: "!!501", err: "is no code"},
		{text: "!", err: `"" is no code`},
		{text: "!501", err: "only exceptions"},
		{text: "OK", err: "is no code"},
		{text: "429,Cancelled", offset: 4, err: "did you mean Canceled?"},
		{text: "RESOURCE_EXHAUSTED", err: "did you mean ResourceExhausted?"},
		{text: "codes.Unavailable", err: "is no code"},
		{text: "５００", err: "is no code"},
	}
	for _, test := range tests {
		codes, bad := parseCodes(test.text)
		list, err := ParseCodes(test.text)
		assert.Equal(t, codes, list)
		if test.err == "" {
			require.NoError(t, err, test.text)
			assert.Equal(t, test.grpc, codes.HasGRPC(), test.text)
			continue
		}
		require.ErrorContains(t, err, test.err, test.text)
		assert.Equal(t, test.offset, bad.offset, test.text)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	line := lines(t, OnMethod, `//cb:failure errors=ErrX,io.ErrUnexpectedEOF,*T,*url.Error,net.Error`)[0]
	value, _ := line.Value("errors")
	var got []string
	for _, ref := range value.Names {
		got = append(got, ref.Pos.String()+" "+ref.String())
	}
	assert.Equal(t, []string{"x.go:1:21 ErrX", "x.go:1:26 io.ErrUnexpectedEOF", "x.go:1:46 *T", "x.go:1:49 *url.Error", "x.go:1:60 net.Error"}, got)
	assert.Equal(t, NameRef{Pos: value.Names[3].Pos, Pointer: true, Package: "url", Name: "Error"}, value.Names[3])

	for _, text := range []string{"", "ErrX,", "a.b.c", "**T", "*", "x.", ".X", "_", "x._", "func", "Err-X", "T[int]", "&T", "github.com/x.Err", `"io".EOF`} {
		_, _, bad := parseErrors(text)
		require.NotNil(t, bad, text)
		assert.Contains(t, bad.reason, "names no error", text)
	}
}
