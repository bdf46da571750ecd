package health

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync/trouble"
)

// Mirror opens the mirror of a command's config, to read it or to change it.
type Mirror func(cmd *cobra.Command, do func(cfg *config.Config, tx *store.Tx) error) error

// Command is `ghlsms trouble`.
func Command(view, edit Mirror) *cobra.Command {
	cmd := &cobra.Command{Use: "trouble", Short: "Look at what is not as people expect, and put away what you know", Args: cobra.NoArgs}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(listCommand(view), ackCommand(edit))
	return cmd
}

func listCommand(view Mirror) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List it, the worst first", Args: cobra.NoArgs}
	format := term.FormatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			look := cfg.TroubleLook()
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
		Use: "ack KIND|ID...", Short: "Put it away: you know of it", Args: cobra.MinimumNArgs(1),
		Long: `Put troubles away: they are told no more and ask for nobody, until a new one of their kind begins. Give the
kind or the id that ghlsms trouble list --format json shows. Who did it, when and why is kept.`,
		Example: `  ghlsms trouble ack texts-undelivered --why "two landlines, called"`,
	}
	cmd.Flags().StringVar(&why, "why", "", "why it may rest")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
			for _, arg := range args {
				if err := ack(cmd.Context(), tx, cfg.TroubleLook(), arg, who(), why); err != nil {
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
	trouble.KindFailed: store.FailedEffects, trouble.KindMissed: store.Missed, trouble.KindUndelivered: store.Undelivered,
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

// ack puts away one trouble by its id, or all of a kind.
func ack(ctx context.Context, tx *store.Tx, look trouble.Look, arg, by, why string) error {
	if _, err := trouble.NoteIn(ctx, tx, look, trouble.InMirror); err != nil { // what is found just now has no row yet
		return err
	}
	open, err := tx.OpenTroubles(ctx)
	if err != nil {
		return err
	}
	digits, isID := strings.CutPrefix(arg, "T")
	id, err := strconv.ParseInt(digits, 10, 64)
	isID = isID && err == nil
	done := false
	for _, t := range open {
		if isID && t.ID != id || !isID && t.Kind != arg {
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

// who is the person at the keyboard, as far as this machine knows.
func who() string {
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
