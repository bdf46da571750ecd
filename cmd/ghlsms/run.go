package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/health"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync"
)

func (a *app) runCommand() *cobra.Command {
	return &cobra.Command{
		Use: "run", Short: "Run the daemon", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			d, err := daemon.Open(cmd.Context(), cfg, cmd.ErrOrStderr())
			if err != nil {
				if cmd.Context().Err() != nil {
					return nil //nolint:nilerr // stopped before it began
				}
				return err
			}
			return errors.Join(d.Run(cmd.Context()), d.Close())
		},
	}
}

func (a *app) onceCommand() *cobra.Command {
	var sweep, dryRun bool
	var format *string
	cmd := &cobra.Command{
		Use: "once", Short: "Run one full cycle and exit", Args: cobra.NoArgs,
		Long: `Run one full cycle: settle, poll both sides, plan, deliver. Exit 3 if a brake holds
something back, 4 if the outcome of something is unclear, a conflict waits for you, or something failed
that nobody has looked at.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			d, err := daemon.Open(cmd.Context(), cfg, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			work := sync.PollTexts | sync.PollCRM
			if sweep {
				work |= sync.Sweep
			}
			if dryRun {
				return errors.Join(look(cmd, d, work, *format), d.Close())
			}
			err = d.Step(cmd.Context(), work)
			if err == nil {
				err = d.Engine.DB.View(cmd.Context(), func(tx *store.Tx) error { return waiting(cmd.Context(), tx) })
			}
			return errors.Join(err, d.Close())
		},
	}
	format = term.FormatFlag(cmd, "table", "json")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "read both sides, show what would be done, and do nothing")
	cmd.Flags().BoolVar(&sweep, "sweep", false, "also compare all contacts, for those that were deleted")
	return cmd
}

// waiting is a waitingError if something waits for a person.
func waiting(ctx context.Context, tx *store.Tx) error {
	n, err1 := tx.Waiting(ctx)
	open, err2 := tx.OpenConflicts(ctx)
	brakes, err3 := heldBrakes(ctx, tx)
	failed, err4 := health.Failures(ctx, tx)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	w := waitingError{
		held: n[store.Held], unknown: n[store.Unknown], conflicts: open, brakes: len(brakes),
		failed: failed[store.FailedEffects], missed: failed[store.Missed], undelivered: failed[store.Undelivered],
	}
	if w == (waitingError{}) {
		return nil
	}
	return w
}

// heldBrakes are the brakes about which a person has not decided.
func heldBrakes(ctx context.Context, tx *store.Tx) ([]store.Brake, error) {
	all, err := tx.Brakes(ctx)
	return slices.DeleteFunc(all, func(b store.Brake) bool { return b.State != store.BrakeHeld }), err
}
