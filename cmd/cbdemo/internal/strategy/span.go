package strategy

import "cmp"

// span is from the least to the most of some values.
type span[T cmp.Ordered] struct {
	least, most T
	some        bool // value has been added
}

func (s *span[T]) add(v T) {
	if !s.some {
		*s = span[T]{v, v, true}
		return
	}
	s.least, s.most = min(s.least, v), max(s.most, v)
}
