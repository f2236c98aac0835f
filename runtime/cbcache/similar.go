package cbcache

import (
	"context"
	"errors"
	"fmt"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

const ties = 8 // keys that may be equally alike before the choice between them is arbitrary

// Nearest returns the answer whose key is most like the one that is asked for; of equally alike ones, the youngest.
func (c *Cache) Nearest(ctx context.Context, key cb.CacheKey, least float64, _ func() any) (any, time.Time, float64, error) {
	none := func(err error) (any, time.Time, float64, error) { return nil, time.Time{}, 0, err }
	text, _ := key.Args.(string)
	c.mu.Lock()
	kept := c.methods[method{key.Client, key.Method}]
	c.mu.Unlock()
	if text == "" || kept == nil || kept.vectors.texts.Count() == 0 { // nothing to pay an embedding for
		return none(cb.ErrNotCached)
	}
	vector, err := c.vector(ctx, text)
	if c.embed == nil && errors.Is(err, errNoDirection) { // no words
		return none(cb.ErrNotCached)
	}
	if err != nil {
		return none(fmt.Errorf("embedding the key: %w", err))
	}
	for ctx.Err() == nil {
		found, err := c.compare(kept, vector)
		if err != nil {
			return none(err)
		}
		a, similarity, again := c.choose(kept, found, least)
		switch {
		case a != nil:
			return a.value, a.stored, similarity, nil
		case !again:
			return none(cb.ErrNotCached)
		}
	}
	return none(ctx.Err())
}

func (c *Cache) compare(kept *answers, vector []float32) ([]near, error) {
	c.mu.Lock()
	err := kept.vectors.fits(vector)
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return kept.vectors.nearest(vector, ties)
}

// choose takes the answer of the most alike of the keys found, and says whether to look again where there is none: some have gone
// since, or go now, for they have expired.
func (c *Cache) choose(kept *answers, found []near, least float64) (best *answer, similarity float64, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range found {
		if f.similarity < least || best != nil && f.similarity < similarity {
			break
		}
		a, ok := kept.byArgs.Get(f.text)
		switch {
		case !ok:
			again = true
		case a.expired():
			kept.byArgs.Remove(f.text)
			again = true
		case best == nil || a.stored.After(best.stored):
			best, similarity = a, f.similarity
		}
	}
	return best, similarity, again
}
