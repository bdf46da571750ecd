// Package gammu sends and receives texts through gammu-smsd, the daemon that drives a GSM
// modem and keeps its queues in SQL tables, here in an SQLite file.
//
// A text is accepted by writing it into the outbox table, under the caller's reference, in one
// transaction that first looks whether the reference is already there. So submitting is
// exactly-once, and sending again after a crash is safe. From there on gammu-smsd is in charge:
// should it be killed between handing a text to the modem and noting that, it hands it over
// again. Nobody who uses it can close that gap.
//
// The file belongs to gammu-smsd. This package changes neither its journal mode nor its tables,
// adds rows to the outbox only, and holds locks no longer than a few milliseconds.
//
// gammu-smsd does not wait for locks either: it sleeps for a second and tries again, ten times.
// In WAL mode (sqlite3 FILE 'PRAGMA journal_mode=WAL', once) readers are not in its way.
package gammu

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"ghlsms/sms"
)

// Options say where the gateway is.
type Options struct {
	// Database is the path of the SQLite file that gammu-smsd works on.
	Database string
	// PhoneID names the one phone to send by and to read from, as PhoneID in its smsdrc does;
	// empty is any.
	PhoneID string
	// Number is our own number, given back as Incoming.To: gammu-smsd does not know it.
	Number string
	// Zone is the time zone that gammu-smsd runs in. Nil finds it out from the status that
	// gammu-smsd keeps in the file.
	Zone *time.Location
	// PartsTimeout is how long a long text waits for its missing parts, one minute if zero.
	// It adds to gammu-smsd's own MultipartTimeout.
	PartsTimeout time.Duration
	// BusyTimeout is how long to wait for a lock on the file, five seconds if zero.
	BusyTimeout time.Duration
}

// Gateway is an sms.Gateway over gammu-smsd's tables. Any number of goroutines and other
// processes may use the same file.
type Gateway struct {
	db   *sql.DB
	opts Options
	ref  atomic.Uint32 // of the last long text, as its parts carry it
}

var _ sms.Gateway = (*Gateway)(nil)

// Open opens the database and checks that it is one that gammu-smsd can work with. It never
// creates or changes it. gammu-smsd need not run; what is sent meanwhile waits in the outbox.
// An error says what to do about it.
func Open(ctx context.Context, opts Options) (*Gateway, error) {
	if opts.PartsTimeout == 0 {
		opts.PartsTimeout = time.Minute
	}
	if opts.BusyTimeout == 0 {
		opts.BusyTimeout = 5 * time.Second
	}
	db, err := openDatabase(ctx, opts)
	if err != nil {
		return nil, err
	}
	g := &Gateway{db: db, opts: opts}
	g.ref.Store(rand.Uint32())
	return g, nil
}

// Close closes the database. Texts that were accepted stay so.
func (g *Gateway) Close() error { return g.db.Close() }

// Name is "gammu".
func (g *Gateway) Name() string { return "gammu" }

// Caps tells that references are unique, texts are found by them at once, and inbound texts
// are read by a cursor.
func (g *Gateway) Caps() sms.Caps {
	return sms.Caps{Ref: sms.RefUnique, Inbound: sms.InboundCursor, FindByRef: true}
}

// view runs fn on one consistent picture of the tables.
func (g *Gateway) view(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := g.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing was written
	return fn(tx)
}
