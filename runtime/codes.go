package cb

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxCode is the largest code a list may name.
const maxCode = 99999

// grpcDeadlineExceeded is gRPC's code for a deadline that passed, the client's own or one behind the server.
const grpcDeadlineExceeded = 4

// codes is a parsed code list. What it excludes wins.
type codes struct {
	included, excluded []codeRange
}

type codeRange struct{ low, high int }

// given tells whether there was a list at all.
func (c *codes) given() bool { return len(c.included) > 0 }

// contain tells whether the list names the code.
func (c *codes) contain(code int) bool { return within(c.included, code) && !within(c.excluded, code) }

func within(ranges []codeRange, code int) bool {
	for _, r := range ranges {
		if r.low <= code && code <= r.high {
			return true
		}
	}
	return false
}

// parseCodes reads a list such as "429,5xx,500-504,!501,Unavailable". The empty list is none.
func parseCodes(text string) (codes, error) {
	var c codes
	if text == "" {
		return c, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		item, excluded := strings.CutPrefix(item, "!")
		r, err := parseCode(item)
		if err != nil {
			return codes{}, err
		}
		if excluded {
			c.excluded = append(c.excluded, r)
		} else {
			c.included = append(c.included, r)
		}
	}
	if !c.given() {
		return codes{}, errors.New("a list that only excludes names no code")
	}
	return c, nil
}

func parseCode(item string) (codeRange, error) {
	if len(item) == 3 && item[1:] == "xx" && '1' <= item[0] && item[0] <= '5' {
		low := int(item[0]-'0') * 100
		return codeRange{low, low + 99}, nil
	}
	if code, ok := grpcCode(item); ok {
		return codeRange{code, code}, nil
	}
	from, to, isRange := strings.Cut(item, "-")
	low, err := parseNumber(from)
	if err != nil {
		return codeRange{}, err
	}
	if !isRange {
		return codeRange{low, low}, nil
	}
	high, err := parseNumber(to)
	if err != nil {
		return codeRange{}, err
	}
	if high < low {
		return codeRange{}, fmt.Errorf("the range %q ends before it begins", item)
	}
	return codeRange{low, high}, nil
}

func parseNumber(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a code: want a number, a class (5xx), a range (500-504) or a gRPC code's name (Unavailable)", text)
	}
	if n < 1 || n > maxCode {
		return 0, fmt.Errorf("the code %s is not within 1 to %d", text, maxCode)
	}
	return int(n), nil
}

// grpcCode is the number of a gRPC code in Go's spelling. OK is none: it is no error.
func grpcCode(name string) (int, bool) {
	for i, n := range [...]string{
		"Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
		"ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable",
		"DataLoss", "Unauthenticated",
	} {
		if n == name {
			return i + 1, true
		}
	}
	return 0, false
}
