package gen_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen"
	"github.com/cbgen/cbgen/gen/internal/directive"
)

const readme = "../README.md"

// TestReadmeTable keeps the README's table of directives equal to the registry; -update rewrites it.
func TestReadmeTable(t *testing.T) {
	content, err := os.ReadFile(readme)
	require.NoError(t, err)
	const begin, end = "<!-- directives: from the registry, kept by a test -->\n", "<!-- /directives -->\n"
	before, rest, ok := strings.Cut(string(content), begin)
	require.True(t, ok, "the README has no marker %q", begin)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "the README has no marker %q", end)
	want := before + begin + "\n" + directive.Markdown() + "\n" + end + after
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(want), 0o644))
		return
	}
	assert.Equal(t, want, string(content), "run go test ./gen -run TestReadmeTable -update")
}

// TestReadmeExamples makes a module of the README's Go examples as a reader would: the annotated interface is generated, the
// generated method is the one that is shown, and all that calls it compiles.
func TestReadmeExamples(t *testing.T) {
	content, err := os.ReadFile(readme)
	require.NoError(t, err)
	var blocks []string
	adapters := adapterExamples(t)
	for _, match := range regexp.MustCompile("(?ms)^( *)```go\n(.*?)^ *```$").FindAllStringSubmatch(string(content), -1) {
		if !strings.Contains(adapters, unindented(match[2])) {
			blocks = append(blocks, strings.ReplaceAll(match[2], "\n"+match[1], "\n"))
		}
	}
	require.Len(t, blocks, 10, "an example was added or removed: compile it here, or show one that an adapter's tests compile")
	annotated, generated, wrap, model, degrade, stream, judged := blocks[0], blocks[1], blocks[2], blocks[3], blocks[4], blocks[5], blocks[6]
	rejected, operate, read := blocks[7], blocks[8], blocks[9]

	dir := readmeModule(t)
	write := func(name, content string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	write("chat/provider.go", annotated)
	write("chat/types.go", "package chat\n\ntype Request struct{ Prompt string }\n\ntype Response struct{ Text string }\n")
	write("chat/model.go", "package chat\n\nimport \"context\"\n\n"+model)
	write("chat/stream.go", "package chat\n\nimport (\n\t\"context\"\n\t\"iter\"\n)\n\ntype Chunk struct{ Text string }\n\n"+stream)
	write("chat/gateway.go", "package chat\n\nimport \"context\"\n\ntype GatewayError struct{ Cause error }\n\n"+judged)
	write("main.go", `package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	cb "github.com/cbgen/cbgen/runtime"

	"example.com/service/chat"
)

type cachedAnswers struct{}

func (cachedAnswers) CompleteCached(context.Context, chat.Request, error) (*chat.Response, error) { return nil, nil }

var openaiClient chat.Provider

`+wrap+`
func handle(ctx context.Context, w http.ResponseWriter, req chat.Request) {
`+rejected+`
	_ = resp
}

type passOn struct{}

func (passOn) Apologize(_ context.Context, _ chat.Request, cause error) (*chat.Response, error) { return nil, cause }

type apology struct{}

func (apology) Apologize(context.Context, chat.Request, error) (*chat.Response, error) { return nil, nil }

func degrade(ctx context.Context, cheapModel, bestModel chat.Model, cache cb.Cache, req chat.Request) {
`+degrade+`
	_, _, _ = resp, err, served
}

func operate(client chat.Provider, fallback chat.ProviderFallback) {
`+operate+`
	_ = provider
}

func configure(client chat.Provider, fallback chat.ProviderFallback) error {
`+read+`
	_ = claude
	return nil
}

func main() {}
`)
	res, err := gen.Generate(t.Context(), gen.Config{Dir: dir, Patterns: []string{"./..."}})
	require.NoError(t, err)
	require.Empty(t, res.Findings)
	require.NoError(t, res.Write())
	output, err := os.ReadFile(filepath.Join(dir, "chat", "provider_cb.go"))
	require.NoError(t, err)
	assert.Contains(t, string(output), generated, "the README shows another method than cbgen generates")

	vet := exec.CommandContext(t.Context(), "go", "vet", "./...")
	vet.Dir = dir
	out, err := vet.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// adapterExamples is the text of the adapters' tests, which their modules compile, and of a generated test, without its indentation.
func adapterExamples(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../runtime/cb*/*_test.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	files = append(files, "../testdata/golden/chat/input_cb_conformance_test.go")
	var all strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		all.WriteString(unindented(string(content)))
	}
	return all.String()
}

func unindented(text string) string {
	return regexp.MustCompile(`(?m)^[ \t]+`).ReplaceAllString(text, "")
}

// readmeModule makes an empty module that uses this one, without the network.
func readmeModule(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	gobreaker := regexp.MustCompile(`github.com/sony/gobreaker/v2 v\S+`).FindString(string(mod))
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/service\n\ngo 1.26.0\n\n"+
		"require (\n\tgithub.com/cbgen/cbgen v0.0.0\n\t"+gobreaker+"\n)\n\nreplace github.com/cbgen/cbgen => "+strconv.Quote(root)+"\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644))
	return dir
}
