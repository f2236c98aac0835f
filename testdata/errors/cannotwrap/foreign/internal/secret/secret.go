// Package secret is internal.
package secret

// Secret is a secret.
type Secret struct{}
