// Package storetest tells what questions to a mirror cost: how SQLite finds the rows, and how many
// it gives.
package storetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"modernc.org/sqlite"
)

// Meter is what the questions asked through [Meter.Open] cost. It serves one goroutine.
type Meter struct {
	Rows  int
	Steps []Step
}

// Step is a line of SQLite's plan for a query.
type Step struct{ Plan, Query string }

func (s Step) String() string { return s.Plan + " in " + s.Query }

// Open opens the database at path through the meter.
func (m *Meter) Open(path string) *sql.DB { return sql.OpenDB(connector{m, "file:" + path}) }

type connector struct {
	m   *Meter
	dsn string
}

func (c connector) Driver() driver.Driver { return &sqlite.Driver{} }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	return meteredConn{conn, c.m}, err
}

type meteredConn struct {
	driver.Conn
	m *Meter
}

func (c meteredConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.explain(ctx, q, args); err != nil {
		return nil, err
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, q, args)
}

func (c meteredConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.explain(ctx, q, args); err != nil {
		return nil, err
	}
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, q, args)
	return meteredRows{rows, c.m}, err
}

func (c meteredConn) explain(ctx context.Context, q string, args []driver.NamedValue) error {
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, "EXPLAIN QUERY PLAN "+q, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		c.m.Steps = append(c.m.Steps, Step{fmt.Sprint(row[len(row)-1]), q})
	}
}

type meteredRows struct {
	driver.Rows
	m *Meter
}

func (r meteredRows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err == nil {
		r.m.Rows++
	}
	return err
}
