// Package cbredis shares the state of circuit breakers among the replicas of a service, over Redis.
package cbredis
