package sqldriver

import (
	"context"
	"database/sql/driver"
)

// database is a driver with one table that is always empty. Every call asks answer first.
type database struct {
	answer error
	calls  int
	closed int
}

func (d *database) ask() error {
	d.calls++
	return d.answer
}

func (d *database) Connect(context.Context) (driver.Conn, error) {
	if err := d.ask(); err != nil {
		return nil, err
	}
	return &conn{d}, nil
}

func (d *database) Driver() driver.Driver { return nil }

type conn struct{ *database }

func (c *conn) Prepare(string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), "")
}
func (c *conn) PrepareContext(context.Context, string) (driver.Stmt, error) { return nil, c.ask() }
func (c *conn) Begin() (driver.Tx, error)                                   { return nil, c.ask() }
func (c *conn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return nil, c.ask()
}
func (c *conn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), c.ask()
}
func (c *conn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return nil, c.ask()
}
func (c *conn) Ping(context.Context) error                 { return c.ask() }
func (c *conn) ResetSession(context.Context) error         { return nil }
func (c *conn) IsValid() bool                              { return true }
func (c *conn) CheckNamedValue(v *driver.NamedValue) error { return nil }
func (c *conn) Close() error                               { c.closed++; return nil }

// guarded is a connector whose connections are guarded, too.
type guarded struct{ driver.Connector }

func (g guarded) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return NewConnBreaker(c.(Conn)), nil
}
