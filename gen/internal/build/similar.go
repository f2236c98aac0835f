package build

import (
	"fmt"
	"go/types"
)

// checkSimilar refuses similar= where the cache's key is no string.
func (m *methodBuilder) checkSimilar(f *fallback, name string) {
	key, what := m.cacheKeyType(f)
	m.out.CacheText = key != nil && types.Identical(key, types.Typ[types.String])
	similar, ok := f.line.Value("similar")
	if !ok || m.out.CacheText {
		return
	}
	remedy := "say what is compared with key="
	if key != nil {
		if isString(key) && what != unnamed {
			remedy = fmt.Sprintf("write key=string(%s)", what)
		}
		m.findings.Add(similar.Pos, "similar= compares strings, and of %s %s is of type %s: %s", name, what, m.show(key), remedy)
		return
	}
	for param := range m.signature().Params().Variables() {
		if isString(param.Type()) && param.Name() != "" && param.Name() != "_" {
			remedy += ", as in key=" + param.Name()
			break
		}
	}
	m.findings.Add(similar.Pos, "similar= compares strings, and without key= all parameters of %s tell its calls apart: %s", name, remedy)
}

// cacheKeyType is the type of the cache's key and how a directive would spell it; nil for parameters that are not one alone.
func (m *methodBuilder) cacheKeyType(f *fallback) (types.Type, string) {
	if key, ok := f.line.Value("key"); ok {
		return m.cacheKey.typ(), key.Text
	}
	var alone *types.Var
	for k := range m.signature().Params().Len() {
		if k == m.context {
			continue
		}
		if alone != nil {
			return nil, ""
		}
		alone = m.signature().Params().At(k)
	}
	if alone == nil {
		return nil, ""
	}
	if alone.Name() == "" || alone.Name() == "_" {
		return alone.Type(), unnamed
	}
	return alone.Type(), alone.Name()
}

const unnamed = "its parameter"
