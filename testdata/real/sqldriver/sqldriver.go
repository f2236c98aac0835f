// Package sqldriver guards the connections of database/sql. database/sql finds what a driver can do by type assertion, so an
// interface to be wrapped lists everything that its driver has.
package sqldriver

import "database/sql/driver"

//go:generate go tool cbgen

// Connector opens connections: a database that is down shows here first.
//
//cb:breaker threshold=5 timeout=10s
//cb:deadline 3s
type Connector interface{ driver.Connector }

// Conn is one connection with the context interfaces. driver.ErrSkip only asks database/sql to go another way.
//
//cb:breaker threshold=5 timeout=10s
//cb:ignore errors=driver.ErrSkip
//cb:on Ping deadline 1s
//cb:on ExecContext deadline 5s
//cb:on Close off "a connection must be closed whatever happens"
//cb:on CheckNamedValue off "looks at an argument, asks no server"
type Conn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// Stmt is a prepared statement.
//
//cb:breaker threshold=5 timeout=10s
//cb:on Close off "a statement must be closed whatever happens"
type Stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}
