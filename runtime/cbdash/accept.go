package cbdash

import (
	"mime"
	"strconv"
	"strings"
)

// accepted is which of the offered media types an Accept header likes best: RFC 9110, section 12.5.1. Of equals, and where it
// accepts none, the one that is offered first.
func accepted(header []string, offered ...string) string {
	best, most := offered[0], 0.0
	for _, offer := range offered {
		if q := quality(header, offer); q > most {
			best, most = offer, q
		}
	}
	return best
}

// quality is what the most specific range that matches the type says of it; 0: it is not accepted.
func quality(header []string, offer string) float64 {
	major, _, _ := strings.Cut(offer, "/")
	specific, q := 0, 0.0
	for text := range strings.SplitSeq(strings.Join(header, ","), ",") {
		accept, params, err := mime.ParseMediaType(text)
		if err != nil {
			continue
		}
		level := map[string]int{offer: 3, major + "/*": 2, "*/*": 1}[accept]
		if level <= specific {
			continue
		}
		specific, q = level, 1
		if weight, err := strconv.ParseFloat(params["q"], 64); err == nil {
			q = weight
		}
	}
	return q
}
