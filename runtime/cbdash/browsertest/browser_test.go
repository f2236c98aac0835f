// Package browsertest tries the page of cbdash in a real browser. It is a module of its own for what drives one.
package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tab is an open page, and what went wrong on it.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // it is what chromedp calls a tab

	mu       sync.Mutex
	troubles []string
	hosts    map[string]bool
}

// newTab starts a browser. It has a profile of its own, which chromedp removes: it knows of the processes that write there for a while
// when the browser has ended. It skips where there is none.
func newTab(t *testing.T) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CBGEN_REQUIRE") == "all" {
			t.Fatal("CBGEN_REQUIRE=all, and there is no chromium: apt-get install -y chromium")
		}
		t.Skip("skipped: there is no chromium (apt-get install -y chromium)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true))
	limited, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	allocator, cancel := chromedp.NewExecAllocator(limited, opts...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx, hosts: make(map[string]bool)}
	require.NoError(t, chromedp.Listen(ctx, p.listen))
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		_, err := chromedp.Call(ctx, enable, cdp.Empty{})
		require.NoError(t, err)
	}
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	return p
}

func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.troubles = append(p.troubles, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		p.troubles = append(p.troubles, "console: "+string(e.Args[0].Value))
	case *log.EventEntryAdded:
		p.troubles = append(p.troubles, string(e.Entry.Source)+": "+e.Entry.Text+" "+e.Entry.URL)
	case *network.EventRequestWillBeSent:
		if address, err := url.Parse(e.Request.URL); err == nil && address.Scheme != "data" {
			p.hosts[address.Host] = true
		}
	}
}

func (p *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, actions...))
}

// show gives the tab a size and a scheme and opens the page, until it is live.
func (p *tab) show(address, scheme string, width, height int64, more ...chromedp.EmulateViewportOption) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	require.NoError(p.t, err)
	p.run(chromedp.EmulateViewport(width, height, more...), chromedp.Navigate(address))
	p.until(`document.querySelector("#link.live") && document.querySelector(".breaker")`)
}

// eval is what an expression is on the page, when its promise is kept.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, expression)
	return value
}

// until waits for an expression to become true. It asks on the page, whose policy keeps chromedp's own polling out.
func (p *tab) until(expression string) {
	p.t.Helper()
	require.True(p.t, eval[bool](p, fmt.Sprintf(`new Promise((done) => {
		const end = Date.now() + 60000, look = () => {
			if (%s) done(true); else if (Date.now() > end) done(false); else setTimeout(look, 10);
		};
		look();
	})`, expression)), expression)
}

// loses returns when the page has shown that act ended its connection. The page comes back by itself: who looks later may find it live.
func (p *tab) loses(act func()) {
	p.t.Helper()
	eval[bool](p, `(() => {
		const link = document.getElementById("link");
		window.lost = false;
		new MutationObserver(() => { window.lost ||= link.className === "lost"; }).observe(link, {attributes: true});
		return true;
	})()`)
	act()
	p.until(`lost`)
}

// scriptTime is how long the page's scripts have run, without the time that others had the machine.
func (p *tab) scriptTime() time.Duration {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	require.NoError(p.t, err)
	got, err := chromedp.Call(p.ctx, performance.GetMetrics, cdp.Empty{})
	require.NoError(p.t, err)
	for _, m := range got.Metrics {
		if m.Name == "ScriptDuration" {
			return time.Duration(m.Value * float64(time.Second))
		}
	}
	require.FailNow(p.t, "the browser does not tell")
	return 0
}

// clean checks that nothing went wrong and nobody else was asked.
func (p *tab) clean(address string) {
	p.t.Helper()
	at, err := url.Parse(address)
	require.NoError(p.t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	assert.Empty(p.t, p.troubles)
	assert.Equal(p.t, map[string]bool{at.Host: true}, p.hosts, "no request to another host")
}
