package health

import (
	"context"
	"fmt"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
)

// Ready is an error while a source that people depend on has not been read for too long, or a reminder
// that was due has not been decided for too long, for whatever reason: an error, or a daemon that hangs.
func Ready(ctx context.Context, tx *store.Tx, alarms config.Alarms) error {
	sources, err := tx.Sources(ctx)
	if err != nil {
		return err
	}
	read := map[string]store.SourceState{}
	for _, s := range sources {
		read[s.Name] = s
	}
	for _, name := range store.Watched {
		s := read[name]
		if s.ReadAt.IsZero() {
			return fmt.Errorf("%s was never read: %s", name, s.Error)
		}
		if tx.Now.Sub(s.ReadAt) > alarms.StaleAfter.Std() {
			return fmt.Errorf("%s was not read since %s: %s", name, s.ReadAt.Format(time.RFC3339), s.Error)
		}
	}
	n, oldest, err := tx.OverdueReminders(ctx, tx.Now.Add(-alarms.UndecidedAfter.Std()))
	if err == nil && n > 0 {
		err = fmt.Errorf("%s due and not decided, the oldest since %s", term.Count(n, "reminder is", "reminders are"), oldest.UTC().Format(time.RFC3339))
	}
	return err
}
