package load

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/tools/go/packages"
)

// exportCache remembers from run to run where the export data of packages is. To say so the go command looks at every file of every
// dependency, which is most of the time that a run takes. The files themselves are the go command's, in its build cache, each named
// after what is in it; a package is known here by a fingerprint of all that they depend on.
//
// It is safe to lose, and to share between runs at the same time. Whatever goes wrong with it is no error: the go command knows.
type exportCache struct {
	file  string                // "": there is none
	known map[string]exportFile // by fingerprints
	of    fingerprints
}

// exportFile is a file of the go command's build cache.
type exportFile struct {
	Name string
	Size int64
}

// usable reports whether the file is as it was. The go command deletes what was not used for days, and takes what a crash or a full
// disk has cut short for missing.
func (f exportFile) usable() bool {
	info, err := os.Stat(f.Name)
	return err == nil && info.Size() == f.Size
}

// cacheVariable names the folder of the cache in the environment, or switches it off.
const cacheVariable = "CBGEN_CACHE"

// openExportCache reads what earlier runs have left for this go command, in this environment.
func openExportCache(cfg Config) *exportCache {
	c := &exportCache{known: map[string]exportFile{}}
	dir := lookupEnv(cfg.Env, cacheVariable)
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return c
		}
		dir = filepath.Join(user, "cbgen")
	}
	build, ok := buildContext(cfg)
	if !filepath.IsAbs(dir) || !ok { // off, too
		return c
	}
	sum := sha256.Sum256([]byte(build))
	c.file = filepath.Join(dir, "exports-"+hex.EncodeToString(sum[:8])+".json")
	if content, err := os.ReadFile(c.file); err == nil {
		_ = json.Unmarshal(content, &c.known) // null would empty it
	}
	if c.known == nil {
		c.known = map[string]exportFile{}
	}
	return c
}

// find fills in the export data of the packages that are known, and returns the others.
func (c *exportCache) find(pkgs []*packages.Package) (unknown []*packages.Package) {
	for _, pkg := range pkgs {
		var file exportFile
		if len(c.known) > 0 {
			file = c.known[c.of.pkg(pkg).sum]
		}
		if file.usable() {
			pkg.ExportFile = file.Name
		} else {
			unknown = append(unknown, pkg)
		}
	}
	return unknown
}

// settled is how old an edit must be: a younger one may have come while the go command compiled, or, in a file that is known by its time
// and size alone, be followed by another that leaves both. As long does the go command wait that keeps an index of folders.
const settled = 2 * time.Second

// add remembers the export data of packages. before is when the go command was asked for it.
func (c *exportCache) add(pkgs []*packages.Package, before time.Time) {
	if c.file == "" {
		return
	}
	added := map[string]exportFile{}
	var now fingerprints // a file may have been edited since find looked at it, and compiled so
	for _, pkg := range pkgs {
		print := now.pkg(pkg)
		info, err := os.Stat(pkg.ExportFile)
		if err == nil && print.sum != "" && before.Sub(print.edited) >= settled {
			added[print.sum] = exportFile{pkg.ExportFile, info.Size()}
		}
	}
	if len(added) == 0 {
		return
	}
	maps.DeleteFunc(c.known, func(_ string, file exportFile) bool { return !file.usable() })
	maps.Copy(c.known, added)
	if content, err := json.Marshal(c.known); err == nil {
		_ = writeAtOnce(c.file, content)
	}
}

// writeAtOnce writes a file that others may read meanwhile.
func writeAtOnce(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name))
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
