package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// DB is the mirror. One connection writes; others only read, also while it writes.
type DB struct {
	Who string // is at the keyboard, as far as this machine knows; empty: nobody

	path, before string
	w, r         *sql.DB
}

// Tx is a transaction with one time for all the rows it touches.
type Tx struct {
	*sql.Tx
	Now time.Time // UTC, whole milliseconds
	Who string    // is at the keyboard

	// What is asked many times in a transaction, and there are few of.
	meta    lookedUp[map[string]string]
	cursors lookedUp[map[string]Cursor]
	brakes  lookedUp[[]Brake]
}

// lookedUp is what a transaction has looked up, until it writes there: nobody else can change what it sees.
type lookedUp[T any] struct {
	all  T
	done bool
}

func (l *lookedUp[T]) or(look func() (T, error)) (all T, err error) {
	if !l.done {
		if l.all, err = look(); err != nil {
			return all, err
		}
		l.done = true
	}
	return l.all, nil
}

func (l *lookedUp[T]) forget() { *l = lookedUp[T]{} }

// errReadOnly says what a command meant for reading tried to do.
var errReadOnly = errors.New("the mirror was opened for reading only")

// Open opens the mirror at path for reading and writing, makes it if it is missing, and brings
// its schema up to date.
func Open(ctx context.Context, path string) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the mirror: %w", err)
	}
	db, err := open(path, true)
	if err != nil {
		return nil, err
	}
	have, dirty, err := schemaVersion(ctx, db.r, path)
	if err == nil {
		err = db.migrateUp(ctx, have, dirty)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := db.Update(ctx, func(tx *Tx) error { return tx.nameInstance(ctx) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// OpenReader opens an existing mirror for reading. It works while a daemon writes.
func OpenReader(ctx context.Context, path string) (*DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open the mirror: %w (has the daemon run once with this config?)", err)
	}
	db, err := open(path, false)
	if err != nil {
		return nil, err
	}
	if err := checkSchema(ctx, db.r, path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// OpenEditor opens an existing mirror for small edits beside a running daemon: SQLite lets one
// writer in at a time, and the daemon takes the edits up at its next cycle.
func OpenEditor(ctx context.Context, path string) (*DB, error) {
	r, err := OpenReader(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return open(path, true)
}

func open(path string, write bool) (*DB, error) {
	r, err := sql.Open(driverName, dsn(path, reading))
	if err != nil {
		return nil, fmt.Errorf("open the mirror: %w", err)
	}
	r.SetMaxOpenConns(4)
	db := &DB{path: path, r: r}
	if !write {
		return db, nil
	}
	if db.w, err = sql.Open(driverName, dsn(path, writing)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the mirror: %w", err), r.Close())
	}
	db.w.SetMaxOpenConns(1)
	return db, nil
}

// What a handle is for. Only a writer sets the journal mode: it is written into the file, and a
// reader may have been given the file of another program.
const (
	reading = "_pragma=query_only(1)"
	writing = "_pragma=journal_mode(wal)&_txlock=immediate"
)

// dsn puts every pragma into the address, so that each pooled connection has them.
// synchronous is FULL because losing the commit that says "sending" could text somebody twice.
func dsn(path, purpose string) string {
	return fileURI(path) +
		"?_pragma=busy_timeout(5000)&_pragma=synchronous(full)&_pragma=foreign_keys(1)&_pragma=cache_size(-2000)&" + purpose
}

// Path is where the mirror lies.
func (db *DB) Path() string { return db.path }

// Before is the copy that was made before the schema was brought up to date; empty: it was so already.
func (db *DB) Before() string { return db.before }

// fileURI is a path as SQLite's addresses have it.
func fileURI(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// Close closes all connections.
func (db *DB) Close() error {
	if db.w == nil {
		return db.r.Close()
	}
	return errors.Join(db.r.Close(), db.w.Close())
}

// Update runs fn in a write transaction and commits if fn returns nil.
// fn must not call out: no HTTP, no sleep, no other transaction.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if db.w == nil {
		return errReadOnly
	}
	return told(db.path, run(ctx, db.w, func(tx *Tx) error {
		tx.Who = db.Who
		return fn(tx)
	}))
}

// View runs fn on one unchanging picture of the mirror. Writing in it fails.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return told(db.path, run(ctx, db.r, fn))
}

// Rehearse runs fn in a write transaction and takes everything back.
func (db *DB) Rehearse(ctx context.Context, fn func(*Tx) error) error {
	err := db.Update(ctx, func(tx *Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	return err
}

var errRehearsed = errors.New("rehearsed")

func run(ctx context.Context, db *sql.DB, fn func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // no-op after Commit; covers errors and panics
	if err := fn(&Tx{Tx: tx, Now: time.Now().UTC().Truncate(time.Millisecond)}); err != nil {
		return err
	}
	return tx.Commit()
}

// query collects the rows of a query, in its order.
func query[T any](ctx context.Context, tx *Tx, scan func(*sql.Rows) (T, error), q string, args ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// millis is a time at the boundary of the database: unix milliseconds, NULL for the zero time.
type millis struct{ t *time.Time }

// Scan implements sql.Scanner.
func (m millis) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*m.t = time.Time{}
	case int64:
		*m.t = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("a time is %T in the mirror, not an integer", v)
	}
	return nil
}

// ms is the counterpart of millis for arguments.
func ms(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func cutDot(s string) (before, after string) {
	before, after, _ = strings.Cut(s, ".")
	return before, after
}
