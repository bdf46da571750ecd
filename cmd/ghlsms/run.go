package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"

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
			d, err := openDaemon(cmd.Context(), cfg, cmd.ErrOrStderr())
			if err != nil {
				if cmd.Context().Err() != nil {
					return nil //nolint:nilerr // stopped before it began
				}
				return err
			}
			return errors.Join(d.run(cmd.Context()), d.close())
		},
	}
}

// run works until ctx ends. Cron only rings; one goroutine does all the work, so that cycles
// never overlap. What rings during a cycle is done once, after it.
func (d *daemon) run(ctx context.Context) error {
	bell := newBell()
	clock := cron.New(cron.WithLocation(d.cfg.Location()))
	for _, s := range []struct {
		spec string
		work sync.Work
	}{
		{d.cfg.Schedule.Texts, sync.PollTexts},
		{d.cfg.Schedule.CRM, sync.PollCRM},
		{d.cfg.Schedule.Reminders, 0}, // every cycle decides what is due
		{d.cfg.Schedule.Sweep, sync.Sweep},
	} {
		if _, err := clock.AddFunc(s.spec, func() { bell.ring(s.work) }); err != nil {
			return fmt.Errorf("schedule %q: %w", s.spec, err)
		}
	}
	page, err := d.servePage(ctx)
	if err != nil {
		return err
	}
	d.log.Info("running", "version", version(), "mirror", d.engine.DB.Path(), "gateway", d.engine.Gateway.Name(), "page", page)
	clock.Start()
	defer clock.Stop()
	bell.ring(sync.PollTexts | sync.PollCRM)
	keeper := newBackupKeeper(d.cfg, d.engine.DB, d.log)
	defer keeper.wait()
	for {
		select {
		case <-ctx.Done():
			d.log.Info("stopped", "why", context.Cause(ctx))
			return nil
		case work := <-bell:
			d.cycle(ctx, work)
			keeper.look(ctx)
		}
	}
}

// step runs one cycle.
func (d *daemon) step(ctx context.Context, work sync.Work) error {
	if err := namePolicies(ctx, d.cfg, d.engine.DB, &d.engine.Config); err != nil {
		return err
	}
	d.engine.Config.Identity = identity(d.cfg)
	return d.engine.Cycle(ctx, work)
}

// cycle runs one cycle and logs what failed; the next one tries again.
func (d *daemon) cycle(ctx context.Context, work sync.Work) {
	err := d.step(ctx, work)
	if err == nil || ctx.Err() != nil {
		return
	}
	for _, one := range unjoin(err) {
		d.log.Error("this went wrong and will be tried again", "error", one)
	}
}

// unjoin takes joined errors apart, each once.
func unjoin(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		for _, e := range unjoin(one) {
			if !slices.ContainsFunc(all, func(have error) bool { return have.Error() == e.Error() }) {
				all = append(all, e)
			}
		}
	}
	return all
}

// bell holds the work that waits for the runner: at most one entry, all rings joined.
type bell chan sync.Work

func newBell() bell { return make(bell, 1) }

func (b bell) ring(work sync.Work) {
	for {
		select {
		case b <- work:
			return
		case waiting := <-b:
			work |= waiting
		}
	}
}

func (a *app) onceCommand() *cobra.Command {
	var sweep, dryRun bool
	var format *string
	cmd := &cobra.Command{
		Use: "once", Short: "Run one full cycle and exit", Args: cobra.NoArgs,
		Long: `Run one full cycle: settle, poll both sides, plan, deliver. Exit 3 if a brake holds
something back, 4 if the outcome of something is unclear or a conflict waits for you.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			d, err := openDaemon(cmd.Context(), cfg, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			work := sync.PollTexts | sync.PollCRM
			if sweep {
				work |= sync.Sweep
			}
			if dryRun {
				return errors.Join(look(cmd, d, work, *format), d.close())
			}
			err = d.step(cmd.Context(), work)
			if err == nil {
				err = d.engine.DB.View(cmd.Context(), func(tx *store.Tx) error { return waiting(cmd.Context(), tx) })
			}
			return errors.Join(err, d.close())
		},
	}
	format = formatFlag(cmd, "table", "json")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "read both sides, show what would be done, and do nothing")
	cmd.Flags().BoolVar(&sweep, "sweep", false, "also compare all contacts, for those that were deleted")
	return cmd
}

// waiting is a waitingError if something waits for a person.
func waiting(ctx context.Context, tx *store.Tx) error {
	n, err1 := tx.Waiting(ctx)
	open, err2 := tx.OpenConflicts(ctx)
	brakes, err3 := heldBrakes(ctx, tx)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	w := waitingError{held: n[store.Held], unknown: n[store.Unknown], conflicts: open, brakes: len(brakes)}
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
