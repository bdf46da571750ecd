package store

import (
	"context"
	"fmt"
)

// History lists what was done outside for a record, newest first: for a contact also what was done
// for its tasks, notes, appointments, texts, entries and opt-outs. At most limit rows; 0 means all.
func (tx *Tx) History(ctx context.Context, e Entity, id int64, limit int) (Table, error) {
	const rows = `SELECT id, at, kind AS what, CASE WHEN record_id IS NULL THEN entity ELSE entity || '/' || record_id END AS record, before, after, undone_at
		FROM v1_changes WHERE `
	q := rows + `record_id = ?3 AND entity = '` + string(e) + `'`
	if e == Contact {
		q = rows + `contact_id = ?3 UNION ALL ` +
			rows + `kind IN ('optout.tell', 'optout.lift') AND after ->> '$.phone' = (SELECT phone FROM contacts WHERE id = ?3)`
	}
	t, err := tx.table(ctx, q+` ORDER BY at DESC, id DESC`, limit, id)
	if err != nil {
		return Table{}, fmt.Errorf("history of %s %d: %w", e, id, err)
	}
	return t, nil
}

// NotesOf lists notes, newest first; contactID 0 is everybody's. At most limit rows; 0 means all.
func (tx *Tx) NotesOf(ctx context.Context, contactID int64, limit int) (Table, error) {
	q := notesReport
	if contactID != 0 {
		q = `SELECT * FROM (` + notesReport + `) WHERE id IN (SELECT id FROM notes WHERE contact_id = ?3)`
	}
	return tx.table(ctx, q, limit, contactID)
}

// ConflictList lists conflicts: those that wait for a person first, then those that a policy
// decided, newest first. Without all, what a person resolved is omitted.
func (tx *Tx) ConflictList(ctx context.Context, all bool) (Table, error) {
	q := conflictsReport
	if !all {
		q = `SELECT * FROM (` + conflictsReport + `) WHERE settled_to IS NULL`
	}
	return tx.table(ctx, q, 0)
}
