// Package yaml is imported as yaml.v3.
package yaml

// Node is a node.
type Node struct{}
