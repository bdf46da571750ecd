package health

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/alarm"
	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync/trouble"
)

// Mirror opens the mirror of a command's config, to read it or to change it.
type Mirror func(cmd *cobra.Command, do func(cfg *config.Config, tx *store.Tx) error) error

// Command is `ghlsms trouble`.
func Command(view, edit Mirror) *cobra.Command {
	cmd := &cobra.Command{Use: "trouble", Short: "Look at what is not as people expect, and acknowledge what you know of", Args: cobra.NoArgs}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(listCommand(view), ackCommand(edit))
	return cmd
}

func listCommand(view Mirror) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List it, the worst first", Args: cobra.NoArgs}
	format := term.FormatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			look := Look(cmd.Context(), cfg)
			found, err := trouble.Open(cmd.Context(), tx, look)
			if err != nil {
				return err
			}
			all := Troubles(found)
			if *format == "json" {
				return term.PrintJSON(cmd.OutOrStdout(), all)
			}
			if len(all) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "All is well.")
			}
			PrintTroubles(cmd.OutOrStdout(), all, tx.Now, zoneOf(look))
			return nil
		})
	}
	return cmd
}

func ackCommand(edit Mirror) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use: "ack KIND|ID...", Short: "Acknowledge it: you know of it", Args: cobra.MinimumNArgs(1),
		Long: `Acknowledge troubles, by their kind or by an id: as an alarm names it, or as ghlsms trouble list --format json
does. The alarms say by whom, and no more of it until it gets worse, there are more cases, or it begins anew.

What is past, such as a text that failed, is put away by that. What lasts is shown all the same, keeps /readyz red
where it is urgent, and ghlsms status at 4, until it is mended. Who did it, when and why is kept.`,
		Example: `  ghlsms trouble ack texts-undelivered --why "two landlines, called"`,
	}
	cmd.Flags().StringVar(&why, "why", "", "why it may rest; leaves in alarms only with alarms.details")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
			for _, arg := range args {
				if err := ack(cmd.Context(), tx, cfg.TroubleLook(), arg, Who(), why); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return cmd
}

// failuresOf are what is put away with a kind of trouble.
var failuresOf = map[string]store.Failure{
	trouble.KindFailed: store.FailedEffects, trouble.KindMissed: store.Missed, trouble.KindExpired: store.Expired, trouble.KindUndelivered: store.Undelivered,
	trouble.KindOverLimit: store.OverLimit,
}

// Failures counts what failed since a person last looked, by kind.
func Failures(ctx context.Context, tx *store.Tx) (map[store.Failure]int, error) {
	all := map[store.Failure]int{}
	for _, f := range failuresOf {
		n, _, err := tx.Failures(ctx, f)
		if err != nil {
			return nil, err
		}
		all[f] = n
	}
	return all, nil
}

// ack acknowledges one trouble by an id, or all of a kind.
func ack(ctx context.Context, tx *store.Tx, look trouble.Look, arg, by, why string) error {
	if _, err := trouble.NoteIn(ctx, tx, look, trouble.InMirror); err != nil { // what is found just now has no row yet
		return err
	}
	open, err := tx.OpenTroubles(ctx)
	if err != nil {
		return err
	}
	done := false
	for i := range open {
		t := &open[i]
		if !named(t, arg) {
			continue
		}
		done = true
		if f, counted := failuresOf[t.Kind]; counted {
			if err := tx.Look(ctx, f, by, why); err != nil {
				return err
			}
		}
		if err := tx.AckTrouble(ctx, t.ID, by, why); err != nil {
			return err
		}
	}
	if !done {
		return term.UsageError{Err: fmt.Errorf("no trouble %q now: ghlsms trouble list --format json shows ids and kinds", arg)}
	}
	return nil
}

// named tells whether a word means a trouble: its kind, also with what it is about, or one of its ids.
func named(t *store.Trouble, word string) bool {
	full := alarm.ID(t.Kind, t.About, t.Since)
	about, _, _ := strings.Cut(full, "@")
	return slices.Contains([]string{t.Kind, about, full, fmt.Sprintf("T%d", t.ID)}, word)
}

// Who is the person at the keyboard, as far as this machine knows.
func Who() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// Shown is a moment in the zone of the config.
func Shown(t time.Time, zone *time.Location) string { return t.In(zone).Format("Jan 2, 3:04 PM") }
