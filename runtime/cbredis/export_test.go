package cbredis

import "time"

// WithCheck sets how often a replica makes sure that it hears what is said.
func WithCheck(every time.Duration) Option { return func(s *settings) { s.check = every } }
