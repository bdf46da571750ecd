package trace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
)

// reminderStory is the story of a row of the ledger: its appointment's changes, its contact's opt-out and
// texts in that time, and what became of its text.
func (t *teller) reminderStory(ctx context.Context, n int64) (string, error) {
	row, err := t.tx.Reminder(ctx, n)
	if err != nil {
		return "", err
	}
	a, err := t.tx.Record(ctx, store.Appointment, row.AppointmentID)
	if err != nil {
		return "", err
	}
	contact, err := t.tx.Record(ctx, store.Contact, a.ContactID)
	if err != nil {
		return "", err
	}
	rows, err := t.tx.RemindersOf(ctx, a.ID)
	if err != nil {
		return "", err
	}
	rows = slices.DeleteFunc(rows, func(r store.Reminder) bool { return r.Rule != row.Rule })
	starts, _ := time.Parse(store.TimeForm, row.Starts)
	until, err := t.ended(ctx, &row, starts)
	if err != nil {
		return "", err
	}
	inTime := func(in *store.Received) bool {
		return in.ReceivedAt.After(row.PlannedAt.Add(-prompt)) && in.ReceivedAt.Before(until) || in.ID == row.AnsweredBy
	}
	if err := errors.Join(t.record(ctx, &a), t.receivedAll(ctx, contact.Get(store.Phone), contact.ID, inTime)); err != nil {
		return "", err
	}
	ours, err := t.tx.IntentsOn(ctx, store.Appointment, a.ID)
	if err != nil {
		return "", err
	}
	for i := range ours {
		err = errors.Join(err, t.effect(ctx, &ours[i]))
	}
	err = errors.Join(err, t.visit(ctx, &a, &contact, rows, ours))
	o, out, err2 := t.optOut(ctx, contact.Get(store.Phone), row.PlannedAt, until)
	if err := errors.Join(err, err2, t.brakes(ctx, row.LeavesAt, later(row.LeavesAt, row.SentAt))); err != nil {
		return "", err
	}
	verdict, err := t.verdict(ctx, &row)
	switch {
	case row.Code == store.CodeOptedOut && out:
		verdict += " " + t.optedOut(&o)
	case row.DecidedAt.IsZero() && out && o.LiftedAt.IsZero():
		verdict += ", but as it stands it will not leave: the recipient opted out " + t.optedOut(&o)
	}
	return fmt.Sprintf("Reminder %s for %s, %s: %s", row.Rule, name(&contact), t.when(starts), verdict), err
}

// ended is until when texts and opt-outs have to do with a reminder.
func (t *teller) ended(ctx context.Context, r *store.Reminder, starts time.Time) (time.Time, error) {
	switch {
	case r.DecidedAt.IsZero() || r.Waits():
		return starts, nil
	case r.Left():
		return r.SentAt.Add(store.AnswerTime), nil
	case r.OutboxID == 0:
		return r.DecidedAt, nil
	}
	in, err := t.tx.Intent(ctx, r.OutboxID)
	return later(in.DoneAt, r.DecidedAt), err
}

// verdict says what became of a reminder.
func (t *teller) verdict(ctx context.Context, r *store.Reminder) (string, error) {
	switch {
	case r.DecidedAt.IsZero():
		return "planned for " + t.when(r.LeavesAt), nil
	case r.Code == store.CodeMoved:
		return "withdrawn: " + r.Skipped, nil
	case r.Skipped != "":
		return "not sent: " + r.Skipped, nil
	case r.TaskID != 0:
		return "not a text but a task, " + id(store.Task, r.TaskID), nil
	}
	in, err := t.tx.Intent(ctx, r.OutboxID)
	if err != nil {
		return "", err
	}
	text, err := t.tx.Text(ctx, r.OutboxID)
	late, err2 := t.tx.LateWords(ctx, r.ID)
	if err := errors.Join(err, err2); err != nil {
		return "", err
	}
	said := joined(t.outcome(&in, &text), late)
	if !r.AnsweredAt.IsZero() {
		said += fmt.Sprintf("; answered on %s: %s", t.when(r.AnsweredAt), r.Answer)
	}
	return said, err
}

// outcome says where an effect stands. text is its text, if it is one.
func (t *teller) outcome(in *store.Intent, text *store.Text) string {
	why, not := "", "not done"
	if in.Reason != "" {
		why = ": " + in.Reason
	}
	if in.Kind == store.SendText {
		not = "not sent"
	}
	switch in.State {
	case store.Pending:
		return fmt.Sprintf("waits to leave on %s%s", t.when(in.DueAt), why)
	case store.Held:
		return "held" + why
	case store.Sending:
		return "being sent"
	case store.Unknown:
		return fmt.Sprintf("unclear, it may have left on %s%s", t.when(in.StartedAt), why)
	case store.Failed:
		return fmt.Sprintf("%s, refused on %s%s", not, t.when(in.DoneAt), why)
	case store.Dropped:
		return fmt.Sprintf("%s, given up on %s%s", not, t.when(in.DoneAt), why)
	case store.Done:
	}
	if in.Kind != store.SendText {
		return "done on " + t.when(in.StartedAt)
	}
	said := "sent on " + t.when(in.StartedAt)
	switch text.Delivery {
	case "delivered":
		said += ", delivered"
	case "failed", "opted_out", "expired":
		said += ", but did not arrive"
	}
	if text.Detail != "" {
		said += ": " + text.Detail
	}
	return said
}

// effectStory is the story of an effect, and of what it belongs to.
func (t *teller) effectStory(ctx context.Context, n int64) (string, error) {
	in, err := t.tx.Intent(ctx, n)
	if err != nil {
		return "", err
	}
	who, err := t.nameOf(ctx, in.ContactID)
	if err != nil {
		return "", err
	}
	text, until := store.Text{}, later(in.StartedAt, in.DoneAt)
	if in.State != store.Done && in.State != store.Failed && in.State != store.Dropped {
		until = t.tx.Now
	}
	title := string(in.Kind)
	if in.Kind == store.SendText {
		if text, err = t.tx.Text(ctx, n); err != nil {
			return "", err
		}
		title, who = capital(string(text.Purpose))+" text", strings.Join(filled(who, text.Number), ", ")
	}
	asked := func(c *store.Received) bool { return c.DecidedAt.Equal(in.CreatedAt) }
	if err := t.receivedAll(ctx, text.Number, in.ContactID, asked); err != nil {
		return "", err
	}
	told, err1 := t.tx.RemindersIn(ctx, n)
	_, _, err2 := t.optOut(ctx, text.Number, in.CreatedAt, until)
	if err := errors.Join(err1, err2, t.written(ctx, &in)); err != nil {
		return "", err
	}
	for i := range told {
		if err := t.reminder(ctx, &told[i]); err != nil {
			return "", err
		}
	}
	if err := t.effect(ctx, &in); err != nil {
		return "", err
	}
	if until.Sub(in.CreatedAt) > prompt {
		if err := t.brakes(ctx, in.CreatedAt, until); err != nil {
			return "", err
		}
	}
	if who != "" {
		title += " for " + who
	}
	late := ""
	if len(told) > 0 {
		late, err = t.tx.LateWords(ctx, told[0].ID)
	}
	return fmt.Sprintf("%s: %s", title, joined(t.outcome(&in, &text), late)), err
}

// written tells of the record that an effect writes.
func (t *teller) written(ctx context.Context, in *store.Intent) error {
	e := in.Kind.Entity()
	if in.RecordID == 0 || !slices.Contains(store.Entities, e) {
		return nil
	}
	r, err := t.tx.Record(ctx, e, in.RecordID)
	if errors.Is(err, store.ErrNoRecord) {
		return nil
	}
	return errors.Join(err, t.record(ctx, &r))
}

// brakes tells those that may hold texts and stood at some time in a span.
func (t *teller) brakes(ctx context.Context, from, until time.Time) error {
	all, err := t.tx.BrakesBetween(ctx, from, until)
	for i := range all {
		b := &all[i]
		if b.Kind == store.Restored || b.Kind == store.Clock || b.Kind == store.Changes && b.Entity == store.Appointment {
			t.brakeTold(b)
		}
	}
	return err
}
