package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// BrakeKind is the kind of a suspicion.
type BrakeKind string

// The kinds of brakes.
const (
	Deletions  BrakeKind = "deletions"  // too many records vanished at once
	Incomplete BrakeKind = "incomplete" // a list that should show everything did not
	Changes    BrakeKind = "changes"    // too many records changed at once
	Identity   BrakeKind = "identity"   // the token is another one than the records were read with
	Clock      BrakeKind = "clock"      // this machine's clock is wrong
	Restored   BrakeKind = "restored"   // the mirror is a copy, or was put back from one
)

// BrakeState is the state of a brake.
type BrakeState string

// The states of a brake. While one is not Over, finding the same thing again changes nothing.
const (
	BrakeHeld     BrakeState = "held"     // it holds, until a person decides or it is over
	BrakeReleased BrakeState = "released" // a person believes it
	BrakeDropped  BrakeState = "dropped"  // a person does not believe it
	BrakeOver     BrakeState = "over"
)

// Brake is a suspicion with its evidence. It holds back the records that it is about, and nothing else.
type Brake struct {
	ID        int64
	Kind      BrakeKind
	Entity    Entity // empty: all
	Scope     string // a calendar or a list, empty: all
	Size      int    // how many records it is about
	Evidence  string
	State     BrakeState
	FoundAt   time.Time
	DecidedAt time.Time
}

// Title is the kind of a brake and what it is about, such as deletions of open tasks.
func (b *Brake) Title() string {
	if about := b.About(); about != "" {
		return string(b.Kind) + " of " + about
	}
	return string(b.Kind)
}

// About names what a brake is about, such as appointments in a calendar; empty: everything.
func (b *Brake) About() string {
	switch {
	case b.Entity == "":
		return ""
	case b.Entity == EntryEntity:
		return "the address book"
	case b.Scope == "":
		return string(b.Entity) + "s"
	case b.Entity == Task:
		return b.Scope + " tasks"
	}
	return string(b.Entity) + "s in " + b.Scope
}

// ErrNoBrake says that there is no such brake.
var ErrNoBrake = errors.New("no such brake")

const brakeColumns = `id, kind, entity, scope, size, evidence, state, found_at, decided_at`

func scanBrake(rows *sql.Rows) (b Brake, err error) {
	err = rows.Scan(&b.ID, &b.Kind, &b.Entity, &b.Scope, &b.Size, &b.Evidence, &b.State, millis{&b.FoundAt}, millis{&b.DecidedAt})
	return b, err
}

// Brake reads one.
func (tx *Tx) Brake(ctx context.Context, id int64) (Brake, error) {
	all, err := query(ctx, tx, scanBrake, `SELECT `+brakeColumns+` FROM brakes WHERE id = ?`, id)
	if err == nil && len(all) == 0 {
		err = ErrNoBrake
	}
	if err != nil {
		return Brake{}, fmt.Errorf("brake b%d: %w", id, err)
	}
	return all[0], nil
}

// Standing reads the brake that stands for something, if one does.
func (tx *Tx) Standing(ctx context.Context, kind BrakeKind, e Entity, scope string) (b Brake, found bool, err error) {
	all, err := tx.Brakes(ctx)
	for i := range all {
		if b := &all[i]; b.Kind == kind && b.Entity == e && b.Scope == scope {
			return *b, true, nil
		}
	}
	return Brake{State: BrakeOver}, false, err
}

// Holds tells whether a brake of a kind holds now.
func (tx *Tx) Holds(ctx context.Context, kind BrakeKind) (bool, error) {
	b, _, err := tx.Standing(ctx, kind, "", "")
	return b.State == BrakeHeld, err
}

// Brakes lists those that stand, oldest first.
func (tx *Tx) Brakes(ctx context.Context) ([]Brake, error) {
	return tx.brakes.or(func() ([]Brake, error) {
		return query(ctx, tx, scanBrake, `SELECT `+brakeColumns+` FROM brakes INDEXED BY brakes_standing WHERE state <> 'over' ORDER BY id`)
	})
}

// BrakesBetween lists those that stood at some time in a span, oldest first.
func (tx *Tx) BrakesBetween(ctx context.Context, from, until time.Time) ([]Brake, error) {
	return query(ctx, tx, scanBrake, `SELECT `+brakeColumns+` FROM brakes WHERE found_at <= ? AND (decided_at IS NULL OR decided_at >= ?) ORDER BY id`, ms(until), ms(from))
}

// Pull notes something suspicious and returns the brake that now stands for it, and whether it is
// new. What a person decided about the same thing stays decided, unless it has become larger.
func (tx *Tx) Pull(ctx context.Context, b Brake) (standing Brake, added bool, err error) {
	old, found, err := tx.Standing(ctx, b.Kind, b.Entity, b.Scope)
	if err != nil {
		return b, false, err
	}
	b.State, b.FoundAt = BrakeHeld, tx.Now
	switch {
	case found && old.State != BrakeHeld && b.Size <= old.Size:
		return old, false, nil
	case found:
		b.ID = old.ID
		tx.brakes.forget()
		_, err = tx.ExecContext(ctx, `UPDATE brakes SET size = ?, evidence = ?, state = 'held', decided_at = NULL WHERE id = ?`, b.Size, b.Evidence, b.ID)
		return b, old.State != BrakeHeld, err
	}
	tx.brakes.forget()
	res, err := tx.ExecContext(ctx, `INSERT INTO brakes (kind, entity, scope, size, evidence, found_at) VALUES (?, ?, ?, ?, ?, ?)`,
		b.Kind, b.Entity, b.Scope, b.Size, b.Evidence, ms(tx.Now))
	if err != nil {
		return b, false, fmt.Errorf("pull the brake: %w", err)
	}
	b.ID, err = res.LastInsertId()
	return b, true, err
}

// Over ends the brake that stands for something, if one does: it is not suspicious any more. What
// it held goes on.
func (tx *Tx) Over(ctx context.Context, kind BrakeKind, e Entity, scope string) error {
	b, found, err := tx.Standing(ctx, kind, e, scope)
	if err != nil || !found {
		return err
	}
	if err := tx.letGo(ctx, b.ID); err != nil {
		return err
	}
	return tx.decide(ctx, b.ID, BrakeOver)
}

// DecideBrake stores a person's word about a brake that stands. A released one lets go what it
// held.
func (tx *Tx) DecideBrake(ctx context.Context, id int64, state BrakeState) error {
	b, err := tx.Brake(ctx, id)
	switch {
	case err != nil:
		return err
	case b.State == BrakeOver:
		return fmt.Errorf("brake b%d is over: nothing is held by it", id)
	case state == BrakeDropped && (b.Kind == Clock || b.Kind == Restored || b.Kind == Identity):
		return fmt.Errorf("brake b%d (%s) can only be released", id, b.Kind)
	case state == BrakeDropped:
		err = tx.turnDown(ctx, b)
	default:
		err = tx.letGo(ctx, id)
	}
	if err != nil {
		return err
	}
	return tx.decide(ctx, id, state)
}

func (tx *Tx) decide(ctx context.Context, id int64, state BrakeState) error {
	tx.brakes.forget()
	_, err := tx.ExecContext(ctx, `UPDATE brakes SET state = ?, decided_at = ? WHERE id = ?`, state, ms(tx.Now), id)
	return err
}

// letGo releases what a brake holds. Each contact gets its own place in the order of changes, or readers that
// page through it would miss those beyond the first page.
func (tx *Tx) letGo(ctx context.Context, id int64) error {
	for _, q := range []string{
		`UPDATE contacts SET held_by = NULL, change = (SELECT max(change) FROM contacts) + id WHERE held_by = ?1`,
		`UPDATE appointments SET held_by = NULL WHERE held_by = ?1`,
		`UPDATE entries SET held_by = NULL WHERE held_by = ?1`,
		`UPDATE events SET held_by = NULL WHERE held_by = ?1`,
		`UPDATE outbox SET state = ` + letGoTo + `, reason = 'released with its brake', brake_id = NULL, due_at = ?2 WHERE brake_id = ?1 AND state = 'held'`,
	} {
		if _, err := tx.ExecContext(ctx, q, id, ms(tx.Now)); err != nil {
			return fmt.Errorf("let go what brake b%d holds: %w", id, err)
		}
	}
	return nil
}

// turnDown drops what a brake holds: nothing follows from the changes it is about.
func (tx *Tx) turnDown(ctx context.Context, b Brake) error {
	for _, q := range []string{
		`UPDATE contacts SET held_by = NULL WHERE held_by = ?1`,
		`UPDATE appointments SET held_by = NULL WHERE held_by = ?1`,
		`UPDATE entries SET base = coalesce(seen, base), seen = NULL, held_by = NULL WHERE held_by = ?1`,
		`DELETE FROM events WHERE held_by = ?1`,
		`UPDATE reminders SET code = 'by-hand' WHERE outbox_id IN (SELECT id FROM outbox WHERE brake_id = ?1 AND state = 'held')`,
		`UPDATE outbox SET state = 'dropped', reason = 'given up with its brake', done_at = ?2, brake_id = NULL WHERE brake_id = ?1 AND state = 'held'`,
	} {
		if _, err := tx.ExecContext(ctx, q, b.ID, ms(tx.Now)); err != nil {
			return fmt.Errorf("give up what brake b%d holds: %w", b.ID, err)
		}
	}
	return nil
}

// Quarantine holds what follows from the changes of a kind of records since a time. For tasks and notes that is
// only the events that rules see.
func (tx *Tx) Quarantine(ctx context.Context, e Entity, brake int64, since time.Time) error {
	if err := tx.quarantineEvents(ctx, e, brake, since); err != nil || e != Contact && e != Appointment {
		return err
	}
	var number string
	if e == Contact { // before it is merged: then nobody knows what it was
		number = `, number_held = coalesce(held_by IS NOT NULL AND number_held, 0) OR seen IS NOT NULL AND seen ->> '$.phone' IS NOT base ->> '$.phone'`
	}
	_, err := tx.ExecContext(ctx, `UPDATE `+e.table()+` SET held_by = ?`+number+` WHERE changed_at >= ?`, brake, ms(since))
	return err
}

// QuarantineEntries does the same for a list of the gateway's address book.
func (tx *Tx) QuarantineEntries(ctx context.Context, list string, brake int64, since time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE entries SET held_by = ? WHERE list = ? AND seen IS NOT NULL AND base IS NOT NULL AND changed_at >= ?`, brake, list, ms(since))
	return err
}

// Living counts the records of a kind that the CRM has.
func (tx *Tx) Living(ctx context.Context, e Entity) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM `+e.table()+` WHERE crm_id IS NOT NULL AND hash IS NOT NULL AND gone_at IS NULL`).Scan(&n)
	return n, err
}
