package load

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// seemCurrent guesses whether the packages that match compile as they are, and were compiled before: no output is missing or older
// than its source, nothing was edited just now, and at least half of the folders hold directives. Then one go list may ask for
// everything at once, with export data of the packages themselves; else the go command would compile in vain what is about to
// change, or what cbgen has nothing to do with. A wrong guess costs time only: what is loaded is the same.
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

var errNotCurrent = errors.New("an output is missing or older than its source, or a file was edited just now")

// justNow is how long ago an edit was made that the go command has most probably not seen yet.
const justNow = 10 * time.Second

// walk looks at a folder, and, where deep says so, at those below it.
func (s *survey) walk(dir string, deep bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	sources, outputs := map[string]fs.FileInfo{}, map[string]fs.FileInfo{}
	for _, entry := range entries {
		name := entry.Name()
		stem, isGo := strings.CutSuffix(name, ".go")
		switch {
		case strings.HasPrefix(name, "."), strings.HasPrefix(name, "_"), isTest(name):
			continue
		case entry.IsDir():
			if deep && name != "testdata" && name != "vendor" {
				if err := s.walk(filepath.Join(dir, name), true); err != nil {
					return err
				}
			}
			continue
		case !isGo:
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if source, ok := strings.CutSuffix(stem, "_cb"); ok {
			outputs[source] = info
		} else {
			sources[stem] = info
		}
	}
	if len(sources) > 0 {
		s.folders++
	}
	if len(outputs) > 0 {
		s.directed++
	}
	return compareTimes(dir, sources, outputs)
}

// compareTimes returns errNotCurrent where the sources of a folder, by their names without .go, are newer than the outputs.
func compareTimes(dir string, sources, outputs map[string]fs.FileInfo) error {
	var first time.Time // when the oldest output was written
	for _, output := range outputs {
		if first.IsZero() || output.ModTime().Before(first) {
			first = output.ModTime()
		}
	}
	for stem, source := range sources {
		if output := outputs[stem]; output == nil {
			src, err := os.ReadFile(filepath.Join(dir, source.Name()))
			if err != nil {
				return err
			}
			if mayDirect(src) {
				return errNotCurrent
			}
		} else if source.ModTime().After(output.ModTime()) {
			return errNotCurrent
		}
		if source.ModTime().After(first) && time.Since(source.ModTime()) < justNow {
			return errNotCurrent
		}
	}
	return nil
}
