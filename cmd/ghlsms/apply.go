package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

func (a *app) applyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "apply HASH", Short: "Carry out the plan that was shown with this hash, and nothing else", Args: cobra.ExactArgs(1),
		Long: `Carry out the plan that ghlsms plan or ghlsms once --dry-run showed with this hash, and nothing
else. If by now something else would be done, nothing is, and the exit code is 1. The daemon must
not be running.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := hex.DecodeString(args[0]); err != nil || len(args[0]) < plan.ShortHash {
				return term.UsageError{Err: fmt.Errorf("%q is no hash of a plan: ghlsms plan shows it, %d characters are enough", args[0], plan.ShortHash)}
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			d, err := daemon.Open(cmd.Context(), cfg, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			p, err := d.Engine.Apply(cmd.Context(), args[0])
			if err == nil {
				fmt.Fprintf(cmd.ErrOrStderr(), "plan %s: %s\n", p.Hash()[:plan.ShortHash], term.Count(len(p.Intents), "effect", "effects"))
				err = d.Engine.DB.View(cmd.Context(), func(tx *store.Tx) error { return waiting(cmd.Context(), tx) })
			}
			return errors.Join(err, d.Close())
		},
	}
}

// look reads both sides, and shows what would be done.
func look(cmd *cobra.Command, d *daemon.Daemon, work sync.Work, format string) error {
	p, err := d.Engine.Look(cmd.Context(), work)
	zone := d.Config.Location()
	if err != nil && format == "table" {
		fmt.Fprintln(cmd.OutOrStdout(), "Not everything could be read. From what the mirror knows:")
	}
	return errors.Join(err, showPlan(cmd.Context(), cmd.OutOrStdout(), d.Engine.DB, p, zone, format))
}

// showPlan prints a plan with its hash.
func showPlan(ctx context.Context, w io.Writer, db *store.DB, p plan.Plan, zone *time.Location, format string) error {
	if format == "json" {
		hash := p.Hash()
		p.Texts, p.Reminders = append([]plan.PlannedText{}, p.Texts...), append([]plan.PlannedReminder{}, p.Reminders...) // lists, also where empty
		p.Intents, p.Conflicts = append([]plan.PlannedIntent{}, p.Intents...), append([]store.Conflict{}, p.Conflicts...)
		return term.PrintJSON(w, struct {
			Hash string `json:"hash"`
			plan.Plan
		}{hash, p})
	}
	if err := printPlan(w, p, zone); err != nil {
		return err
	}
	var n map[store.State]int
	err := db.View(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.Waiting(ctx)
		return err
	})
	if open := n[store.Pending] + n[store.Held] + n[store.Unknown]; open > 0 {
		fmt.Fprintf(w, "%s in the outbox: ghlsms outbox list\n", term.Count(open, "effect planned before waits", "effects planned before wait"))
	}
	if len(p.Texts)+len(p.Reminders)+len(p.Intents)+len(p.Conflicts) > 0 {
		fmt.Fprintf(w, "Plan %s. To do exactly this: ghlsms apply %[1]s\n", p.Hash()[:plan.ShortHash])
	}
	return err
}
