package load

import (
	"cmp"
	"runtime"
	"sync"
)

// Each does something with every item, as many at once as there are processors, and returns the first error in their order.
func Each[T any](items []T, do func(T) error) error {
	errs := make([]error, len(items))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for k, item := range items {
		slots <- struct{}{}
		group.Go(func() {
			errs[k] = do(item)
			<-slots
		})
	}
	group.Wait()
	return cmp.Or(errs...)
}
