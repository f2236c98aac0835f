package cbotel_test

import (
	"fmt"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbotel"
)

func ExampleRegister() {
	registry := cb.NewRegistry(cb.WithObserver(cbotel.NewObserver()))
	registration, err := cbotel.Register(registry, nil) // nil: the global meter provider
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = registration.Unregister() }()
	// Output:
}
