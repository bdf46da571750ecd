package store

import (
	"context"
	"database/sql"
	"fmt"
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
		err = rows.Scan(&in.ID, &in.Gateway, &in.Key, &in.Sender, &in.Body, millis{&in.ReceivedAt}, &in.ContactID)
		return in, err
	}, `SELECT id, gateway, key, sender, body, received_at, coalesce(contact_id, 0) FROM inbound
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

// SetShortNumbers remembers under which numbers a person was told their tasks.
func (tx *Tx) SetShortNumbers(ctx context.Context, contactID int64, tasks []int64) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM short_numbers WHERE contact_id = ?`, contactID); err != nil {
		return err
	}
	for i, task := range tasks {
		if _, err := tx.ExecContext(ctx, `INSERT INTO short_numbers (contact_id, number, task_id) VALUES (?, ?, ?)`, contactID, i+1, task); err != nil {
			return err
		}
	}
	return nil
}

// ShortNumbers reads them: task ids by position, the first is number 1.
func (tx *Tx) ShortNumbers(ctx context.Context, contactID int64) ([]int64, error) {
	return query(ctx, tx, func(rows *sql.Rows) (id int64, err error) { err = rows.Scan(&id); return id, err },
		`SELECT task_id FROM short_numbers WHERE contact_id = ? ORDER BY number`, contactID)
}
