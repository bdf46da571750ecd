package health

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
)

// PauseOf says what a pause is about.
func PauseOf(rule string) string {
	if rule == "" {
		return "no reminder leaves"
	}
	return "no reminder " + rule + " leaves"
}

// Reminders is what status tells of reminders.
type Reminders struct {
	Planned int       `json:"planned"`
	Overdue int       `json:"overdue"` // due for longer than alarms.undecided_after, and not decided
	Oldest  time.Time `json:"oldest,omitzero"`
	Pauses  []Pause   `json:"pauses"`
}

// Pause is one time in which reminders do not leave.
type Pause struct {
	Rule   string    `json:"rule,omitempty"` // empty: all
	Until  time.Time `json:"until"`
	Reason string    `json:"reason,omitempty"`
}

func readReminders(ctx context.Context, alarms config.Alarms, tx *store.Tx) (s Reminders, err error) {
	s.Pauses = []Pause{}
	var err1, err2, err3 error
	s.Planned, err1 = tx.PlannedReminders(ctx)
	s.Overdue, s.Oldest, err2 = tx.OverdueReminders(ctx, tx.Now.Add(-alarms.UndecidedAfter.Std()))
	pauses, err3 := tx.Pauses(ctx)
	for _, p := range pauses {
		s.Pauses = append(s.Pauses, Pause{p.Rule, p.Until, p.Reason})
	}
	return s, errors.Join(err1, err2, err3)
}

// attention is what somebody should look at.
func (s Reminders) attention(now time.Time) (lines []string) {
	if s.Overdue > 0 {
		lines = append(lines, fmt.Sprintf("%s due and not decided, the oldest for %s: ghlsms reminders list --decision planned",
			term.Count(s.Overdue, "reminder is", "reminders are"), now.Sub(s.Oldest).Round(time.Minute)))
	}
	for _, p := range s.Pauses {
		line := fmt.Sprintf("%s until %s", PauseOf(p.Rule), p.Until.Format(time.RFC3339))
		if p.Reason != "" {
			line += " (" + sms.Clean(p.Reason) + ")"
		}
		resume := "ghlsms reminders resume"
		if p.Rule != "" {
			resume += " --rule " + p.Rule
		}
		lines = append(lines, line+": "+resume)
	}
	return lines
}
