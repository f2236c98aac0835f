package load

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// seemCurrent guesses whether the packages that match compile as they are: no output is missing or older than its source, and at
// least half of the folders hold directives. Then one go list may ask for everything at once, with export data of the packages
// themselves; else the go command would compile in vain what is about to change, or what cbgen has nothing to do with. A wrong
// guess costs time only: what is loaded is the same.
func seemCurrent(cfg Config) bool {
	var seen survey
	for _, pattern := range cfg.Patterns {
		dir, wild := strings.CutSuffix(filepath.ToSlash(pattern), "/...")
		if dir != "." && !strings.HasPrefix(dir, "./") || strings.Contains(dir, "...") {
			return false
		}
		if err := seen.walk(filepath.Join(cfg.Dir, dir), wild); err != nil {
			return false
		}
	}
	return seen.directed > 0 && 2*seen.directed >= seen.folders
}

// survey is what a look at folders finds, without the go command.
type survey struct {
	folders  int // with Go files
	directed int // of those, with directives
}

var errNotCurrent = errors.New("an output is missing or older than its source")

// walk looks at a folder, and, where deep says so, at those below it.
func (s *survey) walk(dir string, deep bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	sources, outputs := map[string]fs.DirEntry{}, map[string]fs.DirEntry{}
	for _, entry := range entries {
		name := entry.Name()
		hidden := strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
		switch stem, isGo := strings.CutSuffix(name, ".go"); {
		case hidden || isTest(name):
		case entry.IsDir():
			if deep && name != "testdata" && name != "vendor" {
				if err := s.walk(filepath.Join(dir, name), true); err != nil {
					return err
				}
			}
		case isGo && strings.HasSuffix(stem, "_cb"):
			outputs[strings.TrimSuffix(stem, "_cb")] = entry
		case isGo:
			sources[stem] = entry
		}
	}
	if len(sources) > 0 {
		s.folders++
	}
	if len(outputs) > 0 {
		s.directed++
	}
	for stem, source := range sources {
		if err := compareTimes(filepath.Join(dir, source.Name()), source, outputs[stem]); err != nil {
			return err
		}
	}
	return nil
}

// compareTimes returns errNotCurrent where a source has a directive but no output, or one that is older.
func compareTimes(path string, source, output fs.DirEntry) error {
	if output == nil {
		src, err := os.ReadFile(path)
		if err == nil && mayDirect(src) {
			return errNotCurrent
		}
		return err
	}
	from, err := source.Info()
	if err != nil {
		return err
	}
	to, err := output.Info()
	if err == nil && to.ModTime().Before(from.ModTime()) {
		return errNotCurrent
	}
	return err
}
