package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Live is where is shown what plays: on a terminal a block that is redrawn, with lines above it that stay. It may be used by many
// goroutines at once. Errors of the writer are dropped: what plays goes on where nobody looks.
type Live struct {
	style Style

	mu   sync.Mutex
	w    io.Writer
	drew string // the block that is on the terminal now
}

// NewLive shows what plays on w.
func NewLive(w io.Writer, style Style) *Live { return &Live{w: w, style: style} }

// show replaces the block or, where there are none, writes a line.
func (l *Live) show(block, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.style.Terminal {
		l.draw("", block)
		return
	}
	fmt.Fprint(l.w, line)
}

// begin writes what comes before something new that plays: the block there is stays as it is. head is for where there are no blocks.
func (l *Live) begin(story, head string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drew = ""
	if l.style.Terminal {
		head = ""
	}
	fmt.Fprint(l.w, story+head)
}

// Settle has the block stay as it is: others write below it now.
func (l *Live) Settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drew = ""
}

// Event shows a line that stays.
func (l *Live) Event(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.style.Terminal {
		l.draw(l.style.paint(dim, line)+"\n", l.drew)
		return
	}
	fmt.Fprintln(l.w, line)
}

// draw replaces the block on the terminal, writing above it what stays. Wrapping is off meanwhile: in a terminal too
// narrow for it, the block is cut off rather than smeared.
func (l *Live) draw(above, block string) {
	up := ""
	if lines := strings.Count(l.drew, "\n"); lines > 0 {
		up = fmt.Sprintf("\x1b[%dA\x1b[J", lines)
	}
	fmt.Fprint(l.w, "\x1b[?7l"+up+above+block+"\x1b[?7h")
	l.drew = block
}
