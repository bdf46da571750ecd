package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// OptOut is a number that must not be texted.
type OptOut struct {
	Number string
	Since  time.Time
	Source string // text, gateway, person, crm
	Reason string
	SetDND bool      // the CRM's do-not-disturb was set for this, so its end may lift that
	ToldAt time.Time // when the gateway's own list was to be told; zero: not yet

	LiftedAt time.Time // zero: it stands
	LiftedBy string
}

// OptedOut reads the standing opt-out of a number, if there is one.
func (tx *Tx) OptedOut(ctx context.Context, number string) (o OptOut, found bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT number, since, source, reason, set_dnd, told_at FROM opt_outs WHERE number = ? AND lifted_at IS NULL`, number).
		Scan(&o.Number, millis{&o.Since}, &o.Source, &o.Reason, &o.SetDND, millis{&o.ToldAt})
	if errors.Is(err, sql.ErrNoRows) {
		return o, false, nil
	}
	return o, err == nil, err
}

// OptOut stores an opt-out. One that stands already stays as it is, but the person's own word goes
// before the CRM's.
func (tx *Tx) OptOut(ctx context.Context, o OptOut) error {
	var told any
	if o.Source == "gateway" {
		told = ms(tx.Now)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO opt_outs (number, since, source, reason, set_dnd, told_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (number) DO UPDATE SET since = excluded.since, source = excluded.source, reason = excluded.reason,
		set_dnd = excluded.set_dnd, told_at = excluded.told_at, lifted_at = NULL, lifted_by = NULL WHERE lifted_at IS NOT NULL OR source = 'crm' AND excluded.source <> 'crm'`,
		o.Number, ms(tx.Now), o.Source, o.Reason, o.SetDND, told)
	return err
}

// LiftOptOut ends an opt-out, by the person's own word or by staff. For which contacts it set do-not-disturb is
// forgotten.
func (tx *Tx) LiftOptOut(ctx context.Context, number, by string) error {
	_, err1 := tx.ExecContext(ctx, `UPDATE opt_outs SET lifted_at = ?, lifted_by = ? WHERE number = ? AND lifted_at IS NULL`, ms(tx.Now), by, number)
	_, err2 := tx.ExecContext(ctx, `UPDATE contacts SET consent_for = NULL WHERE phone = ? AND consent_for IS NOT NULL`, number)
	return errors.Join(err1, err2)
}

// SetDNDFor notes that the CRM's do-not-disturb was set for an opt-out, so that its end lifts that.
func (tx *Tx) SetDNDFor(ctx context.Context, number string) error {
	_, err := tx.ExecContext(ctx, `UPDATE opt_outs SET set_dnd = 1 WHERE number = ? AND lifted_at IS NULL`, number)
	return err
}

// LiftedAt is when the last opt-out of a number was lifted; zero if it never was.
func (tx *Tx) LiftedAt(ctx context.Context, number string) (at time.Time, err error) {
	err = tx.QueryRowContext(ctx, `SELECT lifted_at FROM opt_outs WHERE number = ?`, number).Scan(millis{&at})
	if errors.Is(err, sql.ErrNoRows) {
		return at, nil
	}
	return at, err
}

// UntoldOptOut is an opt-out, or its end, that the gateway's own list does not know of.
type UntoldOptOut struct {
	Number string
	Since  time.Time // of the opt-out, or of its end
	Lifted bool
}

// UntoldOptOuts lists them by number.
func (tx *Tx) UntoldOptOuts(ctx context.Context, limit int) ([]UntoldOptOut, error) {
	return query(ctx, tx, func(rows *sql.Rows) (o UntoldOptOut, err error) {
		err = rows.Scan(&o.Number, millis{&o.Since}, &o.Lifted)
		return o, err
	}, `SELECT number, coalesce(lifted_at, since), lifted_at IS NOT NULL FROM opt_outs WHERE (told_at IS NULL) = (lifted_at IS NULL) ORDER BY number LIMIT ?`, limit)
}

// OptOutTold stores that the gateway's own list is told, or that the end is.
func (tx *Tx) OptOutTold(ctx context.Context, number string, out bool) error {
	var told any
	if out {
		told = ms(tx.Now)
	}
	_, err := tx.ExecContext(ctx, `UPDATE opt_outs SET told_at = ? WHERE number = ?`, told, number)
	return err
}

// ConsentTold tells whether a contact's do-not-disturb was set for a number before, and notes that
// it is now: once is enough, since a person may take it off again in the CRM.
func (tx *Tx) ConsentTold(ctx context.Context, contactID int64, number string) (before bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT consent_for IS ? FROM contacts WHERE id = ?`, number, contactID).Scan(&before)
	if err != nil || before {
		return before, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE contacts SET consent_for = ? WHERE id = ?`, number, contactID)
	return false, err
}

// ConsentFreed clears the note that a contact's do-not-disturb was set because of a number, and tells whether there was
// one.
func (tx *Tx) ConsentFreed(ctx context.Context, contactID int64, number string) (was bool, err error) {
	res, err := tx.ExecContext(ctx, `UPDATE contacts SET consent_for = NULL WHERE id = ? AND consent_for = ?`, contactID, number)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// LastOptOut reads the last opt-out of a number, whether it stands or was lifted, if there was one.
func (tx *Tx) LastOptOut(ctx context.Context, number string) (o OptOut, found bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT number, since, source, reason, set_dnd, told_at, lifted_at, coalesce(lifted_by, '') FROM opt_outs WHERE number = ?`, number).
		Scan(&o.Number, millis{&o.Since}, &o.Source, &o.Reason, &o.SetDND, millis{&o.ToldAt}, millis{&o.LiftedAt}, &o.LiftedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return o, false, nil
	}
	return o, err == nil, err
}
