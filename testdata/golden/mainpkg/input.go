// Command mainpkg has its interface in package main.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

//cb:breaker threshold=1
type client interface {
	Do(ctx context.Context) error
}

type down struct{}

func (down) Do(context.Context) error { return errors.New("down") }

func main() {
	c := newClientBreaker(down{})
	_ = c.Do(context.Background())
	if err := c.Do(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
