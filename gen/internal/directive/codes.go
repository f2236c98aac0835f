package directive

import (
	"cmp"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// CodeList is what a list of codes says: 429,5xx,500-504,!501,Unavailable.
type CodeList struct {
	elements []codeElement
}

// codeElement is one element of a list: a span of numbers, or a gRPC code.
type codeElement struct {
	exclude   bool
	low, high int
	grpc      string
}

// Numbers that codes may have: three digits for HTTP, five for what providers invent.
const minCode, maxCode = 1, 99999

var (
	codeClass = regexp.MustCompile(`^([1-9])xx$`)
	codeSpan  = regexp.MustCompile(`^([0-9]+)(?:-([0-9]+))?$`)
)

// grpcCodes are the names of gRPC's codes in Go's spelling. OK is not among them: it is no error.
func grpcCodes() []string {
	return []string{
		"Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted",
		"FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
	}
}

// ParseCodes reads a list of codes; the error says what is wrong with its first bad element.
func ParseCodes(text string) (CodeList, error) {
	codes, bad := parseCodes(text)
	if bad != nil {
		return CodeList{}, bad
	}
	return codes, nil
}

// HasGRPC reports whether the list names a gRPC code.
func (c CodeList) HasGRPC() bool {
	return slices.ContainsFunc(c.elements, func(e codeElement) bool { return e.grpc != "" })
}

func parseCodes(text string) (CodeList, *valueError) {
	var codes CodeList
	includes := false
	for offset, element := range elements(text) {
		parsed, reason := parseCode(element)
		if reason != "" {
			return CodeList{}, &valueError{offset, reason}
		}
		includes = includes || !parsed.exclude
		codes.elements = append(codes.elements, parsed)
	}
	if !includes {
		return CodeList{}, &valueError{0, "it lists only exceptions: write what they are exceptions of, as 5xx,!501"}
	}
	return codes, nil
}

func parseCode(text string) (e codeElement, reason string) {
	name, exclude := strings.CutPrefix(text, "!")
	e.exclude = exclude
	if m := codeClass.FindStringSubmatch(name); m != nil {
		class, _ := strconv.Atoi(m[1])
		if class > 5 {
			return e, fmt.Sprintf("there is no class %s: want 1xx to 5xx", name)
		}
		e.low, e.high = class*100, class*100+99
		return e, ""
	}
	if m := codeSpan.FindStringSubmatch(name); m != nil {
		low, err1 := strconv.Atoi(m[1])
		high, err2 := strconv.Atoi(cmp.Or(m[2], m[1]))
		switch {
		case err1 != nil || err2 != nil || low < minCode || high > maxCode:
			return e, fmt.Sprintf("%s is out of bounds: want %d to %d", name, minCode, maxCode)
		case low > high:
			return e, fmt.Sprintf("%s runs backwards: want %d-%d", name, high, low)
		}
		e.low, e.high = low, high
		return e, ""
	}
	if slices.Contains(grpcCodes(), name) {
		e.grpc = name
		return e, ""
	}
	candidates := append(grpcCodes(), "1xx", "2xx", "3xx", "4xx", "5xx")
	if near := Nearest(strings.ReplaceAll(name, "_", ""), candidates); name != "" && near != "" {
		return e, fmt.Sprintf("%q is no code: did you mean %s?", name, near)
	}
	return e, fmt.Sprintf("%q is no code: want 429, 5xx, 500-504 or the name of a gRPC code, as Unavailable, with ! before it to leave it out", name)
}

// elements yields the elements of a list, each with its offset.
func elements(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		offset := 0
		for element := range strings.SplitSeq(text, ",") {
			if !yield(offset, element) {
				return
			}
			offset += len(element) + 1
		}
	}
}
