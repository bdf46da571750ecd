package health

import (
	"context"
	"errors"
	"time"

	"ghlsms/store"
	"ghlsms/sync/trouble"
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

func readReminders(ctx context.Context, look trouble.Look, tx *store.Tx) (s Reminders, err error) {
	s.Pauses = []Pause{}
	var err1, err2, err3 error
	s.Planned, err1 = tx.PlannedReminders(ctx)
	s.Overdue, s.Oldest, err2 = tx.OverdueReminders(ctx, tx.Now.Add(-look.UndecidedAfter))
	pauses, err3 := tx.Pauses(ctx)
	for _, p := range pauses {
		s.Pauses = append(s.Pauses, Pause{p.Rule, p.Until, p.Reason})
	}
	return s, errors.Join(err1, err2, err3)
}
