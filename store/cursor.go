package store

import (
	"context"
	"crypto/rand"
	"time"
)

// Cursor is how far a source has been read.
type Cursor struct {
	Position string
	ReadAt   time.Time // last complete read, zero if never
	FailedAt time.Time // last failure after that, zero if none
	Failing  time.Time // first failure after that, zero if none
	Error    string
	Code     Obstacle
}

const cursorColumns = `position, read_at, failed_at, failing_since, coalesce(error, ''), code`

// fields are where cursorColumns go.
func (c *Cursor) fields() []any {
	return []any{&c.Position, millis{&c.ReadAt}, millis{&c.FailedAt}, millis{&c.Failing}, &c.Error, &c.Code}
}

// Cursor reads the cursor of a source; a new source has the zero one.
func (tx *Tx) Cursor(ctx context.Context, source string) (c Cursor, err error) {
	all, err := tx.cursors.or(func() (map[string]Cursor, error) {
		rows, err := query(ctx, tx, scanSource, `SELECT source, `+cursorColumns+` FROM cursors`)
		all := make(map[string]Cursor, len(rows))
		for i := range rows {
			all[rows[i].Name] = rows[i].Cursor
		}
		return all, err
	})
	return all[source], err
}

// MoveCursor stores a position, in the transaction that stores what lies before it.
func (tx *Tx) MoveCursor(ctx context.Context, source, position string) error {
	tx.cursors.forget()
	_, err := tx.ExecContext(ctx, `INSERT INTO cursors (source, position) VALUES (?1, ?2)
		ON CONFLICT (source) DO UPDATE SET position = ?2 WHERE position <> ?2`, source, position)
	return err
}

// ReadDone notes when a source was read completely.
func (tx *Tx) ReadDone(ctx context.Context, source string, at time.Time) error {
	tx.cursors.forget()
	_, err := tx.ExecContext(ctx, `INSERT INTO cursors (source, read_at) VALUES (?1, ?2)
		ON CONFLICT (source) DO UPDATE SET read_at = ?2, failed_at = NULL, failing_since = NULL, error = NULL, code = ''`, source, ms(at))
	return err
}

// ReadFailed notes why a source could not be read, and what kind of failure that is.
func (tx *Tx) ReadFailed(ctx context.Context, source string, code Obstacle, reason string) error {
	tx.cursors.forget()
	_, err := tx.ExecContext(ctx, `INSERT INTO cursors (source, failed_at, failing_since, error, code) VALUES (?1, ?2, ?2, ?3, ?4)
		ON CONFLICT (source) DO UPDATE SET failed_at = ?2, failing_since = coalesce(failing_since, ?2), error = ?3, code = ?4`, source, ms(tx.Now), reason, code)
	return err
}

// DropCursor forgets a source that is not read any more.
func (tx *Tx) DropCursor(ctx context.Context, source string) error {
	tx.cursors.forget()
	_, err := tx.ExecContext(ctx, `DELETE FROM cursors WHERE source = ?`, source)
	return err
}

// Instance is the database's random name.
func (tx *Tx) Instance(ctx context.Context) (string, error) { return tx.Meta(ctx, metaInstance) }

// nameInstance gives a new database its random name.
func (tx *Tx) nameInstance(ctx context.Context) error {
	name, err := tx.Meta(ctx, metaInstance)
	if err != nil || name != "" {
		return err
	}
	if err := tx.SetMeta(ctx, MetaBorn, tx.Now.Format(time.RFC3339)); err != nil {
		return err
	}
	return tx.SetMeta(ctx, metaInstance, rand.Text())
}
