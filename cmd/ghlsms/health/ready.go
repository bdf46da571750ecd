package health

import (
	"context"
	"fmt"
	"strings"

	"ghlsms/store"
	"ghlsms/sync/trouble"
)

// Ready is an error while texts do not leave or are not heard, as far as the mirror knows: until everything that people
// depend on was read once, and while there is urgent trouble, whether or not somebody knows of it.
func Ready(ctx context.Context, tx *store.Tx, look trouble.Look) error {
	all, err := trouble.Open(ctx, tx, look)
	if err != nil {
		return err
	}
	var urgent []string
	for _, t := range all {
		if t.Severity == store.Urgent {
			urgent = append(urgent, fmt.Sprintf("%s (since %s)", t.What, t.Since.UTC().Format("2006-01-02T15:04:05Z")))
		}
	}
	if len(urgent) > 0 {
		return fmt.Errorf("%s", strings.Join(urgent, "\n"))
	}
	for _, name := range store.Watched {
		c, err := tx.Cursor(ctx, name)
		if err != nil {
			return err
		}
		if c.ReadAt.IsZero() {
			return fmt.Errorf("%s was never read: %s", name, c.Error)
		}
	}
	return nil
}
