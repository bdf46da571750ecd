package trace

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// Reminder is a row of the ledger with all that belongs to it.
type Reminder struct {
	ID          int64           `json:"id"`
	Rule        string          `json:"rule"`
	Version     int             `json:"version"`
	Appointment int64           `json:"appointment_id"`
	Title       string          `json:"title,omitempty"`
	Status      string          `json:"status,omitempty"`
	Contact     string          `json:"contact"`
	Starts      time.Time       `json:"starts"`
	Zone        string          `json:"zone"`
	ZoneFrom    string          `json:"zone_from"`
	Due         time.Time       `json:"due"`
	Leaves      time.Time       `json:"leaves"`
	Decided     time.Time       `json:"decided,omitzero"`
	Decision    string          `json:"decision"`
	Code        store.Code      `json:"code,omitempty"`
	Why         string          `json:"why,omitempty"`
	Text        string          `json:"text,omitempty"`
	Parts       int             `json:"parts,omitempty"`
	Number      string          `json:"number,omitempty"`
	Sent        time.Time       `json:"sent,omitzero"`
	GatewayID   string          `json:"gateway_id,omitempty"`
	Delivery    string          `json:"delivery,omitempty"`
	Effect      int64           `json:"outbox_id,omitempty"`
	Task        int64           `json:"task_id,omitempty"`
	Answered    time.Time       `json:"answered,omitzero"`
	Answer      string          `json:"answer,omitempty"`
	Together    []int64         `json:"together,omitempty"` // rows that are told in the same text
	Others      []OtherReminder `json:"others"`             // rows of the same rule and appointment

	failed bool // its text, for good
}

// OtherReminder is another row of the same rule and appointment.
type OtherReminder struct {
	ID       int64     `json:"id"`
	Starts   time.Time `json:"starts"`
	Version  int       `json:"version"`
	Decision string    `json:"decision"`
}

// ReadReminder gathers what is known of a row of the ledger.
func ReadReminder(ctx context.Context, tx *store.Tx, id int64) (s Reminder, err error) {
	r, err := tx.Reminder(ctx, id)
	if err != nil {
		return s, err
	}
	a, err := tx.Record(ctx, store.Appointment, r.AppointmentID)
	if err != nil {
		return s, err
	}
	contact, err := tx.Record(ctx, store.Contact, a.ContactID)
	if err != nil {
		return s, err
	}
	s = Reminder{
		ID: r.ID, Rule: r.Rule, Version: r.Version, Appointment: a.ID, Title: a.Get(store.Title), Status: a.Get(store.Status),
		Contact: record.Name(&contact),
		Zone:    r.Zone, ZoneFrom: r.ZoneFrom, Due: r.DueAt, Leaves: r.LeavesAt, Decided: r.DecidedAt, Code: r.Code, Why: r.Skipped,
		Effect: r.OutboxID, Task: r.TaskID, Answered: r.AnsweredAt, Answer: r.Answer, Decision: decisionOf(&r), Others: []OtherReminder{},
	}
	if at, err := time.Parse(store.TimeForm, r.Starts); err == nil {
		s.Starts = at
	}
	if r.OutboxID != 0 {
		if err := s.readText(ctx, tx, &r); err != nil {
			return s, err
		}
	}
	all, err := tx.RemindersOf(ctx, r.AppointmentID)
	for i := range all {
		if o := &all[i]; o.Rule == r.Rule && o.ID != r.ID {
			at, _ := time.Parse(store.TimeForm, o.Starts)
			s.Others = append(s.Others, OtherReminder{o.ID, at, o.Version, decisionOf(o)})
		}
	}
	return s, err
}

func (s *Reminder) readText(ctx context.Context, tx *store.Tx, r *store.Reminder) error {
	t, err := tx.Text(ctx, r.OutboxID)
	if err != nil {
		return err
	}
	in, err := tx.Intent(ctx, r.OutboxID)
	if err != nil {
		return err
	}
	s.failed = in.State == store.Failed
	if s.Why = t.Detail; in.State != store.Done {
		s.Why = in.Reason
	}
	late, err := tx.LateWords(ctx, r.ID)
	if err != nil {
		return err
	}
	s.Why = joined(late, s.Why)
	s.Text, s.Parts, s.Number, s.Sent, s.GatewayID, s.Delivery = t.Body, t.Parts, t.Number, t.SentAt, t.GatewayID, t.Delivery
	together, err := tx.RemindersIn(ctx, r.OutboxID)
	for _, o := range together {
		if o.ID != r.ID {
			s.Together = append(s.Together, o.ID)
		}
	}
	return err
}

// decisionOf is the decision of a row, by the words of v1_reminders.
func decisionOf(r *store.Reminder) string {
	switch {
	case r.DecidedAt.IsZero():
		return "planned"
	case r.Code == store.CodeMoved:
		return "withdrawn"
	case r.Skipped != "", r.State == store.Failed, r.State == store.Dropped:
		return "skipped"
	case r.TaskID != 0:
		return "task"
	case r.State == store.Unknown:
		return "unknown"
	case r.State == store.Done && r.SentAt.Sub(r.LeavesAt) > 10*time.Minute:
		return "late"
	case r.State == store.Done:
		return "sent"
	}
	return "queued"
}

// Print tells it to a person, by the location's clock, and the start also by the recipient's.
func (s *Reminder) Print(w io.Writer, zone *time.Location) error {
	const form = "Mon, Jan 2 2006 15:04 MST"
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format(form)
	}
	starts := at(s.Starts)
	if own, err := time.LoadLocation(s.Zone); err == nil && s.Zone != "" {
		if s.Starts.In(own).Format(form) != starts {
			starts += ", for them " + s.Starts.In(own).Format(form)
		}
		starts += fmt.Sprintf(" (%s, the %s's)", s.Zone, s.ZoneFrom)
	}
	leaves := at(s.Leaves)
	if !s.Leaves.Equal(s.Due) {
		leaves += ", since people may not be texted when it is due"
	}
	rows := [][2]string{
		{"reminder", fmt.Sprintf("%d, %s", s.ID, s.Rule)}, {"for", s.Contact},
		{"appointment", strings.Join(filled(strconv.FormatInt(s.Appointment, 10), s.Title, s.Status), ", ")}, {"starts", starts},
		{"due", at(s.Due)}, {"leaves", leaves}, {"decided", at(s.Decided)},
		{"decision", s.Decision}, {"why", s.Why}, {"to", s.Number}, {"text", s.Text}, {"sent", at(s.Sent)}, {"delivery", s.Delivery},
		{"gateway id", s.GatewayID}, {"answered", at(s.Answered)}, {"answer", s.Answer},
	}
	if s.Parts > 0 {
		rows = append(rows, [2]string{"parts", strconv.Itoa(s.Parts)})
	}
	if s.Task != 0 {
		rows = append(rows, [2]string{"task", fmt.Sprintf("%d: ghlsms task show %d", s.Task, s.Task)})
	}
	if len(s.Together) > 0 {
		rows = append(rows, [2]string{"together", "in one text with " + strings.Trim(fmt.Sprint(s.Together), "[]")})
	}
	for _, o := range s.Others {
		rows = append(rows, [2]string{"also", fmt.Sprintf("%d, for %s, version %d: %s", o.ID, at(o.Starts), o.Version, o.Decision)})
	}
	rows = append(rows, [2]string{"then", s.then()})
	for _, row := range rows {
		if row[1] == "" {
			continue
		}
		text := strings.ReplaceAll(sms.Clean(row[1]), "\n", "\n"+strings.Repeat(" ", 13))
		if _, err := fmt.Fprintf(w, "%-12s %s\n", row[0], text); err != nil {
			return err
		}
	}
	return nil
}

// then is what can be done.
func (s *Reminder) then() string {
	switch s.Decision {
	case "planned":
		return fmt.Sprintf("it is decided when it is due; ghlsms reminders cancel %d ends that", s.ID)
	case "queued":
		return fmt.Sprintf("it waits for its turn, or a brake or limit holds it: ghlsms outbox show %d; ghlsms reminders cancel %d ends that", s.Effect, s.ID)
	case "unknown":
		return fmt.Sprintf("it may have left, and is not sent again by itself: ghlsms outbox show %d", s.Effect)
	case "skipped":
		if s.failed {
			return fmt.Sprintf("the gateway did not take it: ghlsms outbox show %d", s.Effect)
		}
		if s.Code.Passing() || s.Effect != 0 && s.Code != store.CodeByHand {
			return "if what stood against it ends before it is too late, it is decided anew"
		}
	}
	return ""
}
