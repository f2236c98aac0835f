package cbcache

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Embedder turns a text into a vector: texts that mean the same into vectors that point the same way. It is called by several
// goroutines at once, must return when ctx ends, and not write to the vector afterwards. All vectors have one length.
type Embedder func(ctx context.Context, text string) ([]float32, error)

const (
	defaultEmbedTimeout = 5 * time.Second
	maxBacklog          = 256 // keys
)

// WithEmbedder has `similar=` compare what texts mean: by the cosine of the angle between their vectors. Without it their wording
// is compared: which character trigrams they have in common.
//
// Each new key that is answered is embedded once, again if it had gone from the cache. No call waits for that: one goroutine of the
// cache embeds one key after the other, and is there only while there are such. Up to 256 wait for it, then the oldest are given
// up. A key whose embedding failed is still found by equal ones, and the next answer to it tries again.
//
// A call that falls back and finds no equal key embeds its own, under its context and the limit of [WithEmbedTimeout]. An error is
// that of the fallback, and the next fallback is asked.
//
// An embedder of the vendor that the calls go to is likely to be down with it. Guard it by a breaker of its own, so that calls that
// fall back do not wait for it.
func WithEmbedder(embed Embedder) Option { return func(c *Cache) { c.embed = embed } }

// WithEmbedTimeout limits one call of the embedder, by its context. Default, also where it is not above 0: 5s.
func WithEmbedTimeout(limit time.Duration) Option { return func(c *Cache) { c.timeout = limit } }

// unplaced is a key that the index is to know.
type unplaced struct {
	method
	text string
}

// learn sees to it that a key is found by those that are like it: at once, or where that may take long, later.
func (c *Cache) learn(key unplaced) {
	if c.embed == nil {
		if vector, err := unit(lexical(key.text)); err == nil { // else it has no words, and nothing is like it
			_ = c.place(key, vector) // its vectors have one length
		}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if key.text == "" || slices.Contains(c.backlog, key) {
		return
	}
	if len(c.backlog) >= maxBacklog {
		c.backlog = slices.Delete(c.backlog, 0, 1)
	}
	c.backlog = append(c.backlog, key)
	if !c.working {
		c.working = true
		go c.work()
	}
}

// work embeds the backlog, and ends with it.
func (c *Cache) work() {
	done := false
	defer func() {
		if !done { // the embedder ended the goroutine
			c.mu.Lock()
			defer c.mu.Unlock()
			c.working = false
		}
	}()
	for {
		key, ok := c.next()
		if !ok {
			done = true
			return
		}
		vector, err := c.tryEmbed(key.text)
		if err == nil {
			err = c.place(key, vector)
		}
		c.report(key, err)
	}
}

// next is the oldest key of the backlog that is still wanted. Where there is none, the work is over.
func (c *Cache) next() (unplaced, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.backlog) > 0 {
		key := c.backlog[0]
		c.backlog = c.backlog[1:]
		if a := c.wanted(key); a != nil {
			return key, true
		}
	}
	c.working = false
	return unplaced{}, false
}

// wanted is the answer of a key that is kept and unplaced, nil where there is none. Under mu.
func (c *Cache) wanted(key unplaced) *answer {
	kept := c.methods[key.method]
	if kept == nil {
		return nil
	}
	a, ok := kept.byArgs.Peek(key.text)
	if !ok || a.placed || a.expired() {
		return nil
	}
	return a
}

// tryEmbed embeds where no caller is: nobody else could survive a panic.
func (c *Cache) tryEmbed(text string) (vector []float32, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return c.vector(context.Background(), text)
}

// vector is that of a text, of length 1.
func (c *Cache) vector(ctx context.Context, text string) ([]float32, error) {
	if c.embed == nil {
		return unit(lexical(text))
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	vector, err := c.embed(ctx, text)
	if err != nil {
		return nil, err
	}
	return unit(vector)
}

// place puts a key into the index, where its answer is still kept.
func (c *Cache) place(key unplaced, vector []float32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.wanted(key)
	if a == nil {
		return nil
	}
	if err := c.methods[key.method].vectors.add(key.text, vector); err != nil {
		return err
	}
	a.placed = true
	return nil
}

// report logs the first failure of a row.
func (c *Cache) report(key unplaced, err error) {
	c.mu.Lock()
	begins := err != nil && !c.embedErr
	c.embedErr = err != nil
	logger := c.logger
	c.mu.Unlock()
	if !begins {
		return
	}
	if logger == nil {
		logger = slog.Default()
	}
	logger.Warn("cache: answers are kept, but not found by similar keys: the embedder fails",
		"client", key.client, "method", key.name, "error", err)
}
