package store

import (
	"context"
	"database/sql"
	_ "embed" // watch.sql
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Event is a row of the journal of what changed, which the database writes while it is watched. The
// rules take the rows out.
type Event struct {
	ID       int64
	Entity   Entity // one of [Entities], or one of the three below
	RecordID int64  // 0 for opt-outs
	Before   Fields // as people saw it; nil: it was not there
	After    Fields
	At       time.Time // by the stamp of who told of it; zero: not told
	Cause    string    // the rule that did it; empty: no rule
	Depth    int       // how many rules led to it
	Rule     string    // the only one that is to hear of it, which wanted to wait; empty: all
	DueAt    time.Time // until then
}

// The events that are not changes of records. RecordID is the inbound text, the intent whose text failed,
// or 0.
const (
	TextEvent    = "text"
	FailureEvent = "failure"
	OptOutEvent  = "optout"
)

//go:embed watch.sql
var watchSQL string

// metaWatch is the version of watch.sql that keeps the journal; empty: none does.
const metaWatch = "watch"

// watchVersion is a hash of watch.sql: a program with another watch.sql replaces the triggers.
var watchVersion = hex.EncodeToString(hashOf(watchSQL)[:8])

// Watching tells whether the journal is kept.
func (tx *Tx) Watching(ctx context.Context) (bool, error) {
	by, err := tx.Meta(ctx, metaWatch)
	return by != "", err
}

// Watch begins to keep the journal, or ends it, which clears it and the known rules. It may be called
// repeatedly.
func (tx *Tx) Watch(ctx context.Context, on bool) error {
	by, err := tx.Meta(ctx, metaWatch)
	if err != nil || !on && by == "" {
		return err
	}
	have, err := tx.watchers(ctx)
	switch {
	case err != nil || on && by == watchVersion && len(have) == strings.Count(watchSQL, " watch_"):
		return err
	case on && by == "":
		err = tx.SkipEventIDs(ctx)
	}
	steps := []string{}
	for _, w := range have {
		steps = append(steps, `DROP `+w) // a table that a newer schema made anew has lost its own
	}
	version := watchVersion
	if on {
		steps = append(steps, watchSQL)
	} else {
		version = ""
		steps = append(steps, `DELETE FROM events`, `DELETE FROM known_rules`)
	}
	for _, q := range steps {
		if err == nil {
			_, err = tx.ExecContext(ctx, q)
		}
	}
	if err != nil {
		return fmt.Errorf("keep the journal of what changed: %w", err)
	}
	return tx.SetMeta(ctx, metaWatch, version)
}

// watchers lists the triggers and tables that keep the journal, such as trigger watch_tasks_made.
func (tx *Tx) watchers(ctx context.Context) ([]string, error) {
	return query(ctx, tx, scanString, `SELECT type || ' ' || name FROM sqlite_schema WHERE name GLOB 'watch_*' ORDER BY name`)
}

// SkipEventIDs continues the journal with ids that no copy of this mirror has used: ids are part of the keys of
// texts, and must not collide with those of events that the copy does not know.
func (tx *Tx) SkipEventIDs(ctx context.Context) error {
	_, err1 := tx.ExecContext(ctx, `DELETE FROM sqlite_sequence WHERE name = 'events' AND seq < ?`, ms(tx.Now))
	_, err2 := tx.ExecContext(ctx, `INSERT INTO sqlite_sequence (name, seq) SELECT 'events', ? WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'events')`, ms(tx.Now))
	return errors.Join(err1, err2)
}

// AddEvent adds what the database does not see by itself, if the journal is kept.
func (tx *Tx) AddEvent(ctx context.Context, e Event) error {
	on, err := tx.Watching(ctx)
	if err != nil || !on {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO events (entity, record_id, before, after, at, cause, depth, rule, due_at) VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, nullif(?, ''), ?)`,
		e.Entity, e.RecordID, e.Before.encodeOrNull(), e.After.encode(), ms(e.At), e.Cause, e.Depth, e.Rule, ms(e.DueAt))
	if err != nil {
		return fmt.Errorf("note an event: %w", err)
	}
	return nil
}

// Events lists what happened, from one event on, without what a brake holds and what a rule lets wait.
func (tx *Tx) Events(ctx context.Context, after int64, limit int) ([]Event, error) {
	return query(ctx, tx, func(rows *sql.Rows) (e Event, err error) {
		err = rows.Scan(&e.ID, &e.Entity, &e.RecordID, &e.Before, &e.After, millis{&e.At}, &e.Cause, &e.Depth, &e.Rule, millis{&e.DueAt})
		return e, err
	}, `SELECT id, entity, record_id, before, after, at, coalesce(cause, ''), depth, coalesce(rule, ''), due_at FROM events
		WHERE id > ? AND held_by IS NULL AND (due_at IS NULL OR due_at <= ?) ORDER BY id LIMIT ?`, after, ms(tx.Now), limit)
}

// NewestEvent is the highest id that the journal gave.
func (tx *Tx) NewestEvent(ctx context.Context) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT seq FROM sqlite_sequence WHERE name = 'events'`).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// TakeEvent takes an event out of the journal.
func (tx *Tx) TakeEvent(ctx context.Context, id int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM events WHERE id = ?`, id)
	return err
}

// HoldEvent leaves an event in the journal until a brake lets it go, and dates it now if nobody did.
func (tx *Tx) HoldEvent(ctx context.Context, id, brake int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE events SET held_by = ?, at = coalesce(at, ?) WHERE id = ?`, brake, ms(tx.Now), id)
	return err
}

// DateEvent dates an event now if nobody did, since it has to wait.
func (tx *Tx) DateEvent(ctx context.Context, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE events SET at = ? WHERE id = ? AND at IS NULL`, ms(tx.Now), id)
	return err
}

// CausedSince attributes all events of the journal after a given one to a rule.
func (tx *Tx) CausedSince(ctx context.Context, after int64, rule string, depth int) error {
	_, err := tx.ExecContext(ctx, `UPDATE events SET cause = ?, depth = ? WHERE id > ?`, rule, depth, after)
	return err
}

// quarantineEvents holds what follows from the changes that [Tx.Quarantine] is about.
func (tx *Tx) quarantineEvents(ctx context.Context, e Entity, brake int64, since time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE events SET held_by = ?1, at = coalesce(at, ?2) WHERE entity = ?3 AND held_by IS NULL
		AND record_id IN (SELECT id FROM `+e.table()+` WHERE changed_at >= ?4)`, brake, ms(tx.Now), e, ms(since))
	return err
}

// CreationInDoubt tells whether a record of the contact's is being made in the CRM and may have been
// made: what the CRM shows as new may be that one.
func (tx *Tx) CreationInDoubt(ctx context.Context, e Entity, contactID int64) (doubt bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE contact_id = ? AND kind = ? || '.create' AND state IN ('sending', 'unknown'))`,
		contactID, string(e)).Scan(&doubt)
	return doubt, err
}

// repointRules moves the firings and events of record from to record to. It was made here, so its appearance in
// the CRM is not a new event.
func (tx *Tx) repointRules(ctx context.Context, e Entity, from, to int64) error {
	type step struct {
		q    string
		args []any
	}
	steps := []step{
		{`DELETE FROM events WHERE entity = ? AND record_id = ? AND before IS NULL`, []any{e, to}},
		{`UPDATE events SET record_id = ? WHERE entity = ? AND record_id = ?`, []any{to, e, from}},
		{`UPDATE OR IGNORE firings SET record_id = ? WHERE entity = ? AND record_id = ?`, []any{to, e, from}},
		{`UPDATE firing_effects SET record_id = ? WHERE record_id = ? AND kind GLOB ? || '.*'`, []any{to, from, e}},
	}
	if e == Contact {
		steps = append(steps, step{`UPDATE firings SET contact_id = ? WHERE contact_id = ?`, []any{to, from}})
	}
	for _, s := range steps {
		if _, err := tx.ExecContext(ctx, s.q, s.args...); err != nil {
			return err
		}
	}
	return nil
}
