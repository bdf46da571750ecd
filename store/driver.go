package store

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"modernc.org/sqlite"
)

// driverName is SQLite's driver, whose connections keep the statements they were asked: most of
// what a small statement costs is SQLite reading it, and a cycle asks the same few again and again.
const driverName = "ghlsms-sqlite"

func init() { sql.Register(driverName, keeper{&sqlite.Driver{}}) }

type keeper struct{ driver.Driver }

// inner is what a connection of the driver can do.
type inner interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

func (k keeper) Open(name string) (driver.Conn, error) {
	c, err := k.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	in, ok := c.(inner)
	if !ok {
		return c, nil
	}
	return &keptConn{inner: in, kept: map[string]*kept{}}, nil
}

// keptMost bounds how many statements a connection keeps: those of the engine, and some reports.
const keptMost = 300

// keptConn is one connection; database/sql lets one goroutine at a time use it.
type keptConn struct {
	inner
	kept map[string]*kept
}

// kept is a cached statement. While its rows are being read it cannot be run again.
type kept struct {
	driver.Stmt
	busy bool
}

// keep returns the cached statement of a query; nil if the query must be prepared in the ordinary way.
func (c *keptConn) keep(ctx context.Context, q string) (*kept, error) {
	if k, ok := c.kept[q]; ok {
		if k.busy {
			return nil, nil //nolint:nilnil // neither a statement nor an error
		}
		return k, nil
	}
	if len(c.kept) >= keptMost {
		c.forget()
	}
	stmt, err := c.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	k := &kept{Stmt: stmt}
	c.kept[q] = k
	return k, nil
}

// forget closes the cached statements that are not being read.
func (c *keptConn) forget() {
	for q, k := range c.kept {
		if !k.busy {
			_ = k.Close()
			delete(c.kept, q)
		}
	}
}

func (c *keptConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.keep(ctx, q)
	if err != nil {
		return nil, err
	}
	if k != nil {
		if stmt, ok := k.Stmt.(driver.StmtExecContext); ok {
			return stmt.ExecContext(ctx, args)
		}
	}
	return c.inner.ExecContext(ctx, q, args)
}

func (c *keptConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := c.keep(ctx, q)
	if err != nil {
		return nil, err
	}
	if k != nil {
		if stmt, ok := k.Stmt.(driver.StmtQueryContext); ok {
			rows, err := stmt.QueryContext(ctx, args)
			if err != nil {
				return nil, err
			}
			k.busy = true
			return keptRows{rows, k}, nil
		}
	}
	return c.inner.QueryContext(ctx, q, args)
}

func (c *keptConn) Close() error {
	for q, k := range c.kept {
		_ = k.Close()
		delete(c.kept, q)
	}
	return c.inner.Close()
}

type keptRows struct {
	driver.Rows
	k *kept
}

func (r keptRows) Close() error {
	r.k.busy = false
	return r.Rows.Close()
}
