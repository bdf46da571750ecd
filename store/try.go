package store

import (
	"context"
	"database/sql"
	"time"
)

// Try is an attempt at an effect that did not end with its being done, or an answer about it that settled nothing; or
// several in a row that came to the same.
type Try struct {
	OutboxID   int64
	State      State // that it led to
	Reason     string
	Asked      bool // nothing was tried: the outside was asked
	At, LastAt time.Time
	N          int
}

// triesMost is how many different answers are kept of one effect: words with a number in them differ each time.
const triesMost = 40

// noteTry keeps one more. What comes to the same as the last before it is counted there, and so is whatever comes after
// so many.
func (tx *Tx) noteTry(ctx context.Context, t Try) error {
	res, err := tx.ExecContext(ctx, `UPDATE tries SET n = n + 1, last_at = ?1, state = ?3, reason = ?4, asked = ?5 WHERE id = (SELECT max(id) FROM tries WHERE outbox_id = ?2)
		AND (state = ?3 AND reason = ?4 AND asked = ?5 OR (SELECT count(*) FROM tries WHERE outbox_id = ?2) >= ?6)`,
		ms(tx.Now), t.OutboxID, t.State, t.Reason, t.Asked, triesMost)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO tries (outbox_id, state, reason, asked, at, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)`, t.OutboxID, t.State, t.Reason, t.Asked, ms(tx.Now))
	return err
}

// Tries lists those of an effect, the first first.
func (tx *Tx) Tries(ctx context.Context, outboxID int64) ([]Try, error) {
	return query(ctx, tx, func(rows *sql.Rows) (t Try, err error) {
		err = rows.Scan(&t.OutboxID, &t.State, &t.Reason, &t.Asked, millis{&t.At}, millis{&t.LastAt}, &t.N)
		return t, err
	}, `SELECT outbox_id, state, reason, asked, at, last_at, n FROM tries WHERE outbox_id = ? ORDER BY id`, outboxID)
}
