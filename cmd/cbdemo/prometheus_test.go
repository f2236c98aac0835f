package main

import (
	"bufio"
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
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
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
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()

	demo, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer demo.Close()
	server := startPrometheus(ctx, t, demo.Addr().String())

	s, err := parse([]string{"-act", incidentAct}, io.Discard)
	require.NoError(t, err)
	// The alert is for what lasts 10 seconds. Recovery goes on until all has been seen: with the demo its series would go.
	s.incident.Plan = incident.Plan{Healthy: 8 * time.Second, Sick: 30 * time.Second, Recovery: time.Hour}
	ended := make(chan error, 1)
	play, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		opened := func(string, string) (net.Listener, error) { return demo, nil }
		ended <- show(play, s, io.Discard, upstream.Loopback, opened)
	}()

	// What does not last is asked for as what has been: this test may be late.
	server.await(ctx, t, `min_over_time(circuit_breaker_state{client="chat.Provider",method="Complete"}[5m]) == 0`)
	server.await(ctx, t, `present_over_time(ALERTS{alertname="CircuitBreakerOpen",alertstate="pending",method="Complete"}[5m])`)
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
	assert.NoError(t, <-ended)
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

// startPrometheus has one, on a port that it chooses itself, scrape the address and judge the demo's rules.
func startPrometheus(ctx context.Context, t *testing.T, scraped string) *prometheusServer {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs(filepath.Join("monitor", "alerts.yml"))
	require.NoError(t, err)
	config := filepath.Join(dir, "prometheus.yml")
	// A scrape that fails for its timeout ends the series, and an alert begins to wait anew.
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 200ms}
rule_files: [%q]
scrape_configs: [{job_name: demo, static_configs: [{targets: [%q]}]}]
`, rules, scraped), 0o600))

	cmd := exec.Command("prometheus", "--config.file="+config, "--web.listen-address=127.0.0.1:0",
		"--storage.tsdb.path="+filepath.Join(dir, "data"))
	output, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var log strings.Builder
	listening, exited := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(exited)
		defer close(listening)
		at := regexp.MustCompile(`msg="Listening on".* address=(\S+)`)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			fmt.Fprintln(&log, lines.Text())
			if found := at.FindStringSubmatch(lines.Text()); found != nil && len(listening) == 0 {
				listening <- found[1]
			}
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-exited:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			<-exited
		}
		if t.Failed() {
			t.Logf("prometheus:\n%s", log.String())
		}
	})
	server := &prometheusServer{}
	select {
	case address, ok := <-listening:
		require.True(t, ok, "it has ended")
		server.url = "http://" + address
	case <-ctx.Done():
		require.FailNow(t, "it does not say where it listens")
	}
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

// read decodes the data of the API's next good answer.
func (s *prometheusServer) read(ctx context.Context, t *testing.T, path string, data any) {
	t.Helper()
	body := s.get(ctx, t, path)
	for ; body == nil; body = s.get(ctx, t, path) {
		pause(ctx, t)
	}
	answer := struct {
		Data any `json:"data"`
	}{data}
	require.NoError(t, json.Unmarshal(body, &answer), "%s", body)
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
