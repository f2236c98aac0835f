package build

import (
	"fmt"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// gatheredFields are the fields of the runtime's Results4; Results2 and Results3 have the first of them.
var gatheredFields = []string{"First", "Second", "Third", "Fourth"}

// gathers reports whether the method's results can be kept as one value: there are several, and then an error.
func (m *methodBuilder) gathers() bool {
	last := m.signature().Results().Len() - 1
	return m.out.Shape == model.Results && m.out.ErrorType == "" && len(m.errors) == 1 && m.errors[0] == last && last <= len(gatheredFields)
}

// nameGathered names what the results are gathered in.
func (m *methodBuilder) nameGathered(body *scope) {
	if m.out.Shape != model.Kept {
		return
	}
	last := len(m.out.Results) - 1
	kinds := make([]string, last)
	for k := range kinds {
		kinds[k] = m.out.Results[k].Type
	}
	g := model.Gathered{
		Type: fmt.Sprintf("%s.Results%d[%s]", m.names.runtime(), last, strings.Join(kinds, ", ")), Fields: gatheredFields[:last],
		Name: body.claim("answer", "kept"), Within: body.claim("r", "results"), Err: m.out.Results[last].Name,
	}
	if g.Err == "" || g.Err == "_" {
		g.Err = body.claim("err", "failure")
	}
	m.out.Gathered = g
}
