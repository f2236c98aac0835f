package directive

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/diag"
)

// Check reports what is written for a method and cannot work, as far as the directives alone show it. What a method only
// inherits and has no use for is no finding.
func (e *Effective) Check(findings *diag.List) {
	defs := Registry()
	for k := range defs {
		def := &defs[k]
		if e.merged[def.Name] == nil {
			continue
		}
		for i := range def.Args {
			e.checkNeeds(def, &def.Args[i], findings)
			e.checkAgainst(def, &def.Args[i], findings)
		}
	}
}

// checkNeeds reports a key that is written at the method, but not the key that makes use of it.
func (e *Effective) checkNeeds(def *Definition, arg *Arg, findings *diag.List) {
	m := e.merged[def.Name]
	at, written := m.values[arg.Key]
	if _, ok := m.values[arg.Needs]; arg.Needs == "" || !written || at.level == 0 || ok {
		return
	}
	findings.Add(at.value.Pos, "%s", needs(def, arg, m.cleared[arg.Needs]))
}

func needs(def *Definition, arg *Arg, cleared placed) string {
	text := fmt.Sprintf("%s= of %s does nothing without %s", arg.Key, def, def.Arg(arg.Needs).usage())
	if cleared.value.Off {
		text += fmt.Sprintf(", which is off at %s", cleared.value.Pos)
	}
	return text
}

// checkAgainst reports what stands in two lists of one layer that contradict each other. With codes beside them error
// types say where the code is read, and may stand in both.
func (e *Effective) checkAgainst(def *Definition, arg *Arg, findings *diag.List) {
	other := e.merged[arg.Against]
	if arg.Against == "" || other == nil {
		return
	}
	m := e.merged[def.Name]
	mine, ok1 := m.values[arg.Key]
	theirs, ok2 := other.values[arg.Key]
	if !ok1 || !ok2 || mine.level != theirs.level || arg.Kind != Codes && (m.hasCodes() || other.hasCodes()) {
		return
	}
	for element := range strings.SplitSeq(mine.value.Text, ",") {
		if slices.Contains(strings.Split(theirs.value.Text, ","), element) {
			findings.Add(mine.value.Pos, "%s contradicts: %s is listed by //%s:%s at %s too", def, element, tool, arg.Against, theirs.value.Pos)
		}
	}
}

func (m *merged) hasCodes() bool {
	for _, at := range m.values {
		if at.value.Arg.Kind == Codes {
			return true
		}
	}
	return false
}

// checkDefaults reports a key at an interface that neither the interface nor any of its methods makes use of; methods are
// the lines of each.
func checkDefaults(lines []*Line, methods [][]*Line, findings *diag.List) {
	onInterface := Merge(lines)
	for _, def := range Registry() {
		m := onInterface.merged[def.Name]
		if m == nil {
			continue
		}
		for i := range def.Args {
			arg := &def.Args[i]
			at, written := m.values[arg.Key]
			if arg.Needs == "" || !written || m.uses(arg.Needs) {
				continue
			}
			used := slices.ContainsFunc(methods, func(lines []*Line) bool {
				_, ok := Merge(lines).Get(def.Name, arg.Needs)
				return ok
			})
			if !used {
				findings.Add(at.value.Pos, "%s", needs(&def, arg, placed{}))
			}
		}
	}
}

func (m *merged) uses(key string) bool {
	_, ok := m.values[key]
	return ok
}
