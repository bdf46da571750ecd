package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"
)

// Cursor is how far a source has been read.
type Cursor struct {
	Position string
	ReadAt   time.Time // last complete read, zero if never
	FailedAt time.Time // last failure after that, zero if none
	Error    string
}

// Cursor reads the cursor of a source; a new source has the zero one.
func (tx *Tx) Cursor(ctx context.Context, source string) (c Cursor, err error) {
	err = tx.QueryRowContext(ctx, `SELECT position, read_at, failed_at, coalesce(error, '') FROM cursors WHERE source = ?`, source).
		Scan(&c.Position, millis{&c.ReadAt}, millis{&c.FailedAt}, &c.Error)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return c, err
}

// MoveCursor stores a position, in the transaction that stores what lies before it.
func (tx *Tx) MoveCursor(ctx context.Context, source, position string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO cursors (source, position) VALUES (?1, ?2)
		ON CONFLICT (source) DO UPDATE SET position = ?2 WHERE position <> ?2`, source, position)
	return err
}

// ReadDone notes that a source was read completely.
func (tx *Tx) ReadDone(ctx context.Context, source string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO cursors (source, read_at) VALUES (?1, ?2)
		ON CONFLICT (source) DO UPDATE SET read_at = ?2, failed_at = NULL, error = NULL`, source, ms(tx.Now))
	return err
}

// ReadFailed notes why a source could not be read.
func (tx *Tx) ReadFailed(ctx context.Context, source, reason string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO cursors (source, failed_at, error) VALUES (?1, ?2, ?3)
		ON CONFLICT (source) DO UPDATE SET failed_at = ?2, error = ?3`, source, ms(tx.Now), reason)
	return err
}

// DropCursor forgets a source that is not read any more.
func (tx *Tx) DropCursor(ctx context.Context, source string) error {
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
