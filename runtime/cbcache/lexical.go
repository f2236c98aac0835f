package cbcache

import (
	"strings"
	"unicode"
)

// lexicalDimensions make the similarity of texts that have nothing in common 0, give or take 0.03.
const lexicalDimensions = 1024

// lexical is the vector of a text where there is no embedder: which character trigrams it has, of its letters and digits in lower
// case, what is between them taken for one space. The cosine of two such vectors is the number of trigrams in common over the
// geometric mean of both numbers (Ochiai's coefficient). Trigrams are hashed to a dimension and a sign, so that those that share
// one cancel out on average (Weinberger et al., Feature Hashing for Large Scale Multitask Learning, 2009).
func lexical(text string) []float32 {
	vector := make([]float32, lexicalDimensions)
	seen := map[uint64]struct{}{}
	var trigram uint64 // three runes of 21 bits
	count := 0
	for _, r := range words(text) {
		trigram = (trigram<<21 | uint64(r)) & (1<<63 - 1)
		if count++; count < 3 {
			continue
		}
		if _, ok := seen[trigram]; ok {
			continue
		}
		seen[trigram] = struct{}{}
		h := mix(trigram)
		if h>>63 == 0 {
			vector[h%lexicalDimensions]++
		} else {
			vector[h%lexicalDimensions]--
		}
	}
	return vector
}

// words are a text's letters and digits, its words with a space before and behind each; "" where it has none.
func words(text string) string {
	var b strings.Builder
	space := false
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			space = true
			continue
		}
		if space || b.Len() == 0 {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	return b.String()
}

// mix spreads a number over 64 bits, the same on every machine: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
