package sqldriver

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errGone = errors.New("server has gone away")

// open returns a database/sql pool of one connection.
func open(t *testing.T, connector driver.Connector) *sql.DB {
	t.Helper()
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

func TestConnThroughDatabaseSQL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := &database{}
		db := open(t, guarded{fake})
		ctx := t.Context()
		require.NoError(t, db.PingContext(ctx))
		connected := fake.calls

		fake.answer = errGone
		for range 5 {
			_, err := db.ExecContext(ctx, "update t set x = 1")
			require.ErrorIs(t, err, errGone)
		}
		_, err := db.ExecContext(ctx, "update t set x = 1")
		require.ErrorIs(t, err, cb.ErrOpen)
		assert.Equal(t, 5, fake.calls-connected)
		assert.Zero(t, fake.closed, "a rejection is not driver.ErrBadConn: the pool keeps the connection")

		_, err = db.QueryContext(ctx, "select x from t")
		assert.ErrorIs(t, err, errGone, "a query has a breaker of its own")

		fake.answer = nil
		time.Sleep(11 * time.Second)
		result, err := db.ExecContext(ctx, "update t set x = 1")
		require.NoError(t, err)
		n, err := result.RowsAffected()
		assert.NoError(t, err)
		assert.EqualValues(t, 1, n)
	})
}

func TestSkipIsIgnored(t *testing.T) {
	t.Parallel()
	fake := &database{answer: driver.ErrSkip}
	c := NewConnBreaker(&conn{fake})
	for range 10 {
		_, err := c.ExecContext(t.Context(), "select 1", nil)
		require.ErrorIs(t, err, driver.ErrSkip)
	}
	fake.answer = errGone
	for i := range 5 { // an ignored call ends no row of failures either
		fake.answer = errGone
		_, err := c.ExecContext(t.Context(), "select 1", nil)
		require.ErrorIs(t, err, errGone)
		if i == 4 {
			break
		}
		fake.answer = driver.ErrSkip
		_, err = c.ExecContext(t.Context(), "select 1", nil)
		require.ErrorIs(t, err, driver.ErrSkip)
	}
	_, err := c.ExecContext(t.Context(), "select 1", nil)
	assert.ErrorIs(t, err, cb.ErrOpen)
}

func TestCloseIsNeverRejected(t *testing.T) {
	t.Parallel()
	fake := &database{answer: errGone}
	c := NewConnBreaker(&conn{fake}, cb.WithName("db"))
	for range 6 {
		_ = c.Ping(t.Context())
	}
	require.ErrorIs(t, c.Ping(t.Context()), cb.ErrOpen)
	require.NoError(t, c.CheckNamedValue(&driver.NamedValue{}))
	assert.True(t, c.IsValid())
	require.NoError(t, c.Close())
	assert.Equal(t, 1, fake.closed)
}

func TestConnectorOpensWhenTheServerIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := &database{answer: errGone}
		db := open(t, NewConnectorBreaker(fake))
		for range 5 {
			require.ErrorIs(t, db.PingContext(t.Context()), errGone)
		}
		require.ErrorIs(t, db.PingContext(t.Context()), cb.ErrOpen)
		assert.Equal(t, 5, fake.calls)

		fake.answer = nil
		time.Sleep(11 * time.Second)
		assert.NoError(t, db.PingContext(t.Context()))
	})
}
