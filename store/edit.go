package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Create makes a record that exists only here so far. contactID is ignored for contacts.
func (tx *Tx) Create(ctx context.Context, e Entity, contactID int64, value Fields, by Origin) (int64, error) {
	columns, values := `edits, marks, changed_at`, `?, ?, ?`
	args := []any{value.encode(), tx.withInfo(nil, value, by).encodeOrNull(), ms(tx.Now)}
	if e == Contact {
		columns, values = columns+`, change`, values+`, `+nextChange
	} else {
		columns, values, args = columns+`, contact_id`, values+`, ?`, append(args, contactID)
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO `+e.table()+` (`+columns+`) VALUES (`+values+`)`, args...)
	if err != nil {
		return 0, fmt.Errorf("create %s: %w", e, err)
	}
	return res.LastInsertId()
}

// Edit changes a record locally; the CRM gets it at the next cycle. Fields that already have
// the value are left alone, so that repeating an edit is no edit.
func (tx *Tx) Edit(ctx context.Context, e Entity, id int64, patch Fields, by Origin) (changed bool, err error) {
	r, err := tx.Record(ctx, e, id)
	if err != nil {
		return false, err
	}
	edits, now := Fields{}, Fields{}
	maps.Copy(edits, r.Edits)
	for k, v := range patch {
		if r.Get(k) != v {
			edits[k], now[k], changed = v, v, true
		}
	}
	if !changed {
		return false, nil
	}
	for _, field := range now.Names() {
		if err := tx.closeConflicts(ctx, e, id, field); err != nil {
			return false, err
		}
	}
	r.Edits, r.EditInfos = edits, tx.withInfo(r.EditInfos, now, by)
	return true, tx.rebase(ctx, &r)
}

// withInfo adds who made these edits, and that it was now.
func (tx *Tx) withInfo(have EditInfos, edits Fields, by Origin) EditInfos {
	out := EditInfos{}
	maps.Copy(out, have)
	info := EditInfo{By: by, At: tx.Now.UnixMilli()}
	if by == ByPerson {
		info.Who = tx.Who
	}
	for field := range edits {
		out[field] = info
	}
	return out
}

// Withdraw takes edits of some fields back, as if they had never been made.
func (tx *Tx) Withdraw(ctx context.Context, e Entity, id int64, fields ...string) error {
	r, err := tx.Record(ctx, e, id)
	if err != nil {
		return err
	}
	for _, f := range fields {
		delete(r.Edits, f)
	}
	return tx.rebase(ctx, &r)
}

// Rebase stores a new base and the edits that remain.
func (tx *Tx) Rebase(ctx context.Context, e Entity, id int64, base, edits Fields) error {
	r, err := tx.Record(ctx, e, id)
	if err != nil {
		return err
	}
	r.Base, r.Seen, r.Edits = base, nil, edits
	return tx.rebase(ctx, &r)
}

// rebase stores the values of a record. Who made an edit, and that the CRM did not keep it, is stored only while
// the field is edited.
func (tx *Tx) rebase(ctx context.Context, r *Record) error {
	if len(r.Edits) == 0 {
		r.Edits = nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE `+r.Entity.table()+` SET base = ?, seen = ?, edits = ?, marks = ?, refused = ?, rev = rev + 1, changed_at = ?`+
		r.Entity.moves()+` WHERE id = ?`,
		r.Base.encode(), r.Seen.encodeOrNull(), r.Edits.encodeOrNull(), only(r.EditInfos, r.Edits).encodeOrNull(), only(r.Refused, r.Edits).encodeOrNull(),
		ms(tx.Now), r.ID)
	if err != nil {
		return fmt.Errorf("rebase %s %d: %w", r.Entity, r.ID, err)
	}
	return nil
}

// only is the part of m for the fields in edits; nil if there is none.
func only[M ~map[string]V, V any](m M, edits Fields) M {
	out := M{}
	for field, v := range m {
		if _, ok := edits[field]; ok {
			out[field] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Wrote stores that the CRM took sent and now shows value, which it says was changed at a time. Only what was sent is agreed on by
// that; whatever else value shows is merged like any change seen. What was sent is no edit any
// more, unless it was edited again meanwhile, or the CRM did not keep it: then it is sent once
// more, and if that is in vain too it is given up and returned.
func (tx *Tx) Wrote(ctx context.Context, e Entity, id int64, value, sent Fields, at time.Time, kept func(field, sent, shown string) bool) (givenUp Fields, err error) {
	r, err := tx.Record(ctx, e, id)
	if err != nil {
		return nil, err
	}
	agreed, edits, refused := Fields{}, Fields{}, Fields{}
	givenUp = Fields{}
	for k := range sent {
		agreed[k] = value[k]
	}
	for k, v := range r.Edits {
		s, ok := sent[k]
		before, again := r.Refused[k]
		switch {
		case !ok || s != v:
			edits[k] = v
		case kept(k, s, value[k]):
		case again && before == s:
			givenUp[k] = s
		default:
			edits[k], refused[k] = v, s
		}
	}
	r.Base, r.Edits, r.Refused = r.Base.With(agreed), edits, refused
	r.Seen = nil
	if !maps.Equal(r.Base, value) {
		r.Seen = value.With(nil)
	}
	if err := tx.rebase(ctx, &r); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE `+e.table()+` SET hash = ?1, sure_at = ?2, seen_at = CASE WHEN seen IS NULL THEN seen_at ELSE ?3 END WHERE id = ?4`,
		value.Hash(), ms(tx.Now), ms(tx.stamp(at)), id)
	if err != nil {
		return nil, fmt.Errorf("store what the CRM took of %s %d: %w", e, id, err)
	}
	return givenUp, nil
}

// Doom requests the deletion of a record in the CRM. A record that the CRM never had is gone at once.
func (tx *Tx) Doom(ctx context.Context, e Entity, id int64) error {
	r, err := tx.Record(ctx, e, id)
	if err != nil {
		return err
	}
	flying, err := tx.InFlight(ctx, e, id)
	if err != nil {
		return err
	}
	if r.CRMID == "" && !flying {
		return tx.forgetRecord(ctx, r, "deleted here")
	}
	_, err = tx.ExecContext(ctx, `UPDATE `+e.table()+` SET doomed_at = ?, rev = rev + 1 WHERE id = ? AND gone_at IS NULL AND doomed_at IS NULL`, ms(tx.Now), id)
	return err
}

// Spare withdraws the request for deletion.
func (tx *Tx) Spare(ctx context.Context, e Entity, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+e.table()+` SET doomed_at = NULL, rev = rev + 1 WHERE id = ? AND doomed_at IS NOT NULL`, id)
	return err
}

// TagsTaken stores that the CRM took tags to add and to remove: they are agreed on, whatever it
// made of their spelling.
func (tx *Tx) TagsTaken(ctx context.Context, id int64, added, removed []string) error {
	r, err := tx.Record(ctx, Contact, id)
	if err != nil {
		return err
	}
	tags := slices.DeleteFunc(append(r.Base.Set(Tags), added...), func(s string) bool { return slices.Contains(removed, s) })
	r.Base = r.Base.With(Fields{Tags: EncodeSet(tags)})
	return tx.rebase(ctx, &r)
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
	_, err = tx.ExecContext(ctx, `UPDATE `+e.table()+` SET gone_at = NULL, doomed_at = coalesce(doomed_at, ?1), rev = rev + (?1 IS NOT NULL) WHERE id = ?2`,
		ms(ours.DoomedAt), other.ID)
	if err != nil {
		return 0, fmt.Errorf("join %s %d to %d: %w", e, id, other.ID, err)
	}
	if e == Contact && !other.GoneAt.IsZero() {
		if err := tx.revive(ctx, crmID); err != nil {
			return 0, err
		}
	}
	return other.ID, tx.inherit(ctx, &other, &ours)
}

// inherit adds the edits of from to those of to, which win. Tags are merged: what from added and removed.
func (tx *Tx) inherit(ctx context.Context, to, from *Record) error {
	if len(from.Edits) == 0 {
		return nil
	}
	edits, infos := Fields{}, EditInfos{}
	maps.Copy(edits, from.Edits)
	maps.Copy(edits, to.Edits)
	maps.Copy(infos, from.EditInfos)
	maps.Copy(infos, to.EditInfos)
	if _, ok := from.Edits[Tags]; ok {
		theirs := Fields{Tags: MergeSets(to.Base.Set(Tags), to.CRM().Set(Tags), to.Base.With(to.Edits).Set(Tags))}
		edits[Tags] = MergeSets(from.Base.Set(Tags), theirs.Set(Tags), from.Edits.Set(Tags))
		to.Base = to.Base.With(Fields{Tags: to.CRM()[Tags]})
	}
	to.Edits, to.EditInfos = edits, infos
	return tx.rebase(ctx, to)
}

// MergedInto notes that the CRM merged a contact, which is gone, into another. What only waited
// here for the first is the second's now, and so is what came in from it. What the CRM has is
// moved by the CRM, so that a contact that comes back comes back with its own.
func (tx *Tx) MergedInto(ctx context.Context, gone, into int64) error {
	from, err := tx.Record(ctx, Contact, gone)
	if err != nil {
		return err
	}
	to, err := tx.Record(ctx, Contact, into)
	if err != nil {
		return err
	}
	for _, q := range []string{
		`UPDATE tasks SET contact_id = ?1, rev = rev + 1 WHERE contact_id = ?2 AND crm_id IS NULL`,
		`UPDATE notes SET contact_id = ?1, rev = rev + 1 WHERE contact_id = ?2 AND crm_id IS NULL`,
		`UPDATE inbound SET contact_id = ?1 WHERE contact_id = ?2`,
		`UPDATE outbox SET contact_id = ?1 WHERE contact_id = ?2 AND state IN ('pending', 'held', 'unknown') AND kind IN (` + kindsSQL(Kind.movesWithContact) + `)
			OR contact_id = ?2 AND state IN ('pending', 'held', 'sending', 'unknown') AND kind IN (` + kindsSQL(Kind.makesNoRecord) + `)`, // no record has it planned anew
		`UPDATE contacts SET merged_into = ?1 WHERE id = ?2`,
	} {
		if _, err := tx.ExecContext(ctx, q, into, gone); err != nil {
			return fmt.Errorf("merge contact %d into %d: %w", gone, into, err)
		}
	}
	delete(from.Edits, Phone)
	delete(from.Edits, Email)
	if err := tx.inherit(ctx, &to, &from); err != nil {
		return err
	}
	from.Edits = nil
	return tx.rebase(ctx, &from)
}

// repoint makes everything that refers to record from refer to record to, and removes from.
func (tx *Tx) repoint(ctx context.Context, e Entity, from, to int64) error {
	var places []string
	switch e {
	case Contact:
		places = []string{"tasks.contact_id", "appointments.contact_id", "notes.contact_id", "entries.contact_id", "contacts.merged_into", "inbound.contact_id", "outbox.contact_id", "texts.contact_id", "questions.contact_id"}
	case Task:
		places = []string{"short_numbers.task_id"}
	case Appointment:
		places = []string{"reminders.appointment_id", "questions.appointment_id"}
	case Note:
	}
	for _, p := range places {
		table, column := cutDot(p)
		if _, err := tx.ExecContext(ctx, `UPDATE OR REPLACE `+table+` SET `+column+` = ? WHERE `+column+` = ?`, to, from); err != nil {
			return err
		}
	}
	_, err1 := tx.ExecContext(ctx, `UPDATE outbox SET record_id = ? WHERE record_id = ? AND kind LIKE ? || '.%'`, to, from, string(e))
	_, err2 := tx.ExecContext(ctx, `UPDATE conflicts SET record_id = ? WHERE record_id = ? AND entity = ?`, to, from, string(e))
	if err := errors.Join(err1, err2, tx.repointRules(ctx, e, from, to)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM `+e.table()+` WHERE id = ?`, from)
	return err
}
