package cbgrpc_test

import (
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbgrpc"
)

func ExampleUnaryClientInterceptor() {
	dial := func(target string, policy cb.Policy) (*grpc.ClientConn, error) {
		conn, err := grpc.NewClient(target,
			grpc.WithUnaryInterceptor(cbgrpc.UnaryClientInterceptor(policy)), grpc.WithStreamInterceptor(cbgrpc.StreamClientInterceptor(policy)))
		return conn, err
	}
	_, err := dial("localhost:50051", cb.Policy{Threshold: 5, Timeout: 30 * time.Second, Deadline: time.Second})
	fmt.Println(err != nil, insecure.NewCredentials().Info().SecurityProtocol) // a connection must say how it is secured
	// Output: true insecure
}
