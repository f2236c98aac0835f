package directive

// Effective is what holds for one method: its layers merged key by key, each value with the layer where it was written. It
// holds no defaults.
type Effective struct {
	merged map[string]*merged // by directive
	off    map[string]bool    // directives whose last word is a lone off
}

// merged is what holds of one directive.
type merged struct {
	lines   []*Line           // those that contribute, outermost first
	values  map[string]placed // by key; of a repeatable directive those of its first line
	cleared map[string]placed // keys that a key=off cleared and that were not written again
	level   int               // layer of the innermost line
}

type placed struct {
	value Value
	level int
}

// Merge lays the directives of an interface, of a method and those handed to the method from its interface over each
// other, outermost first. A key overrides that of the layers outside; key=off and a lone off clear what they left; the
// lines of a repeatable directive replace all of those outside.
func Merge(layers ...[]*Line) *Effective {
	e := &Effective{merged: map[string]*merged{}, off: map[string]bool{}}
	for level, lines := range layers {
		for _, line := range lines {
			e.add(level, line)
		}
	}
	return e
}

func (e *Effective) add(level int, line *Line) {
	name := line.Def.Name
	e.off[name] = line.Off
	if line.Off {
		delete(e.merged, name)
		return
	}
	m := e.merged[name]
	if m == nil || line.Def.Repeatable && m.level != level {
		m = &merged{values: map[string]placed{}, cleared: map[string]placed{}}
		e.merged[name] = m
	}
	m.lines, m.level = append(m.lines, line), level
	if line.Def.Repeatable && len(m.lines) > 1 {
		return
	}
	for _, value := range line.Values {
		key := value.Arg.Key
		if value.Off {
			delete(m.values, key)
			m.cleared[key] = placed{value, level}
			continue
		}
		delete(m.cleared, key)
		m.values[key] = placed{value, level}
	}
}

// Get returns the value that is written for a key, "" being the positional argument. Defaults are not written.
func (e *Effective) Get(directive, key string) (Value, bool) {
	if m := e.merged[directive]; m != nil {
		at, ok := m.values[key]
		return at.value, ok
	}
	return Value{}, false
}

// Level returns the index of the layer where a key was written, -1 where it was not.
func (e *Effective) Level(directive, key string) int {
	if m := e.merged[directive]; m != nil {
		if at, ok := m.values[key]; ok {
			return at.level
		}
	}
	return -1
}

// Has reports whether a directive holds: it is written, and neither it nor all that it says was cleared.
func (e *Effective) Has(directive string) bool {
	m := e.merged[directive]
	return m != nil && (len(m.values) > 0 || !m.lines[0].Def.NeedsArg)
}

// Silent reports whether nothing is said of a directive: it is neither written nor switched off.
func (e *Effective) Silent(directive string) bool {
	return e.merged[directive] == nil && !e.off[directive]
}

// Drop takes out a directive that the method inherits and cannot carry.
func (e *Effective) Drop(directive string) { delete(e.merged, directive) }

// Lines returns the lines that contribute to what holds of a directive, outermost first: of a repeatable one, those that
// are tried in order.
func (e *Effective) Lines(directive string) []*Line {
	if m := e.merged[directive]; m != nil {
		return m.lines
	}
	return nil
}

// Line returns the innermost line of a directive, nil where it is not written.
func (e *Effective) Line(directive string) *Line {
	if m := e.merged[directive]; m != nil {
		return m.lines[len(m.lines)-1]
	}
	return nil
}

// DefaultHolds reports whether the default of an argument is in force: it has one, nothing is written, and what the default
// depends on is as it must be.
func (e *Effective) DefaultHolds(directive string, arg *Arg) bool {
	def, ok := Lookup(directive)
	if !ok || arg.Default == "" || !def.Implicit && !e.Has(directive) {
		return false
	}
	written := func(key string) bool {
		_, ok := e.Get(directive, key)
		return ok
	}
	if word, _ := e.Get(directive, ""); arg.Only != "" && arg.Only != word.Text {
		return false
	}
	return !written(arg.Key) && (arg.With == "" || written(arg.With)) && (arg.Without == "" || !written(arg.Without))
}
