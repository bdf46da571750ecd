package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Reminder is the one decision about an appointment at one start and one rule.
type Reminder struct {
	ID            int64
	AppointmentID int64
	Starts        string // TimeForm
	Rule          string
	DueAt         time.Time
	Skipped       string // why no text was queued
	OutboxID      int64  // the text otherwise
}

// AddReminder stores the decision. There is one for ever.
func (tx *Tx) AddReminder(ctx context.Context, r Reminder) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO reminders (appointment_id, starts, rule, due_at, decided_at, skipped, outbox_id)
		VALUES (?, ?, ?, ?, ?, nullif(?, ''), nullif(?, 0))`, r.AppointmentID, r.Starts, r.Rule, ms(r.DueAt), ms(tx.Now), r.Skipped, r.OutboxID)
	if err != nil {
		return fmt.Errorf("store reminder decision: %w", err)
	}
	return nil
}

// Reminded tells which rules were decided for an appointment at a start.
func (tx *Tx) Reminded(ctx context.Context, appointmentID int64, starts string) (map[string]bool, error) {
	rules, err := query(ctx, tx, scanString, `SELECT rule FROM reminders WHERE appointment_id = ? AND starts = ?`, appointmentID, starts)
	done := make(map[string]bool, len(rules))
	for _, r := range rules {
		done[r] = true
	}
	return done, err
}

// LastDecided is when the newest decision was taken; zero if there is none.
func (tx *Tx) LastDecided(ctx context.Context) (at time.Time, err error) {
	err = tx.QueryRowContext(ctx, `SELECT decided_at FROM reminders ORDER BY id DESC LIMIT 1`).Scan(millis{&at})
	if errors.Is(err, sql.ErrNoRows) {
		return at, nil
	}
	return at, err
}

// ReminderOf reads the reminder whose text an intent is.
func (tx *Tx) ReminderOf(ctx context.Context, outboxID int64) (r Reminder, found bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT id, appointment_id, starts, rule, due_at FROM reminders WHERE outbox_id = ?`, outboxID).
		Scan(&r.ID, &r.AppointmentID, &r.Starts, &r.Rule, millis{&r.DueAt})
	r.OutboxID = outboxID
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

// LastReminded is the appointment that the newest reminder sent to a number before a time
// speaks of; 0 if there was none. A short answer refers to that one.
func (tx *Tx) LastReminded(ctx context.Context, number string, before time.Time) (appointmentID int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT r.appointment_id FROM texts t JOIN outbox o ON o.id = t.outbox_id
		JOIN reminders r ON r.outbox_id = o.id WHERE t.number = ? AND o.state IN ('done', 'unknown', 'sending') AND o.started_at <= ?
		ORDER BY o.started_at DESC LIMIT 1`, number, ms(before)).Scan(&appointmentID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return appointmentID, err
}
