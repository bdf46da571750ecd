package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Inbound is a text that came in.
type Inbound struct {
	ID         int64
	Gateway    string
	Key        string
	Sender     string // E.164 where it is a number
	Body       string
	ReceivedAt time.Time
	StoredAt   time.Time
	ContactID  int64 // 0: unknown
	Decision   string
}

// AddInbound stores a text that came in, unless it is stored already.
func (tx *Tx) AddInbound(ctx context.Context, in Inbound) (added bool, err error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO inbound (gateway, key, sender, body, received_at, stored_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (gateway, key) DO NOTHING`, in.Gateway, in.Key, in.Sender, in.Body, ms(in.ReceivedAt), ms(tx.Now))
	if err != nil {
		return false, fmt.Errorf("store inbound text: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Undecided lists the texts that wait for a decision, in the order in which they were sent,
// leaving out the first ones.
func (tx *Tx) Undecided(ctx context.Context, skip, limit int) ([]Inbound, error) {
	return query(ctx, tx, func(rows *sql.Rows) (in Inbound, err error) {
		err = rows.Scan(&in.ID, &in.Gateway, &in.Key, &in.Sender, &in.Body, millis{&in.ReceivedAt}, millis{&in.StoredAt}, &in.ContactID)
		return in, err
	}, `SELECT id, gateway, key, sender, body, received_at, stored_at, coalesce(contact_id, 0) FROM inbound
		WHERE decision IS NULL ORDER BY received_at, id LIMIT ? OFFSET ?`, limit, skip)
}

// Decide stores the one decision about a text.
func (tx *Tx) Decide(ctx context.Context, id, contactID int64, decision, reason string) error {
	res, err := tx.ExecContext(ctx, `UPDATE inbound SET decision = ?, reason = ?, decided_at = ?, contact_id = nullif(?, 0)
		WHERE id = ? AND decision IS NULL`, decision, reason, ms(tx.Now), contactID, id)
	if err != nil {
		return fmt.Errorf("decide text %d: %w", id, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("decide text %d: it was decided before", id)
}

// Redact takes a word out of the stored text, such as a PIN.
func (tx *Tx) Redact(ctx context.Context, id int64, word string) error {
	_, err := tx.ExecContext(ctx, `UPDATE inbound SET body = replace(body, ?, '****') WHERE id = ?`, word, id)
	return err
}

// CountDecided counts the texts of a number with a decision, since a time.
func (tx *Tx) CountDecided(ctx context.Context, sender, decision string, since time.Time) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM inbound WHERE sender = ? AND decision = ? AND received_at >= ?`, sender, decision, ms(since)).Scan(&n)
	return n, err
}

// numberTime is how long a short number stands for the same task.
const numberTime = 24 * time.Hour

// SetShortNumbers remembers under which numbers somebody was told tasks, by their phone.
func (tx *Tx) SetShortNumbers(ctx context.Context, phone string, tasks map[int]int64) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM short_numbers WHERE phone = ? AND told_at <= ?`, phone, ms(tx.Now.Add(-numberTime))); err != nil {
		return err
	}
	for _, n := range slices.Sorted(maps.Keys(tasks)) {
		if _, err := tx.ExecContext(ctx, `INSERT INTO short_numbers (phone, number, task_id, told_at) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (phone, number) DO UPDATE SET task_id = ?3, told_at = ?4`, phone, n, tasks[n], ms(tx.Now)); err != nil {
			return err
		}
	}
	return nil
}

// ShortNumbers reads the numbers that were told within a day before a time.
func (tx *Tx) ShortNumbers(ctx context.Context, phone string, at time.Time) (map[int]int64, error) {
	type told struct {
		n    int
		task int64
	}
	all, err := query(ctx, tx, func(rows *sql.Rows) (t told, err error) { err = rows.Scan(&t.n, &t.task); return t, err },
		`SELECT number, task_id FROM short_numbers WHERE phone = ? AND told_at > ?`, phone, ms(at.Add(-numberTime)))
	numbers := make(map[int]int64, len(all))
	for _, t := range all {
		numbers[t.n] = t.task
	}
	return numbers, err
}

// Undo is what a text did to one record, so that its sender can take it back.
type Undo struct {
	Entity Entity `json:"entity"`
	ID     int64  `json:"id"`
	Made   bool   `json:"made,omitempty"`   // the text made the record
	Before Fields `json:"before,omitempty"` // the fields it changed, as they were; empty ones too
	After  Fields `json:"after,omitempty"`  // and as it made them
}

// SetUndo stores what a text did.
func (tx *Tx) SetUndo(ctx context.Context, id int64, did []Undo) error {
	b, err := json.Marshal(did)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE inbound SET undo = ? WHERE id = ?`, string(b), id)
	return err
}

// LastDone is the last text of a number before another that did something, unless that was taken back or
// is from before a time; 0 if there is none.
func (tx *Tx) LastDone(ctx context.Context, before Inbound, since time.Time) (id int64, did []Undo, err error) {
	var undo string
	var undone bool
	err = tx.QueryRowContext(ctx, `SELECT id, undo, undone_at IS NOT NULL FROM inbound WHERE sender = ? AND received_at >= ? AND received_at <= ? AND id <> ? AND undo IS NOT NULL
		ORDER BY received_at DESC, id DESC LIMIT 1`, before.Sender, ms(since), ms(before.ReceivedAt), before.ID).Scan(&id, &undo, &undone)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && undone:
		return 0, nil, nil
	case err != nil:
		return 0, nil, err
	}
	if err := json.Unmarshal([]byte(undo), &did); err != nil {
		return 0, nil, fmt.Errorf("what text %d did is not JSON in the mirror: %w", id, err)
	}
	return id, did, nil
}

// TakenBack stores that what a text did was taken back.
func (tx *Tx) TakenBack(ctx context.Context, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE inbound SET undone_at = ? WHERE id = ?`, ms(tx.Now), id)
	return err
}

// Received is a text that came in with all that is known of it.
type Received struct {
	Inbound
	Reason    string // of the decision
	StoredAt  time.Time
	DecidedAt time.Time // zero: not yet
	Did       []Undo    // what it changed, as far as its sender can take that back
	UndoneAt  time.Time // when that was taken back
}

// ErrNoText says that no such text came in.
var ErrNoText = errors.New("no such text came in")

// Received reads one text that came in.
func (tx *Tx) Received(ctx context.Context, id int64) (Received, error) {
	all, err := tx.received(ctx, `WHERE id = ?`, id)
	if err == nil && len(all) == 0 {
		err = ErrNoText
	}
	if err != nil {
		return Received{}, fmt.Errorf("text %d: %w", id, err)
	}
	return all[0], nil
}

// ReceivedWith lists the texts that came in from a number, or that are a contact's, under whatever number,
// oldest first. contactID 0 is nobody's.
func (tx *Tx) ReceivedWith(ctx context.Context, number string, contactID int64) ([]Received, error) {
	return tx.received(ctx, `WHERE sender = ? OR contact_id = nullif(?, 0) ORDER BY received_at, id`, number, contactID)
}

func (tx *Tx) received(ctx context.Context, rest string, args ...any) ([]Received, error) {
	return query(ctx, tx, func(rows *sql.Rows) (r Received, err error) {
		var undo string
		err = rows.Scan(&r.ID, &r.Gateway, &r.Key, &r.Sender, &r.Body, millis{&r.ReceivedAt}, &r.ContactID, &r.Decision, &r.Reason,
			millis{&r.StoredAt}, millis{&r.DecidedAt}, &undo, millis{&r.UndoneAt})
		if err == nil && undo != "" {
			if err = json.Unmarshal([]byte(undo), &r.Did); err != nil {
				err = fmt.Errorf("what text %d did is not JSON in the mirror: %w", r.ID, err)
			}
		}
		return r, err
	}, `SELECT id, gateway, key, sender, body, received_at, coalesce(contact_id, 0), coalesce(decision, ''), coalesce(reason, ''),
		stored_at, decided_at, coalesce(undo, ''), undone_at FROM inbound `+rest, args...)
}

// ReceivedBetween counts the texts that came in after one time, or shortly before since some gateways tell it roughly, and until
// another, after which they were read.
func (tx *Tx) ReceivedBetween(ctx context.Context, from, to time.Time) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM inbound WHERE received_at > ? AND received_at <= ? AND stored_at >= ?`, ms(from.Add(-time.Minute)), ms(to), ms(to)).Scan(&n)
	return n, err
}
