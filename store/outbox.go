package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// State is the state of an intent.
type State string

// The states of an intent:
//
//	pending ─▶ sending ─▶ done
//	   ▲          ├─────▶ failed   certainly not done, and no use to try again
//	   │          └─────▶ unknown  may have been done: asked outside, never simply repeated
//	   ├── held     a brake or a limit stopped it, or its key is another's; a person releases it
//	   └── dropped  no longer wanted; the reason says why
const (
	Pending State = "pending"
	Held    State = "held"
	Sending State = "sending"
	Unknown State = "unknown"
	Done    State = "done"
	Failed  State = "failed"
	Dropped State = "dropped"
)

// Intent is one effect to be carried outside.
type Intent struct {
	ID        int64
	Key       string // the same effect has the same key, whoever plans it and however often
	Kind      Kind
	ContactID int64 // 0: nobody's
	RecordID  int64 // 0: none, as with texts and messages
	Rev       int64 // of the record when this was planned
	Payload   json.RawMessage
	Before    Fields // with Done: what the payload's fields were; nil: not known or nothing
	State     State
	Reason    string
	Attempts  int
	DueAt     time.Time
	ExpiresAt time.Time // zero: never
	CreatedAt time.Time
	StartedAt time.Time
	DoneAt    time.Time
	UndoneAt  time.Time // when its inverse was asked for
	OutsideID string
	BrakeID   int64 // with Held: the brake that holds it; 0: a limit, or a key that belongs to another effect
	Asked     int   // how often the outside was asked about it since it was last begun
	AskedAt   time.Time
	Waits     bool   // with Unknown: asking has not helped, a person decides
	Cause     string // the first thing that kept it from being done
	AskedBy   string // who asked for it; empty: nobody, or that was not kept
}

// Fields reads the payload of an intent that writes a record.
func (i *Intent) Fields() (Fields, error) {
	f := Fields{}
	if err := json.Unmarshal(i.Payload, &f); err != nil {
		return nil, fmt.Errorf("payload of intent %d: %w", i.ID, err)
	}
	return f, nil
}

const intentColumns = `o.id, o.key, o.kind, coalesce(o.contact_id, 0), coalesce(o.record_id, 0), o.rev, o.payload, o.before, o.state, o.reason,
	o.attempts, o.due_at, o.expires_at, o.created_at, o.started_at, o.done_at, o.undone_at, coalesce(o.outside_id, ''), coalesce(o.brake_id, 0),
	o.asked, o.asked_at, o.waits AND o.state = 'unknown', o.cause, o.asked_by`

func scanIntent(rows *sql.Rows) (i Intent, err error) {
	var payload string
	err = rows.Scan(&i.ID, &i.Key, &i.Kind, &i.ContactID, &i.RecordID, &i.Rev, &payload, &i.Before, &i.State, &i.Reason,
		&i.Attempts, millis{&i.DueAt}, millis{&i.ExpiresAt}, millis{&i.CreatedAt}, millis{&i.StartedAt}, millis{&i.DoneAt},
		millis{&i.UndoneAt}, &i.OutsideID, &i.BrakeID, &i.Asked, millis{&i.AskedAt}, &i.Waits, &i.Cause, &i.AskedBy)
	i.Payload = json.RawMessage(payload)
	return i, err
}

func (tx *Tx) intents(ctx context.Context, rest string, args ...any) ([]Intent, error) {
	return query(ctx, tx, scanIntent, `SELECT `+intentColumns+` FROM outbox o `+rest, args...)
}

// Intent reads one intent.
func (tx *Tx) Intent(ctx context.Context, id int64) (Intent, error) {
	all, err := tx.intents(ctx, `WHERE o.id = ?`, id)
	if err == nil && len(all) == 0 {
		err = ErrNoIntent
	}
	if err != nil {
		return Intent{}, fmt.Errorf("effect %d: %w", id, err)
	}
	return all[0], nil
}

// ErrNoIntent says that the outbox has no such intent.
var ErrNoIntent = errors.New("not in the outbox")

// Ready lists pending intents that are due, in the order in which they should leave: at most
// limit texts and limit others, so that a queue before a closed side never hides the other
// side's. What needs the contact's CRM id waits until the contact has one. The + keeps SQLite from
// going through all texts ever sent instead of all that is pending.
func (tx *Tx) Ready(ctx context.Context, limit int) ([]Intent, error) {
	texts, err := tx.intents(ctx, `WHERE o.state = 'pending' AND o.due_at <= ? AND +o.kind = 'text.send' ORDER BY o.id LIMIT ?`, ms(tx.Now), limit)
	if err != nil {
		return nil, err
	}
	others, err := tx.intents(ctx, `LEFT JOIN contacts c ON c.id = o.contact_id
		WHERE o.state = 'pending' AND o.due_at <= ? AND o.kind <> 'text.send'
		AND (o.kind IN (`+kindsSQL(Kind.alone)+`) OR c.crm_id IS NOT NULL)
		ORDER BY o.priority, o.id LIMIT ?`, ms(tx.Now), limit)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(texts, others)
	slices.SortFunc(all, func(a, b Intent) int {
		return cmp.Or(cmp.Compare(a.Kind.priority(), b.Kind.priority()), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// Unsettled lists intents whose outcome is not known: all in state sending, and those in state unknown
// that are due to be asked about.
func (tx *Tx) Unsettled(ctx context.Context) ([]Intent, error) {
	return tx.intents(ctx, `WHERE o.state = 'sending' OR (o.state = 'unknown' AND o.due_at <= ?) ORDER BY o.id`, ms(tx.Now))
}

// NextAsk is when the first intent of unknown outcome is to be asked about, after now; zero: none is.
func (tx *Tx) NextAsk(ctx context.Context) (at time.Time, err error) {
	err = tx.QueryRowContext(ctx, `SELECT min(due_at) FROM outbox WHERE state = 'unknown' AND due_at > ?`, ms(tx.Now)).Scan(millis{&at})
	return at, err
}

// Claim takes a pending intent for delivery: from here on, unless an outcome is stored, it
// counts as perhaps done. A text is claimed for one gateway, since no other can be asked about it.
func (tx *Tx) Claim(ctx context.Context, id int64, gateway string) error {
	if err := tx.move(ctx, id, `state = 'sending', reason = '', attempts = attempts + 1, started_at = ?1,
		asked = 0, asked_at = NULL, waits = 0`, `state = 'pending'`); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE texts SET gateway = ? WHERE outbox_id = ?`, gateway, id)
	return err
}

// tooLate is why something is given up, followed by what kept it until then.
const tooLate = "it was too late"

// Expire drops intents that are too late, and caps due times that were set by a clock that ran ahead. A text of a
// rule may wait for a day of the week from when it was planned.
func (tx *Tx) Expire(ctx context.Context) error {
	const longest, week = 25 * time.Hour, 8 * 24 * time.Hour
	_, err1 := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', reason = ?3 || CASE WHEN cause <> '' THEN ': ' || cause ELSE '' END, late = 1, done_at = ?1
		WHERE state = 'pending' AND expires_at <= ?1
		   OR state = 'held' AND coalesce((SELECT min(starts) <= ?2 FROM reminders WHERE outbox_id = outbox.id AND due_at < unixepoch(starts) * 1000), expires_at <= ?1)`,
		ms(tx.Now), tx.Now.Format(TimeForm), tooLate)
	_, err2 := tx.ExecContext(ctx, `UPDATE outbox SET due_at = ?1 WHERE state IN ('pending', 'unknown') AND due_at > ?2
		AND NOT (attempts = 0 AND created_at <= ?1 AND due_at <= ?3 AND EXISTS (SELECT 1 FROM texts WHERE outbox_id = outbox.id AND purpose IN (?4, ?5)))`,
		ms(tx.Now), ms(tx.Now.Add(longest)), ms(tx.Now.Add(week)), ForRule, ForNotice)
	_, err3 := tx.ExecContext(ctx, `UPDATE texts SET check_at = ?1 WHERE check_at > ?2`, ms(tx.Now), ms(tx.Now.Add(longest)))
	return errors.Join(err1, err2, err3)
}

// Outcome is what became of an intent, as far as it is known.
type Outcome struct {
	State     State
	Reason    string    // in words a person understands
	OutsideID string    // with Done: the id the outside gave
	Before    Fields    // with Done: what was there before, for an undo
	DueAt     time.Time // with Pending and Unknown: not before
	Tried     bool      // counts as an attempt although nothing was claimed
	Asked     bool      // the outside was asked about it
	Waits     bool      // with Unknown: it is left to a person, unless the outside says more
	Late      bool      // it is given up for being late, whatever State says
	Code      Obstacle  // what kind of thing keeps it from being done; empty: nothing does
}

// Conclude stores the outcome of an intent that was claimed.
func (tx *Tx) Conclude(ctx context.Context, id int64, out Outcome) error {
	done := time.Time{}
	if out.State == Done || out.State == Failed || out.State == Dropped {
		done = tx.Now
	}
	due := out.DueAt
	if due.IsZero() {
		due = tx.Now
	}
	if out.Late {
		out.State, out.Reason, done = Dropped, tooLate, tx.Now
	}
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?1, reason = CASE WHEN ?12 AND cause <> '' THEN ?2 || ': ' || cause ELSE ?2 END,
		cause = CASE WHEN (?13 <> '' OR ?1 = 'unknown') AND (cause = '' OR cause GLOB 'paused*' AND ?2 GLOB 'paused*') THEN ?2 ELSE cause END, code = ?13, late = ?12, due_at = ?3, done_at = ?4, attempts = attempts + ?5,
		asked = asked + ?6, asked_at = CASE WHEN ?6 THEN ?7 ELSE asked_at END, waits = ?8,
		outside_id = coalesce(nullif(?9, ''), outside_id), before = coalesce(?10, before) WHERE id = ?11 AND state IN ('pending', 'sending', 'unknown')`,
		out.State, out.Reason, ms(due), ms(done), out.Tried, out.Asked, ms(tx.Now), out.Waits, out.OutsideID, out.Before.encodeOrNull(), id, out.Late, out.Code)
	if err == nil && out.Reason != "" && out.Code != Guarded && (out.State == Pending || out.State == Unknown || out.State == Failed) {
		err = tx.noteTry(ctx, Try{OutboxID: id, State: out.State, Reason: out.Reason, Asked: out.Asked})
	}
	if err != nil {
		return fmt.Errorf("store the outcome of intent %d: %w", id, err)
	}
	return nil
}

// move changes one intent if it is in the state that cond asks for. ?1 is now.
func (tx *Tx) move(ctx context.Context, id int64, set, cond string) error {
	res, err := tx.ExecContext(ctx, `UPDATE outbox SET `+set+` WHERE id = ?2 AND `+cond, ms(tx.Now), id)
	if err != nil {
		return fmt.Errorf("effect %d: %w", id, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	i, err := tx.Intent(ctx, id)
	if err != nil {
		return err
	}
	return fmt.Errorf("effect %d is %s: %w: ghlsms outbox show %d", id, i.State, ErrState, id)
}

// ErrState says that an intent is in a state in which that cannot be done with it.
var ErrState = errors.New("that cannot be done with it")

// Retry puts an intent that failed or is unknown back in line, and ends the wait of a pending
// one. For an unknown text this is a person's decision that it did not leave.
func (tx *Tx) Retry(ctx context.Context, id int64) error {
	return tx.move(ctx, id, `state = 'pending', reason = 'tried again by hand', code = '', due_at = ?1, done_at = NULL, attempts = 0, waits = 0`,
		`state IN ('failed', 'unknown', 'pending')`)
}

// Undone notes that the inverse of what was done was asked for.
func (tx *Tx) Undone(ctx context.Context, id int64) error {
	return tx.move(ctx, id, `undone_at = ?1`, `state = 'done' AND undone_at IS NULL`)
}

// AskAgain has the outside asked about an unknown intent at the next cycle.
func (tx *Tx) AskAgain(ctx context.Context, id int64) error {
	return tx.move(ctx, id, `due_at = ?1`, `state = 'unknown'`)
}

// letGoTo is the state after a hold: pending, or unknown for an intent that may have been done before the mirror
// was put back from a copy.
const letGoTo = `CASE WHEN started_at IS NULL THEN 'pending' ELSE 'unknown' END`

// Release lets a held intent go, however long it was held.
func (tx *Tx) Release(ctx context.Context, id int64) error {
	return tx.move(ctx, id, `state = `+letGoTo+`, reason = 'released by hand', due_at = ?1, expires_at = NULL, brake_id = NULL`, `state = 'held'`)
}

// LastFailed tells whether the last effect of a kind on a revision of a record failed for good.
func (tx *Tx) LastFailed(ctx context.Context, k Kind, recordID, rev int64) (failed bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce((SELECT state = 'failed' FROM outbox WHERE record_id = ? AND kind = ? AND rev = ? ORDER BY id DESC LIMIT 1), 0)`,
		recordID, k, rev).Scan(&failed)
	return failed, err
}

// Drop gives an intent up, with the edits it would have carried: the record is as the CRM has
// it again, and a record that was never created is gone.
func (tx *Tx) Drop(ctx context.Context, id int64, reason string) error {
	in, err := tx.Intent(ctx, id)
	if err != nil {
		return err
	}
	if in.State == Done || in.State == Dropped || in.State == Sending {
		return fmt.Errorf("effect %d is %s: that cannot be given up: ghlsms outbox show %d", id, in.State, id)
	}
	if err := tx.dropWhere(ctx, reason, `id = ?3`, id); err != nil {
		return err
	}
	if in.Kind == SendText { // or the reminder might be decided anew
		_, err := tx.ExecContext(ctx, `UPDATE reminders SET code = ? WHERE outbox_id = ?`, CodeByHand, id)
		return err
	}
	if in.RecordID == 0 {
		return nil
	}
	return tx.forget(ctx, in)
}

// forget removes from a record the edits that an intent carries, or the request for its deletion.
func (tx *Tx) forget(ctx context.Context, in Intent) error {
	e := in.Kind.Entity()
	if !slices.Contains(Entities, e) {
		return nil
	}
	r, err := tx.Record(ctx, e, in.RecordID)
	switch {
	case err != nil:
		return err
	case r.CRMID == "":
		return tx.forgetRecord(ctx, r, "given up by hand")
	case in.Kind.Deletes():
		return tx.Spare(ctx, e, r.ID)
	}
	payload, err := in.Fields()
	if err != nil {
		return err
	}
	for field := range payload {
		delete(r.Edits, field)
	}
	return tx.rebase(ctx, &r)
}

// Forget removes a record that has no CRM id, and drops what waits for it.
func (tx *Tx) Forget(ctx context.Context, e Entity, id int64, reason string) error {
	r, err := tx.Record(ctx, e, id)
	if err != nil {
		return err
	}
	return tx.forgetRecord(ctx, r, reason)
}

// forgetRecord removes a record that the CRM never had, and drops what waits for it.
func (tx *Tx) forgetRecord(ctx context.Context, r Record, reason string) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+r.Entity.table()+` SET gone_at = ?, doomed_at = NULL`+r.Entity.moves()+` WHERE id = ?`, ms(tx.Now), r.ID)
	if err == nil {
		_, err = tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', reason = ?, done_at = ? WHERE record_id = ? AND kind LIKE ? || '.%'
			AND state IN ('pending', 'held', 'failed')`, reason, ms(tx.Now), r.ID, string(r.Entity))
	}
	if err != nil || r.Entity != Contact {
		return err
	}
	return tx.forgetFor(ctx, r.ID)
}

// forgetFor drops what waits for a contact that the CRM will never have.
func (tx *Tx) forgetFor(ctx context.Context, contactID int64) error {
	for _, e := range []Entity{Task, Note} {
		if _, err := tx.ExecContext(ctx, `UPDATE `+e.table()+` SET gone_at = ? WHERE contact_id = ? AND crm_id IS NULL`, ms(tx.Now), contactID); err != nil {
			return err
		}
	}
	return tx.dropWhere(ctx, "its contact was given up", `contact_id = ?3 AND kind <> 'text.send' AND state IN ('pending', 'held')`, contactID)
}

// DropTexts gives up all waiting texts to a number, save the confirmation of an opt-out.
func (tx *Tx) DropTexts(ctx context.Context, number, reason string) error {
	return tx.dropWhere(ctx, reason, `state IN ('pending', 'held') AND id IN (SELECT outbox_id FROM texts WHERE number = ?3 AND purpose <> 'opt-out')`, number)
}

// DropKeys gives up the waiting intents whose keys begin so, and tells how many there were.
func (tx *Tx) DropKeys(ctx context.Context, begin, reason string) (n int64, err error) {
	res, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', reason = ?2, done_at = ?1 WHERE key >= ?3 AND key < ?3 || char(1114111) AND state IN ('pending', 'held')`,
		ms(tx.Now), reason, begin)
	if err != nil {
		return 0, fmt.Errorf("drop: %w", err)
	}
	return res.RowsAffected()
}

// Supersede gives up waiting intents of a record that were planned before rev.
func (tx *Tx) Supersede(ctx context.Context, e Entity, recordID, rev int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', reason = 'planned anew', done_at = ?
		WHERE record_id = ? AND kind LIKE ? || '.%' AND rev < ? AND state IN ('pending', 'held', 'failed')`, ms(tx.Now), recordID, string(e), rev)
	return err
}

func (tx *Tx) dropWhere(ctx context.Context, reason, cond string, arg any) error {
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', reason = ?2, done_at = ?1 WHERE `+cond, ms(tx.Now), reason, arg)
	if err != nil {
		return fmt.Errorf("drop: %w", err)
	}
	return nil
}

// LiftWaits tells whether the gateway is still to be told that a number may be texted again.
func (tx *Tx) LiftWaits(ctx context.Context, number string) (waits bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE kind = 'optout.lift' AND payload ->> '$.phone' = ?
		AND state IN ('pending', 'sending', 'unknown') AND created_at >= ?)`, number, ms(tx.Now.Add(-24*time.Hour))).Scan(&waits)
	return waits, err
}

// InFlight tells whether an intent of the record may have been done without our knowing.
func (tx *Tx) InFlight(ctx context.Context, e Entity, recordID int64) (bool, error) {
	var found bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE record_id = ? AND kind LIKE ? || '.%'
		AND state IN ('sending', 'unknown'))`, recordID, string(e)).Scan(&found)
	return found, err
}

// Tried lists writes of a record that were begun and given up, or are to be tried again, and none
// of their kind was done since: they may have been done.
func (tx *Tx) Tried(ctx context.Context, e Entity, recordID int64) ([]Intent, error) {
	return tx.intents(ctx, `WHERE o.record_id = ? AND o.kind LIKE ? || '.%' AND o.state IN ('pending', 'dropped')
		AND o.started_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM outbox d
			WHERE d.record_id = o.record_id AND d.kind = o.kind AND d.state = 'done' AND d.id > o.id) ORDER BY o.id`, recordID, string(e))
}

// OutsideTaken tells whether another intent of the kind made what has this id outside.
func (tx *Tx) OutsideTaken(ctx context.Context, kind Kind, outsideID string, except int64) (taken bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE kind = ? AND outside_id = ? AND id <> ?)`,
		kind, outsideID, except).Scan(&taken)
	return taken, err
}

// NewestIntent is the highest id in the outbox.
func (tx *Tx) NewestIntent(ctx context.Context) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM outbox`).Scan(&id)
	return id, err
}

// DoubtOpen makes every open intent unknown: this mirror is a copy, and lacks what was done after the copy was
// made. A text counts as claimed for gateway; a held intent stays held, and becomes unknown when it is
// released.
func (tx *Tx) DoubtOpen(ctx context.Context, gateway string) (n int, err error) {
	_, err = tx.ExecContext(ctx, `UPDATE texts SET gateway = ? WHERE gateway IS NULL
		AND outbox_id IN (SELECT id FROM outbox WHERE state IN ('pending', 'held'))`, gateway)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE outbox SET started_at = created_at WHERE state = 'held' AND kind = 'text.send'`)
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'unknown', started_at = coalesce(started_at, created_at), due_at = ?1, brake_id = NULL,
		reason = 'the mirror was put back from a copy: it may have been done since'
		WHERE state IN ('pending', 'sending') OR state = 'held' AND kind <> 'text.send'`, ms(tx.Now))
	if err != nil {
		return 0, err
	}
	done, err := res.RowsAffected()
	return int(done), err
}

// Waiting counts the intents in each open state.
func (tx *Tx) Waiting(ctx context.Context) (map[State]int, error) {
	type row struct {
		s State
		n int
	}
	rows, err := query(ctx, tx, func(rows *sql.Rows) (r row, err error) { err = rows.Scan(&r.s, &r.n); return r, err },
		`SELECT state, count(*) FROM outbox WHERE state IN ('pending', 'held', 'sending', 'unknown') GROUP BY state`)
	count := map[State]int{}
	for _, r := range rows {
		count[r.s] = r.n
	}
	return count, err
}

// CountSince counts intents of a kind enqueued since a time that were not held or dropped.
func (tx *Tx) CountSince(ctx context.Context, kind Kind, since time.Time) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM outbox WHERE kind = ? AND created_at >= ? AND state NOT IN ('held', 'dropped')`,
		kind, ms(since)).Scan(&n)
	return n, err
}
