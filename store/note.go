package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// NotesDue lists contacts whose notes are to be read: first those that changed since, then those
// not read since a time, the longest unread first.
func (tx *Tx) NotesDue(ctx context.Context, since time.Time, limit int) ([]Record, error) {
	var due []Record
	for _, which := range []struct { // each goes through an index as far as it must
		where string
		args  []any
	}{
		{`notes_due = 1 ORDER BY id DESC`, nil},
		{`notes_due = 0 AND notes_at IS NULL ORDER BY id`, nil},
		{`notes_due = 0 AND notes_at < ? ORDER BY notes_at`, []any{ms(since)}},
	} {
		more, err := tx.records(ctx, Contact, `WHERE crm_id IS NOT NULL AND gone_at IS NULL AND `+which.where+` LIMIT ?`, append(which.args, limit-len(due))...)
		if err != nil {
			return nil, err
		}
		if due = append(due, more...); len(due) >= limit {
			break
		}
	}
	return due, nil
}

// NotesRead stores that a contact's notes were read completely.
func (tx *Tx) NotesRead(ctx context.Context, contactID int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE contacts SET notes_at = ?, notes_due = 0 WHERE id = ?`, ms(tx.Now), contactID)
	return err
}

// NoteIDs lists the CRM ids of a contact's notes that are not gone.
func (tx *Tx) NoteIDs(ctx context.Context, contactID int64) ([]string, error) {
	return query(ctx, tx, scanString, `SELECT crm_id FROM notes WHERE contact_id = ? AND crm_id IS NOT NULL AND gone_at IS NULL ORDER BY crm_id`, contactID)
}

// NotesAge is since when the notes of the contact that was not read for the longest time are
// known, and how many contacts' notes were never read.
func (tx *Tx) NotesAge(ctx context.Context) (oldest time.Time, never int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM contacts WHERE notes_at IS NULL AND crm_id IS NOT NULL AND gone_at IS NULL`).Scan(&never)
	if err != nil {
		return oldest, 0, err
	}
	err = tx.QueryRowContext(ctx, `SELECT notes_at FROM contacts WHERE notes_at IS NOT NULL AND crm_id IS NOT NULL AND gone_at IS NULL
		ORDER BY notes_at LIMIT 1`).Scan(millis{&oldest})
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return oldest, never, err
}
