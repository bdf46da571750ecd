package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Create makes a record that exists only here so far. contactID is ignored for contacts.
func (tx *Tx) Create(ctx context.Context, e Entity, contactID int64, value Fields) (int64, error) {
	columns, marks, args := `edits, changed_at`, `?, ?`, []any{value.encode(), ms(tx.Now)}
	if e != Contact {
		columns, marks, args = columns+`, contact_id`, marks+`, ?`, append(args, contactID)
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO `+e.table()+` (`+columns+`) VALUES (`+marks+`)`, args...)
	if err != nil {
		return 0, fmt.Errorf("create %s: %w", e, err)
	}
	return res.LastInsertId()
}

// Edit changes a record locally; the CRM gets it at the next cycle. Fields that already have
// the value are left alone, so that repeating an edit is no edit.
func (tx *Tx) Edit(ctx context.Context, e Entity, id int64, patch Fields) (changed bool, err error) {
	r, err := tx.Record(ctx, e, id)
	if err != nil {
		return false, err
	}
	edits := Fields{}
	maps.Copy(edits, r.Edits)
	for k, v := range patch {
		if r.Get(k) != v {
			edits[k], changed = v, true
		}
	}
	if !changed {
		return false, nil
	}
	return true, tx.rebase(ctx, e, id, r.Base, r.Seen, edits)
}

// Rebase stores the outcome of a merge: base is now agreed on, edits remain.
func (tx *Tx) Rebase(ctx context.Context, e Entity, id int64, base, edits Fields) error {
	return tx.rebase(ctx, e, id, base, nil, edits)
}

func (tx *Tx) rebase(ctx context.Context, e Entity, id int64, base, seen, edits Fields) error {
	if len(edits) == 0 {
		edits = nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE `+e.table()+` SET base = ?, seen = ?, edits = ?, rev = rev + 1, changed_at = ? WHERE id = ?`,
		base.encode(), seen.encodeOrNull(), edits.encodeOrNull(), ms(tx.Now), id)
	if err != nil {
		return fmt.Errorf("rebase %s %d: %w", e, id, err)
	}
	return nil
}

// Wrote stores that the CRM took sent and now shows value. Only what was sent is agreed on by
// that; whatever else value shows is merged like any change seen. What was sent is no edit any
// more, unless it was edited again meanwhile.
func (tx *Tx) Wrote(ctx context.Context, e Entity, id int64, value, sent Fields) error {
	r, err := tx.Record(ctx, e, id)
	if err != nil {
		return err
	}
	agreed, edits := Fields{}, Fields{}
	for k := range sent {
		agreed[k] = value[k]
	}
	for k, v := range r.Edits {
		if s, ok := sent[k]; !ok || s != v {
			edits[k] = v
		}
	}
	if len(edits) == 0 {
		edits = nil
	}
	base := r.Base.With(agreed)
	_, err = tx.ExecContext(ctx, `UPDATE `+e.table()+` SET base = ?1, seen = nullif(?2, ?1), edits = ?3, hash = ?4,
		rev = rev + 1, sure_at = ?5, changed_at = ?5 WHERE id = ?6`,
		base.encode(), value.encode(), edits.encodeOrNull(), value.Hash(), ms(tx.Now), id)
	if err != nil {
		return fmt.Errorf("store what the CRM took of %s %d: %w", e, id, err)
	}
	return nil
}

// TagsTaken stores that the CRM took tags to add and to remove, whatever it made of their
// spelling: they are no edits any more.
func (tx *Tx) TagsTaken(ctx context.Context, id int64, added, removed []string) error {
	r, err := tx.Record(ctx, Contact, id)
	if err != nil {
		return err
	}
	if _, ok := r.Edits[Tags]; !ok {
		return nil
	}
	rest := slices.DeleteFunc(r.Edits.Set(Tags), func(s string) bool { return slices.Contains(added, s) && !slices.Contains(r.Base.Set(Tags), s) })
	r.Edits[Tags] = EncodeSet(append(rest, removed...))
	return tx.rebase(ctx, Contact, id, r.Base, r.Seen, r.Edits)
}

// Adopt gives a record that existed only here the id the CRM gave it, and returns the record's
// id from now on: if the mirror met the same record on the CRM's side first, the two become
// one, which lives, and everything that pointed at ours points at that one.
func (tx *Tx) Adopt(ctx context.Context, e Entity, id int64, crmID string) (int64, error) {
	other, err := tx.RecordByCRMID(ctx, e, crmID)
	switch {
	case errors.Is(err, ErrNoRecord):
		_, err = tx.ExecContext(ctx, `UPDATE `+e.table()+` SET crm_id = ?, gone_at = NULL WHERE id = ?`, crmID, id)
		return id, err
	case err != nil:
		return 0, err
	case other.ID == id:
		return id, nil
	}
	ours, err := tx.Record(ctx, e, id)
	if err != nil {
		return 0, err
	}
	if err := tx.repoint(ctx, e, id, other.ID); err != nil {
		return 0, fmt.Errorf("join %s %d to %d: %w", e, id, other.ID, err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE `+e.table()+` SET gone_at = NULL WHERE id = ?`, other.ID); err != nil {
		return 0, fmt.Errorf("join %s %d to %d: %w", e, id, other.ID, err)
	}
	if len(ours.Edits) == 0 {
		return other.ID, nil
	}
	edits := Fields{}
	maps.Copy(edits, ours.Edits)
	maps.Copy(edits, other.Edits)
	if ours.Edits[Tags] != "" {
		edits[Tags] = MergeSets(nil, other.Base.With(other.Edits).Set(Tags), ours.Edits.Set(Tags))
	}
	return other.ID, tx.rebase(ctx, e, other.ID, other.Base, other.Seen, edits)
}

// repoint moves everything that names record from to record to, and forgets from.
func (tx *Tx) repoint(ctx context.Context, e Entity, from, to int64) error {
	var places []string
	switch e {
	case Contact:
		places = []string{"tasks.contact_id", "appointments.contact_id", "inbound.contact_id", "outbox.contact_id", "texts.contact_id", "short_numbers.contact_id"}
	case Task:
		places = []string{"short_numbers.task_id"}
	case Appointment:
		places = []string{"reminders.appointment_id"}
	}
	for _, p := range places {
		table, column := cutDot(p)
		if _, err := tx.ExecContext(ctx, `UPDATE OR REPLACE `+table+` SET `+column+` = ? WHERE `+column+` = ?`, to, from); err != nil {
			return err
		}
	}
	_, err1 := tx.ExecContext(ctx, `UPDATE outbox SET record_id = ? WHERE record_id = ? AND kind LIKE ? || '.%'`, to, from, string(e))
	_, err2 := tx.ExecContext(ctx, `UPDATE conflicts SET record_id = ? WHERE record_id = ? AND entity = ?`, to, from, string(e))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM `+e.table()+` WHERE id = ?`, from)
	return err
}
