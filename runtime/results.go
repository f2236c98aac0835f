package cb

// Results2 are the results of a method that returns two values and an error: one value, which a [Cache] can keep.
type Results2[A, B any] struct {
	First  A
	Second B
}

// Results3 is [Results2] for three values.
type Results3[A, B, C any] struct {
	First  A
	Second B
	Third  C
}

// Results4 is [Results2] for four values.
type Results4[A, B, C, D any] struct {
	First  A
	Second B
	Third  C
	Fourth D
}
