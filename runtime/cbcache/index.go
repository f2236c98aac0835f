package cbcache

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/philippgille/chromem-go"
)

// index finds the texts whose vectors point most nearly the same way, all of them compared. Whoever writes to it holds the cache's
// mutex; nearest may run beside that.
type index struct {
	texts      *chromem.Collection // the text is the document's ID
	dimensions int                 // of its vectors; 0: it has had none
	counted    sync.RWMutex        // no text goes between the count of them and the search, which refuses to find more than there are
}

func newIndex() *index {
	// In memory it fails for an empty name only. Its own embedding, which would ask OpenAI, is not used: every document has a vector.
	texts, _ := chromem.NewDB().CreateCollection("keys", nil, func(context.Context, string) ([]float32, error) {
		return nil, errors.New("a document without a vector")
	})
	return &index{texts: texts}
}

// add places a text; its vector has length 1.
func (x *index) add(text string, vector []float32) error {
	if x.texts.Count() == 0 {
		x.dimensions = len(vector)
	}
	if err := x.fits(vector); err != nil {
		return err
	}
	return x.texts.AddDocument(context.Background(), chromem.Document{ID: text, Embedding: vector})
}

// fits refuses a vector that cannot be compared with the others.
func (x *index) fits(vector []float32) error {
	if len(vector) != x.dimensions {
		return fmt.Errorf("the embedder returned %d dimensions, and %d before", len(vector), x.dimensions)
	}
	return nil
}

func (x *index) remove(text string) {
	x.counted.Lock()
	defer x.counted.Unlock()
	_ = x.texts.Delete(context.Background(), nil, nil, text) // an error is that of a file, and there is none
}

// near is a text of the index.
type near struct {
	text       string
	similarity float64 // the cosine of the angle between the vectors
}

// nearest returns up to n texts, the most alike first.
func (x *index) nearest(vector []float32, n int) ([]near, error) {
	x.counted.RLock()
	defer x.counted.RUnlock()
	most := min(n, x.texts.Count())
	if most == 0 {
		return nil, nil
	}
	// A context that ended would give some of the texts, and no error.
	found, err := x.texts.QueryEmbedding(context.Background(), vector, most, nil, nil)
	if err != nil {
		return nil, err
	}
	list := make([]near, len(found))
	for i, f := range found {
		list[i] = near{f.ID, math.Round(float64(f.Similarity)*1e6) / 1e6} // what float32 can tell: the same way is 1
	}
	return list, nil
}

// unit is a vector of the same direction and length 1.
func unit(vector []float32) ([]float32, error) {
	var square float64
	for _, v := range vector {
		square += float64(v) * float64(v)
	}
	length := math.Sqrt(square)
	if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
		return nil, errNoDirection
	}
	scaled := make([]float32, len(vector))
	for i, v := range vector {
		scaled[i] = float32(float64(v) / length)
	}
	return scaled, nil
}

// errNoDirection is that of an empty vector, of zeros, and of one that holds no number.
var errNoDirection = errors.New("the vector has no direction")
