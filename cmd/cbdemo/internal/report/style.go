// Package report shows an incident and the acts of the strategies: live, redrawn in place on a terminal or as
// plain lines, and as closing tables. What it writes is at most 100 columns wide.
package report

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// Style says what the output can show.
type Style struct {
	Terminal bool // lines can be redrawn
	Color    bool
}

// StyleOf is the style that suits w: colours only on a terminal, and not where NO_COLOR is set.
func StyleOf(w io.Writer, getenv func(string) string) Style {
	f, ok := w.(*os.File)
	if !ok {
		return Style{}
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || getenv("TERM") == "dumb" {
		return Style{}
	}
	return Style{Terminal: true, Color: getenv("NO_COLOR") == ""}
}

// The colours used, as SGR parameters.
const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
)

func (s Style) paint(sgr, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

// left and right pad text, which must not be painted yet.
func left(width int, text string) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

func right(width int, text string) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))) + text
}

func clock(d time.Duration) string {
	seconds := int(d.Round(time.Second) / time.Second)
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// percent is cut, not rounded: 100.0% is said only of all.
func percent(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	tenths := part * 1000 / whole
	return fmt.Sprintf("%d.%d%%", tenths/10, tenths%10)
}
