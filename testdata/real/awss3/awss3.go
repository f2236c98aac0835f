// Package awss3 guards the S3 client of the AWS SDK, as its transfer manager sees it.
package awss3

import "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"

//go:generate go tool cbgen

// Client is the part of S3 that moves objects. The SDK's errors say their status with HTTPStatusCode; those without one,
// a connection refused for example, are failures too. The body of GetObject is read after it returned, so a deadline
// would cut it off.
//
//cb:breaker threshold=3 timeout=5s
//cb:failure codes=429,5xx
//cb:deadline 10s
//cb:on GetObject deadline off
type Client interface {
	transfermanager.S3APIClient
}
