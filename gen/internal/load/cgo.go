package load

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/tools/go/packages"
)

// runCgo reads again a package whose files import "C" and were not rewritten by cgo. The go command runs cgo only
// where it finds all that the package imports, and an old output may import a runtime that the module does not require yet. So
// it is asked with the outputs laid over by empty files.
func (p *Package) runCgo(ctx context.Context, cfg Config) error {
	dir, err := os.MkdirTemp("", "cbgen")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a file left in the system's folder for them does no harm
	empty, overlay := filepath.Join(dir, "empty.go"), filepath.Join(dir, "overlay.json")
	replace := map[string]string{}
	for name := range p.outputs {
		replace[filepath.Join(p.Dir, name)] = empty
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	if err := os.WriteFile(empty, []byte("package "+p.meta.Name+"\n"), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(overlay, content, 0o600); err != nil {
		return err
	}
	roots, err := list(ctx, cfg, []string{p.Dir}, p.Test, packages.NeedCompiledGoFiles, "-overlay="+overlay)
	if err != nil {
		return fmt.Errorf("asking again for %s: %w", p.Path, err)
	}
	for _, root := range roots {
		if root.ID == p.meta.ID {
			return p.parseAgain(root)
		}
	}
	return nil
}

// parseAgain takes the files that meta names. The rest of what is known of the package stays: it does not depend on outputs.
func (p *Package) parseAgain(meta *packages.Package) error {
	p.meta.CompiledGoFiles, p.meta.Errors = meta.CompiledGoFiles, meta.Errors
	for path, imported := range meta.Imports { // cgo's own among them
		if p.meta.Imports[path] == nil {
			p.meta.Imports[path] = p.graph.add(imported)
		}
	}
	p.Files, p.support, p.syntaxErrors = nil, nil, nil
	return p.parse()
}
