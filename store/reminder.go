package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Reminder is a row of the ledger: an appointment at one start, a rule, and the decision about them. The row
// stays for ever. If a skipped reminder is decided anew, the next version is one more row.
type Reminder struct {
	ID            int64
	AppointmentID int64
	Starts        string // TimeForm
	Rule          string
	Version       int
	PlannedAt     time.Time
	DueAt         time.Time // by the rule
	LeavesAt      time.Time // then, or when people may be texted
	Zone          string    // the recipient's
	ZoneFrom      string    // whose zone that is
	DecidedAt     time.Time // zero: planned
	Code          Code      // why not
	Skipped       string    // why not, in words
	OutboxID      int64     // its text
	TaskID        int64     // the task that was made
	AnsweredAt    time.Time
	Answer        string // what was decided about the answer
	AnsweredBy    int64  // the text that came in; 0: none

	State    State     // of its text; empty: none
	SentAt   time.Time // when the call to the gateway began
	Delivery string    // a state of package sms
	FailedAt time.Time // when it was found not to have arrived
}

// Code is why a reminder was skipped, for programs.
type Code string

// The codes. Those of which [Code.Passing] is true may be decided anew.
const (
	CodeStatus     Code = "status"      // the appointment does not take place
	CodeGone       Code = "gone"        // the appointment or the contact was deleted
	CodeNumber     Code = "number"      // none, or none that can be texted
	CodeOptedOut   Code = "opted-out"   // by text, by the CRM or by the gateway
	CodeCondition  Code = "condition"   // the rule asks for something else
	CodeMoved      Code = "moved"       // another start has rows of its own
	CodeRule       Code = "rule"        // the config does not have the rule any more, or it asks for another calendar or staff
	CodeLate       Code = "late"        // too late
	CodeQuiet      Code = "quiet-hours" // people may not be texted before it is too late
	CodeBegun      Code = "begun"       // the appointment had begun
	CodeMadeLate   Code = "booked-late" // booked after it was due
	CodeBorn       Code = "before-here" // due before the mirror was made
	CodeSuperseded Code = "superseded"  // another reminder of the same appointment is due too
	CodeAnswered   Code = "answered"    // no need to ask again
	CodeUnread     Code = "unread"      // the contact could not be read in time
	CodeText       Code = "text"        // the template gives no text
	CodeByHand     Code = "by-hand"     // a person did not want it
)

// Passing tells whether the reason against a text may end.
func (c Code) Passing() bool {
	return slices.Contains([]Code{CodeStatus, CodeGone, CodeNumber, CodeOptedOut, CodeCondition, CodeMoved, CodeRule, CodeText, CodeUnread}, c)
}

// Left tells whether the row's text was sent, or may have been.
func (r *Reminder) Left() bool {
	return r.State == Done || r.State == Unknown || r.State == Sending
}

// Waits tells whether the row's text is still to be sent.
func (r *Reminder) Waits() bool { return r.State == Pending || r.State == Held }

const reminderColumns = `r.id, r.appointment_id, r.starts, r.rule, r.version, r.planned_at, r.due_at, r.leaves_at, r.zone, r.zone_from, r.decided_at, r.code,
	coalesce(r.skipped, ''), coalesce(r.outbox_id, 0), coalesce(r.task_id, 0), r.answered_at, coalesce(r.answer, ''), coalesce(r.inbound_id, 0),
	coalesce(o.state, ''), o.started_at, coalesce(t.delivery, ''), CASE 'failed' WHEN t.delivery THEN t.delivery_at WHEN o.state THEN o.done_at END`

func scanReminder(rows *sql.Rows) (r Reminder, err error) {
	err = rows.Scan(&r.ID, &r.AppointmentID, &r.Starts, &r.Rule, &r.Version, millis{&r.PlannedAt}, millis{&r.DueAt}, millis{&r.LeavesAt}, &r.Zone, &r.ZoneFrom,
		millis{&r.DecidedAt}, &r.Code, &r.Skipped, &r.OutboxID, &r.TaskID, millis{&r.AnsweredAt}, &r.Answer, &r.AnsweredBy,
		&r.State, millis{&r.SentAt}, &r.Delivery, millis{&r.FailedAt})
	return r, err
}

func (tx *Tx) reminders(ctx context.Context, rest string, args ...any) ([]Reminder, error) {
	return query(ctx, tx, scanReminder, `SELECT `+reminderColumns+` FROM reminders r LEFT JOIN outbox o ON o.id = r.outbox_id
		LEFT JOIN texts t ON t.outbox_id = r.outbox_id `+rest, args...)
}

// RemindersOf lists the rows of an appointment, oldest first.
func (tx *Tx) RemindersOf(ctx context.Context, appointmentID int64) ([]Reminder, error) {
	return tx.reminders(ctx, `WHERE r.appointment_id = ? ORDER BY r.id`, appointmentID)
}

// RemindersIn lists the rows whose text an intent is: several where one text speaks of several
// appointments.
func (tx *Tx) RemindersIn(ctx context.Context, outboxID int64) ([]Reminder, error) {
	return tx.reminders(ctx, `WHERE r.outbox_id = ? ORDER BY r.id`, outboxID)
}

// ErrNoReminder says that the ledger has no such row.
var ErrNoReminder = errors.New("no such reminder")

// Reminder reads one row.
func (tx *Tx) Reminder(ctx context.Context, id int64) (Reminder, error) {
	all, err := tx.reminders(ctx, `WHERE r.id = ?`, id)
	if err == nil && len(all) == 0 {
		err = ErrNoReminder
	}
	if err != nil {
		return Reminder{}, fmt.Errorf("reminder %d: %w", id, err)
	}
	return all[0], nil
}

// PlanReminder stores a row that is not decided, or when it is due now. A decided one stays.
func (tx *Tx) PlanReminder(ctx context.Context, r Reminder) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO reminders (appointment_id, starts, rule, version, planned_at, due_at, leaves_at, zone, zone_from)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET due_at = excluded.due_at, leaves_at = excluded.leaves_at, zone = excluded.zone, zone_from = excluded.zone_from
		WHERE decided_at IS NULL AND (due_at, leaves_at, zone, zone_from) IS NOT (excluded.due_at, excluded.leaves_at, excluded.zone, excluded.zone_from)`,
		r.AppointmentID, r.Starts, r.Rule, max(r.Version, 1), ms(tx.Now), ms(r.DueAt), ms(r.LeavesAt), r.Zone, r.ZoneFrom)
	if err != nil {
		return fmt.Errorf("plan a reminder: %w", err)
	}
	return nil
}

// DecideReminder stores what becomes of a row, planned before or not: Skipped, OutboxID or TaskID. That
// is for ever.
func (tx *Tx) DecideReminder(ctx context.Context, r Reminder) error {
	res, err := tx.ExecContext(ctx, `INSERT INTO reminders (appointment_id, starts, rule, version, planned_at, due_at, leaves_at, zone, zone_from,
			decided_at, code, skipped, outbox_id, task_id)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?5, ?10, nullif(?11, ''), nullif(?12, 0), nullif(?13, 0))
		ON CONFLICT DO UPDATE SET due_at = ?6, leaves_at = ?7, zone = ?8, zone_from = ?9, decided_at = ?5, code = ?10,
			skipped = nullif(?11, ''), outbox_id = nullif(?12, 0), task_id = nullif(?13, 0) WHERE decided_at IS NULL`,
		r.AppointmentID, r.Starts, r.Rule, max(r.Version, 1), ms(tx.Now), ms(r.DueAt), ms(r.LeavesAt), r.Zone, r.ZoneFrom,
		r.Code, r.Skipped, r.OutboxID, r.TaskID)
	if err == nil {
		var n int64
		if n, err = res.RowsAffected(); err == nil && n == 0 {
			err = errDecided
		}
	}
	if err != nil {
		return fmt.Errorf("decide the reminder %s of appointment %d: %w", r.Rule, r.AppointmentID, err)
	}
	return nil
}

var errDecided = errors.New("it was decided before")

// ToLook lists appointments whose reminders are to be looked at now.
func (tx *Tx) ToLook(ctx context.Context, limit int) ([]Record, error) {
	return tx.records(ctx, Appointment, `WHERE look_at <= ? ORDER BY look_at, id LIMIT ?`, ms(tx.Now), limit)
}

// LookAt sets when an appointment's reminders are to be looked at next; zero: when something changes
// that has it looked at, or never.
func (tx *Tx) LookAt(ctx context.Context, appointmentID int64, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE appointments SET look_at = ? WHERE id = ?`, ms(at), appointmentID)
	return err
}

// LookAgain schedules the reminders of all appointments that start after a time, and of those with planned
// reminders, to be looked at.
func (tx *Tx) LookAgain(ctx context.Context, since time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE appointments SET look_at = 0 WHERE starts >= ? OR look_at > 0`, since.UTC().Format(TimeForm))
	return err
}

// LastReminded are the appointments that the newest reminder sent to a number before a time speaks of,
// and the intent of its text; 0 if there was none. A short answer refers to those.
func (tx *Tx) LastReminded(ctx context.Context, number string, before time.Time) (appointments []int64, outboxID int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT o.id FROM texts t JOIN outbox o ON o.id = t.outbox_id
		WHERE t.number = ? AND o.state IN ('done', 'unknown', 'sending') AND o.started_at <= ?
		AND EXISTS (SELECT 1 FROM reminders WHERE outbox_id = o.id)
		ORDER BY o.started_at DESC, o.id DESC LIMIT 1`, number, ms(before)).Scan(&outboxID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	appointments, err = query(ctx, tx, scanID, `SELECT appointment_id FROM reminders WHERE outbox_id = ? ORDER BY starts, id`, outboxID)
	return appointments, outboxID, err
}

// AnswerTime is how long after a reminder a text may be its answer.
const AnswerTime = 7 * 24 * time.Hour

// AnswerReminders notes that the reminders sent for an appointment, at whatever start, were answered by
// a text, unless they were before, and tells which.
func (tx *Tx) AnswerReminders(ctx context.Context, appointmentID, inboundID int64, at time.Time, answer string) ([]Reminder, error) {
	all, err := tx.RemindersOf(ctx, appointmentID)
	if err != nil {
		return nil, err
	}
	var answered []Reminder
	for _, r := range all {
		if !r.Left() || r.SentAt.After(at) || r.SentAt.Before(at.Add(-AnswerTime)) || !r.AnsweredAt.IsZero() {
			continue
		}
		if _, err := tx.ExecContext(ctx, `UPDATE reminders SET answered_at = ?, answer = ?, inbound_id = nullif(?, 0) WHERE id = ?`, ms(at), answer, inboundID, r.ID); err != nil {
			return nil, fmt.Errorf("note the answer to reminder %d: %w", r.ID, err)
		}
		r.AnsweredAt, r.Answer = at, answer
		answered = append(answered, r)
	}
	return answered, nil
}

// CancelReminder skips a row by hand, and drops its text if that was not sent. Other rows in the same text are
// decided anew without it.
func (tx *Tx) CancelReminder(ctx context.Context, id int64, reason string) error {
	r, err := tx.Reminder(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case r.DecidedAt.IsZero():
		r.Code, r.Skipped = CodeByHand, reason
		return tx.DecideReminder(ctx, r)
	case r.TaskID != 0:
		return fmt.Errorf("reminder %d has made task %d, which can be deleted: ghlsms task delete %d", id, r.TaskID, r.TaskID)
	case r.Left():
		return fmt.Errorf("reminder %d has left: %w: ghlsms reminders show %d", id, ErrState, id)
	case r.OutboxID != 0:
		told, err := tx.RemindersIn(ctx, r.OutboxID)
		if err != nil {
			return err
		}
		if r.Waits() || r.State == Failed && len(told) == 1 {
			if err := tx.dropWhere(ctx, reason, `id = ?3`, r.OutboxID); err != nil {
				return err
			}
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE reminders SET code = ? WHERE id = ?`, CodeByHand, id) // or it might be decided anew
	return err
}

// OverdueReminders counts the rows that should have been decided before a time and were not, and tells
// since when the oldest of them waits.
func (tx *Tx) OverdueReminders(ctx context.Context, before time.Time) (n int, oldest time.Time, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*), min(leaves_at) FROM reminders WHERE decided_at IS NULL AND leaves_at <= ?`, ms(before)).
		Scan(&n, millis{&oldest})
	return n, oldest, err
}

// LateWords says how late a reminder left and what kept it; empty: it was not late.
func (tx *Tx) LateWords(ctx context.Context, id int64) (words string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(reason), '') FROM v1_reminders WHERE id = ? AND decision = 'late'`, id).Scan(&words)
	return words, err
}

// DueThen counts what became of reminders that should have left at some time.
type DueThen struct{ Left, Missed, Waiting int }

// DueBetween counts what became of the reminders that should have left after one time and until another.
func (tx *Tx) DueBetween(ctx context.Context, from, to time.Time) (d DueThen, err error) {
	err = tx.QueryRowContext(ctx, `SELECT
		count(*) FILTER (WHERE o.state = 'done'),
		count(*) FILTER (WHERE r.code IN ('late', 'unread') OR o.late),
		count(*) FILTER (WHERE r.decided_at IS NULL OR o.state IN ('pending', 'held', 'sending', 'unknown'))
		FROM reminders r LEFT JOIN outbox o ON o.id = r.outbox_id WHERE r.leaves_at > ? AND r.leaves_at <= ?`, ms(from), ms(to)).Scan(&d.Left, &d.Missed, &d.Waiting)
	return d, err
}

// Pause is a time in which no reminder of a rule leaves.
type Pause struct {
	Rule         string // empty: all
	Since, Until time.Time
	Reason       string
}

// Pauses lists those that are not over, that of all rules first.
func (tx *Tx) Pauses(ctx context.Context) ([]Pause, error) {
	return tx.pauses(ctx, `WHERE until > ? ORDER BY rule`, ms(tx.Now))
}

// PausesOf lists the last pause of a rule and the last one of all rules, also those that are over. One that
// was ended by hand is not kept.
func (tx *Tx) PausesOf(ctx context.Context, rule string) ([]Pause, error) {
	return tx.pauses(ctx, `WHERE rule IN ('', ?) ORDER BY rule`, rule)
}

func (tx *Tx) pauses(ctx context.Context, rest string, args ...any) ([]Pause, error) {
	return query(ctx, tx, func(rows *sql.Rows) (p Pause, err error) {
		err = rows.Scan(&p.Rule, millis{&p.Since}, millis{&p.Until}, &p.Reason)
		return p, err
	}, `SELECT rule, since, until, reason FROM pauses `+rest, args...)
}

// SetPause begins a pause, or changes its end.
func (tx *Tx) SetPause(ctx context.Context, p Pause) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO pauses (rule, since, until, reason) VALUES (?, ?, ?, ?)
		ON CONFLICT (rule) DO UPDATE SET until = excluded.until, reason = excluded.reason`, p.Rule, ms(tx.Now), ms(p.Until), p.Reason)
	return err
}

// EndPause ends a pause before its time, so that what waited for its end leaves. It tells whether there
// was one.
func (tx *Tx) EndPause(ctx context.Context, rule string) (was bool, err error) {
	res, err := tx.ExecContext(ctx, `DELETE FROM pauses WHERE rule = ? AND until > ?`, rule, ms(tx.Now))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	if err == nil && n > 0 {
		_, err = tx.ExecContext(ctx, `UPDATE outbox SET due_at = ?1 WHERE state = 'pending' AND due_at > ?1
			AND id IN (SELECT outbox_id FROM reminders WHERE rule = ?2 OR ?2 = '')`, ms(tx.Now), rule)
	}
	return n > 0, err
}

// PausedUntil is when the pauses of a rule are over; zero: there are none.
func (tx *Tx) PausedUntil(ctx context.Context, rule string) (until time.Time, err error) {
	err = tx.QueryRowContext(ctx, `SELECT max(until) FROM pauses WHERE rule IN ('', ?) AND until > ?`, rule, ms(tx.Now)).Scan(millis{&until})
	return until, err
}

func scanID(rows *sql.Rows) (id int64, err error) {
	err = rows.Scan(&id)
	return id, err
}

// ReminderFilter narrows the ledger. What is zero may be anything.
type ReminderFilter struct {
	Decision     string // as v1_reminders has it
	Rule         string
	ContactID    int64
	Since, Until time.Time // when it leaves
}

// ReminderDecisions are all decisions that v1_reminders knows.
var ReminderDecisions = []string{"planned", "queued", "sent", "late", "skipped", "withdrawn", "unknown", "task"}

// ReminderTable lists the ledger, what leaves last first.
func (tx *Tx) ReminderTable(ctx context.Context, f ReminderFilter, limit int) (Table, error) {
	bound := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(TimeForm)
	}
	return tx.table(ctx, `SELECT r.id, r.leaves_at, r.rule, c.name AS contact, r.starts, r.decision, r.reason, r.delivery, r.answer, r.sent_at, r.version
		FROM v1_reminders r LEFT JOIN v1_contacts c ON c.id = r.contact_id
		WHERE (?3 = '' OR r.decision = ?3) AND (?4 = '' OR r.rule = ?4) AND (?5 = 0 OR r.contact_id = ?5)
		AND (?6 IS NULL OR r.leaves_at >= ?6) AND (?7 IS NULL OR r.leaves_at < ?7) AND ?1 IS NOT NULL
		ORDER BY r.leaves_at DESC, r.id DESC`, limit, f.Decision, f.Rule, f.ContactID, bound(f.Since), bound(f.Until))
}

// ReminderCounts counts the rows by decision, as v1_reminders has it. It goes through all of them.
func (tx *Tx) ReminderCounts(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	_, err := query(ctx, tx, func(rows *sql.Rows) (_ struct{}, err error) {
		var decision string
		var n int
		err = rows.Scan(&decision, &n)
		counts[decision] = n
		return struct{}{}, err
	}, `SELECT decision, count(*) FROM v1_reminders GROUP BY decision`)
	return counts, err
}

// PlannedReminders counts the rows that are not decided.
func (tx *Tx) PlannedReminders(ctx context.Context) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM reminders WHERE decided_at IS NULL`).Scan(&n)
	return n, err
}
