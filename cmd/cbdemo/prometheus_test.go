package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
)

// TestPrometheusIsToldOfTheOutage plays the incident before a real Prometheus that has loaded the generated rules: the outage makes
// the alert fire, recovery resolves it.
func TestPrometheusIsToldOfTheOutage(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prometheus"); err != nil {
		const skipped = "prometheus is not installed (Debian's package of that name)"
		require.NotEqual(t, "all", os.Getenv("CBGEN_REQUIRE"), "CBGEN_REQUIRE=all, and yet skipped: "+skipped)
		t.Skip(skipped)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 55*time.Second)
	defer cancel()

	demo, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer demo.Close()
	server := startPrometheus(ctx, t, demo.Addr().String())

	var stdout, stderr bytes.Buffer
	ended := make(chan int, 1)
	play, stop := context.WithCancel(ctx)
	go func() {
		opened := func(string, string) (net.Listener, error) { return demo, nil }
		ended <- run(play, []string{"-act", "incident", "-for", "40s"}, &stdout, &stderr, upstream.Loopback, opened)
	}()

	server.await(ctx, t, `circuit_breaker_state{client="chat.Provider",method="Complete"} == 0`)
	server.await(ctx, t, `ALERTS{alertname="CircuitBreakerOpen",alertstate="pending",method="Complete"}`)
	for !server.fires(ctx, t, "CircuitBreakerOpen") {
		pause(ctx, t)
	}
	assert.False(t, server.fires(ctx, t, "CircuitBreakerMissing"))
	server.await(ctx, t, `circuit_breaker_trips_total{method="Complete"} > 0`)
	server.await(ctx, t, `client_method:circuit_breaker_rejects:ratio_rate5m{method="Complete"} > 0`)
	server.await(ctx, t, `circuit_breaker_fallbacks_total{kind="CompleteCached",outcome="answered"} > 0`)
	for server.fires(ctx, t, "CircuitBreakerOpen") {
		pause(ctx, t)
	}
	server.await(ctx, t, `circuit_breaker_transitions_total{from="half-open",to="closed"} > 0`)
	server.rulesAreHealthy(ctx, t)
	stop()
	assert.Equal(t, exitOK, <-ended, stderr.String())
}

// pause waits for the next look at a server whose time is real.
func pause(ctx context.Context, t *testing.T) {
	t.Helper()
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
		require.FailNow(t, "nothing came of it in time")
	}
}

// prometheusServer is a running one.
type prometheusServer struct{ url string }

// startPrometheus has one scrape the address and judge the demo's rules five times a second.
func startPrometheus(ctx context.Context, t *testing.T, scraped string) *prometheusServer {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs(filepath.Join("monitor", "alerts.yml"))
	require.NoError(t, err)
	config := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}
rule_files: [%q]
scrape_configs: [{job_name: demo, static_configs: [{targets: [%q]}]}]
`, rules, scraped), 0o600))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())

	var log bytes.Buffer
	cmd := exec.Command("prometheus", "--config.file="+config, "--web.listen-address="+address,
		"--storage.tsdb.path="+filepath.Join(dir, "data"))
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-exited:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-exited
		}
		if t.Failed() {
			t.Logf("prometheus:\n%s", log.String())
		}
	})
	server := &prometheusServer{"http://" + address}
	for server.get(ctx, t, "/-/ready") == nil {
		pause(ctx, t)
	}
	return server
}

// get is the body of a good answer, nil without one.
func (s *prometheusServer) get(ctx context.Context, t *testing.T, path string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil
	}
	return body
}

// read decodes the data of an answer of the API; there may be none yet.
func (s *prometheusServer) read(ctx context.Context, t *testing.T, path string, data any) {
	t.Helper()
	if body := s.get(ctx, t, path); body != nil {
		answer := struct {
			Data any `json:"data"`
		}{data}
		require.NoError(t, json.Unmarshal(body, &answer), "%s", body)
	}
}

// await returns when a query has a result.
func (s *prometheusServer) await(ctx context.Context, t *testing.T, query string) {
	t.Helper()
	for {
		var data struct{ Result []json.RawMessage }
		s.read(ctx, t, "/api/v1/query?query="+url.QueryEscape(query), &data)
		if len(data.Result) > 0 {
			return
		}
		pause(ctx, t)
	}
}

// fires tells whether an alert is firing for the demo's breaker.
func (s *prometheusServer) fires(ctx context.Context, t *testing.T, name string) bool {
	t.Helper()
	var data struct {
		Alerts []struct {
			Labels map[string]string
			State  string
		}
	}
	s.read(ctx, t, "/api/v1/alerts", &data)
	for _, alert := range data.Alerts {
		if alert.State == "firing" && alert.Labels["alertname"] == name && alert.Labels["client"] == "chat.Provider" {
			return true
		}
	}
	return false
}

func (s *prometheusServer) rulesAreHealthy(ctx context.Context, t *testing.T) {
	t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	s.read(ctx, t, "/api/v1/rules", &data)
	require.NotEmpty(t, data.Groups)
	for _, group := range data.Groups {
		require.NotEmpty(t, group.Rules)
		for _, rule := range group.Rules {
			assert.Equal(t, "ok", rule.Health, "%s: %s", rule.Name, rule.LastError)
		}
	}
}
