package cbdash

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
)

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

// page is the document, with its style and its script inside, and the policy that allows these two and nothing else. In one piece
// it needs no other path than its own.
type page struct{ html, policy string }

func assemble() page {
	return page{
		html: strings.NewReplacer("/*style*/", pageCSS, "/*script*/", pageJS).Replace(pageHTML),
		policy: strings.Join([]string{
			"default-src 'none'", "script-src " + hashOf(pageJS), "style-src " + hashOf(pageCSS), "connect-src 'self'", "img-src data:",
			"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
		}, "; "),
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (p page) serve(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", typeHTML+"; charset=utf-8")
	header.Set("Content-Security-Policy", p.policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	_, _ = w.Write([]byte(p.html))
}
