package browsertest

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// shifts lists what moved by itself, and not as a visitor's own act had it.
const (
	shifts = `new Promise((done) => {
		const moved = [];
		new PerformanceObserver((list) => {
			for (const e of list.getEntries()) {
				if (e.hadRecentInput || e.value < 0.001) continue;
				moved.push(...e.sources.map((s) => (s.node?.outerHTML || "").slice(0, 80) + JSON.stringify([s.previousRect.y, s.currentRect.y])));
			}
		}).observe({type: "layout-shift", buffered: true});
		setTimeout(() => done(moved), 1500);
	})`
	// contrast lists texts whose contrast is below 4.5 to 1: WCAG 2.2, 1.4.3.
	contrast = `(() => {
		const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
		const rgb = (color) => {
			canvas.clearRect(0, 0, 1, 1);
			canvas.fillStyle = color;
			canvas.fillRect(0, 0, 1, 1);
			return [...canvas.getImageData(0, 0, 1, 1).data];
		};
		const luminance = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
			const v = c[i] / 255;
			return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		}, 0);
		const behind = (node) => {
			for (; node; node = node.parentElement) {
				const c = rgb(getComputedStyle(node).backgroundColor);
				if (c[3] === 255) return c;
			}
			return [255, 255, 255, 255];
		};
		const low = new Set();
		for (const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walker.nextNode();) {
			const node = walker.currentNode.parentElement;
			if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest("style,script")) continue;
			const [a, b] = [luminance(rgb(getComputedStyle(node).color)), luminance(behind(node))].sort((x, y) => y - x);
			const ratio = (a + 0.05) / (b + 0.05);
			if (ratio < 4.5) low.add(walker.currentNode.data.trim() + " " + ratio.toFixed(2));
		}
		return [...low];
	})()`
)

// TestLooks takes the page at both widths in both schemes. CBDASH_SCREENSHOTS names a folder to keep the pictures in.
func TestLooks(t *testing.T) {
	s := newService(t, anyone())
	s.incident()
	p := newTab(t)
	for _, size := range []struct {
		name          string
		width, height int64
		opts          []chromedp.EmulateViewportOption
	}{
		{"phone", 390, 844, []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateScale(2)}},
		{"desktop", 1440, 900, nil},
	} {
		for _, scheme := range []string{"light", "dark"} {
			name := size.name + "-" + scheme
			p.show(s.address, scheme, size.width, size.height, size.opts...)
			assert.Empty(t, eval[[]string](p, shifts), "%s: nothing moves by itself", name)
			assert.LessOrEqual(t, eval[int64](p, `document.documentElement.scrollWidth`), size.width, "%s: no scrolling sideways", name)
			assert.Empty(t, eval[[]string](p, contrast), name)
			picture(p, name)

			p.run(chromedp.Click(".breaker.open summary"), chromedp.WaitVisible(".breaker.open pre"))
			assert.Empty(t, eval[[]string](p, contrast), "%s: details", name)
			assert.LessOrEqual(t, eval[int64](p, `document.documentElement.scrollWidth`), size.width, "%s: details", name)
			picture(p, name+"-details")
			p.run(chromedp.Click(".breaker.open [data-action=reset]"), chromedp.WaitVisible("#confirm"))
			assert.Empty(t, eval[[]string](p, contrast), "%s: dialog", name)
			picture(p, name+"-dialog")
		}
	}
	assert.Equal(t, "half-open", eval[string](p, `document.querySelector(".breaker.half-open .state").textContent`))
	for state, text := range map[string]string{"half-open": "probing", "forced-open": "held by hand", "disabled": "held by hand"} {
		assert.Equal(t, text, eval[string](p, fmt.Sprintf(`document.querySelector(".breaker.%s .next").textContent`, state)))
	}
	assert.Regexp(t, `^probe in \d m \d\d s$`, eval[string](p, `document.querySelector(".breaker.open .next").textContent`))
	p.clean(s.address)
}

// TestRowsFit looks just above and below each width at which the page's columns change.
func TestRowsFit(t *testing.T) {
	s := newService(t)
	s.incident()
	p := newTab(t)
	for _, width := range []int64{360, 927, 929, 1280, 1343, 1345, 1920} {
		p.show(s.address, "light", width, 900)
		assert.Zero(t, eval[int](p, `[...document.querySelectorAll("summary")].filter((s) => s.scrollWidth > s.clientWidth).length`),
			"%d pixels: rows wider than there is room", width)
	}
}

func picture(p *tab, name string) {
	p.t.Helper()
	shot, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	_, err = png.Decode(bytes.NewReader(shot))
	require.NoError(p.t, err)
	if folder := os.Getenv("CBDASH_SCREENSHOTS"); folder != "" {
		require.NoError(p.t, os.WriteFile(filepath.Join(folder, name+".png"), shot, 0o600))
	}
}

func TestABreakerOpensOnThePageWithinASecond(t *testing.T) {
	s := newService(t)
	b := s.breaker("chat.Provider", "Complete", cb.Policy{})
	p := newTab(t)
	p.show(s.address, "light", 1440, 900)
	require.Equal(t, "closed", eval[string](p, `document.querySelector(".state").textContent`))
	fastest := time.Hour // of some: others may have the machine for a while
	for round := range 5 {
		if round > 0 {
			b.Reset()
			p.until(`document.querySelector(".breaker.closed") !== null`)
		}
		fail(b, 5)
		start := time.Now()
		p.until(`document.querySelector(".breaker.open") !== null`)
		fastest = min(fastest, time.Since(start))
	}
	assert.Less(t, fastest, time.Second)
	assert.Equal(t, "(1 open) Circuit breakers", eval[string](p, `document.title`))
	p.until(`document.querySelector("#changes li")?.textContent.includes("closed → open for 30s")`)
	p.until(`document.getElementById("news").textContent === "chat.Provider.Complete: closed to open"`)
	p.until(`document.querySelector(".failure").textContent.startsWith("down for ")`)
	assert.True(t, eval[bool](p, `document.querySelector(".actions").hidden`), "without an authorizer there are no buttons")
	b.Reset()
	p.until(`document.querySelector(".breaker.closed") !== null`)
	p.clean(s.address)
}

func TestTwoHundredBreakersAreSmooth(t *testing.T) {
	s := newService(t)
	breakers := s.many(200)
	p := newTab(t)
	p.show(s.address, "light", 1440, 900)
	eval[int](p, `window.updates = 0;
		new PerformanceObserver((l) => { updates += l.getEntries().filter((e) => e.detail > 100).length; }).observe({type: "measure"}); 0`)
	before := p.scriptTime()
	for round := range 8 {
		for _, b := range breakers { // all at once
			if round%2 == 0 {
				b.Trip()
			} else {
				b.Reset()
			}
		}
		state := []string{"open", "closed"}[round%2]
		p.until(fmt.Sprintf(`document.querySelectorAll(".breaker.%s").length === 200`, state))
		time.Sleep(500 * time.Millisecond) // a browser's own time, with traffic on all of them
	}
	p.until(`[...document.querySelectorAll(".state")].every((s) => s.textContent === "closed")`) // also far below the screen
	took, updates := p.scriptTime()-before, eval[int](p, `updates`)
	require.Greater(t, updates, 8)
	each := took / time.Duration(updates)
	t.Logf("%d updates of more than 100 breakers, %s of the script's time for each", updates, each)
	assert.Less(t, each, 50*time.Millisecond)
	p.clean(s.address)
}

func TestTheKeyboardIsEnough(t *testing.T) {
	s := newService(t, anyone())
	one, two := s.breaker("a.Client", "One", cb.Policy{}), s.breaker("b.Client", "Two", cb.Policy{})
	p := newTab(t)
	p.show(s.address, "dark", 1440, 900)
	focused := func() string {
		return eval[string](p, `document.activeElement.closest("li")?.querySelector(".name").title || document.activeElement.id`)
	}
	p.run(chromedp.KeyEvent("j"))
	assert.Equal(t, "a.Client.One", focused())
	p.run(chromedp.KeyEvent("jj"))
	assert.Equal(t, "b.Client.Two", focused())
	p.run(chromedp.KeyEvent("k"))
	assert.Equal(t, "a.Client.One", focused())
	_, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{ // as a browser does: the page may keep it from typing
		Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Text: "/"})
	require.NoError(t, err)
	assert.Equal(t, "filter", focused())
	p.run(chromedp.KeyEvent("two"))
	assert.Equal(t, "two", eval[string](p, `document.getElementById("filter").value`))
	assert.Equal(t, int64(1), eval[int64](p, `document.querySelectorAll(".breaker:not([hidden])").length`))
	p.run(chromedp.KeyEvent(kb.Escape))
	assert.Equal(t, int64(2), eval[int64](p, `document.querySelectorAll(".breaker:not([hidden])").length`))

	p.run(chromedp.KeyEvent("jj"), chromedp.KeyEvent(kb.Enter)) // the details of Two, its policy, its first button
	p.until(`document.querySelectorAll("details")[1].open`)
	p.run(chromedp.KeyEvent(kb.Tab+kb.Tab), chromedp.KeyEvent(kb.Enter))
	p.until(`document.getElementById("confirm").open`)
	p.run(chromedp.KeyEvent(kb.Enter)) // the focus is on Cancel
	p.until(`!document.getElementById("confirm").open`)
	assert.Equal(t, cb.Closed, two.State())
	p.run(chromedp.KeyEvent(kb.Enter))
	p.until(`document.getElementById("confirm").open`)
	p.run(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	p.until(`!document.getElementById("confirm").open && document.querySelectorAll(".breaker.open").length === 1`)
	assert.Equal(t, cb.Open, two.State())
	assert.Equal(t, cb.Closed, one.State())
	assert.Contains(t, eval[string](p, `document.getElementById("changes").textContent`), "trip by ada@example.com")
	p.clean(s.address)
}

// TestAVisitorMayTypeBeforeTheFirstFrame: the page has no wish of its own where the focus is to be, of which the browser would complain.
func TestAVisitorMayTypeBeforeTheFirstFrame(t *testing.T) {
	s := newService(t, anyone())
	s.breaker("c", "M", cb.Policy{})
	p := newTab(t)
	_, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `new MutationObserver((_, parsing) => {
			const filter = document.getElementById("filter");
			if (filter) { parsing.disconnect(); filter.focus(); }
		}).observe(document, {childList: true, subtree: true})`})
	require.NoError(t, err)
	p.show(s.address, "light", 1440, 900)
	eval[bool](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	assert.Equal(t, "filter", eval[string](p, `document.activeElement.id`))
	p.clean(s.address)
}

func TestAStrangersPostChangesNothing(t *testing.T) {
	s := newService(t, anyone())
	b := s.breaker("c", "M", cb.Policy{})
	p := newTab(t)
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>a page of another origin, without a policy"))
	}))
	defer stranger.Close()
	p.run(chromedp.Navigate(stranger.URL))
	post := func(kind, mode string) string {
		return eval[string](p, fmt.Sprintf(`fetch(%q, {method: "POST", mode: %q, credentials: "include", headers: {"Content-Type": %q},
			body: JSON.stringify({client: "c", method: "M", action: "trip"})}).then((r) => "answered " + r.status, () => "blocked")`, s.address, mode, kind))
	}
	assert.Equal(t, "blocked", post("application/json", "cors"))
	assert.Equal(t, "answered 0", post("text/plain", "no-cors"), "sent, and its answer kept from the page")
	assert.Equal(t, cb.Closed, b.State())
	assert.Zero(t, b.Snapshot().Trips)

	p.run(chromedp.Navigate(s.address)) // the same from the page itself
	assert.Equal(t, "answered 204", post("application/json", "same-origin"))
	assert.Equal(t, cb.Open, b.State())
}

func TestThePageComesBack(t *testing.T) {
	s := newService(t)
	b := s.breaker("c", "M", cb.Policy{})
	p := newTab(t)
	p.show(s.address, "light", 1440, 900)
	p.run(chromedp.KeyEvent("j"), chromedp.KeyEvent(kb.Enter))
	p.until(`document.querySelector("details").open`)
	p.loses(s.drop)
	b.Trip()
	p.until(`document.getElementById("link").className === "live" && document.querySelector(".breaker.open details[open]")`)
}

func TestBreakersOfOneNameComeBackOnceEach(t *testing.T) {
	s := newService(t)
	keys := cb.KeyedBreaker[any](cb.NewClient("c", cb.WithRegistry(s.registry)), "M", cb.Policy{}, 4)
	fail(keys.For(1), 1)
	fail(keys.For("1"), 1)
	s.breaker("a", "b.c", cb.Policy{})
	s.breaker("a.b", "c", cb.Policy{})
	p := newTab(t)
	p.show(s.address, "light", 1440, 900)
	p.until(`document.querySelectorAll(".breaker").length === 5`)
	p.loses(s.drop)
	p.until(`document.getElementById("link").className === "live"`)
	s.breaker("z", "Late", cb.Policy{}) // once it is there, so is all that came before
	p.until(`[...document.querySelectorAll(".breaker")].some((li) => li.textContent.includes("Late"))`)
	assert.Equal(t, 6, eval[int](p, `document.querySelectorAll(".breaker").length`))
}

func TestALateAnswerIsOfItsOwnQuestion(t *testing.T) {
	s := newService(t, anyone())
	s.breaker("c", "M", cb.Policy{})
	p := newTab(t)
	p.show(s.address, "light", 1440, 900)
	eval[bool](p, `(() => {
		window.fetch = () => new Promise((answer) => { window.answer = answer; });
		const press = (selector) => document.querySelector(selector).click();
		press("[data-action=trip]");
		press("#confirm [value=yes]");
		press("#confirm [value=no]"); // it takes too long
		press("[data-action=reset]");
		answer({ok: true});
		return true;
	})()`)
	assert.Equal(t, "Reset c.M?", eval[string](p, `new Promise((done) => setTimeout(done, 0)).then(() =>
		document.getElementById("confirm").open ? document.getElementById("question").textContent : "closed")`))
	p.clean(s.address)
}
