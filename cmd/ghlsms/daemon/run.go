package daemon

import (
	"context"
	"fmt"
	"slices"
	gosync "sync"
	"time"

	"github.com/robfig/cron/v3"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/sync"
)

// Run runs cycles until ctx ends. Cron only requests work; one goroutine does it, so that cycles never
// overlap. Work that is requested during a cycle is done once, after it.
func (d *Daemon) Run(ctx context.Context) error {
	bell := newBell()
	clock := cron.New(cron.WithLocation(d.Config.Location()))
	for _, s := range []struct {
		spec string
		work sync.Work
	}{
		{d.Config.Schedule.Texts, sync.PollTexts},
		{d.Config.Schedule.CRM, sync.PollCRM},
		{d.Config.Schedule.Reminders, 0}, // every cycle decides what is due
		{d.Config.Schedule.Sweep, sync.Sweep},
	} {
		if _, err := clock.AddFunc(s.spec, func() { bell.ring(s.work) }); err != nil {
			return fmt.Errorf("schedule %q: %w", s.spec, err)
		}
	}
	page, err := d.servePage(ctx)
	if err != nil {
		return err
	}
	d.log.Info("running", "version", Version(), "mirror", d.Engine.DB.Path(), "gateway", d.Engine.Gateway.Name(), "page", page)
	clock.Start()
	defer clock.Stop()
	bell.ring(sync.PollTexts | sync.PollCRM)
	keeper := newBackupKeeper(d.Config, d.Engine.DB, d.log)
	defer keeper.wait()
	watch, errs := d.watch(), &complaints{log: d.log}
	var watching gosync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { watch.run(ctx) })
	wake := time.AfterFunc(time.Hour, func() {}) // for what is due before the schedule asks for it
	defer func() { wake.Stop() }()
	for {
		select {
		case <-ctx.Done():
			d.log.Info("stopped", "why", context.Cause(ctx))
			return nil
		case work := <-bell:
			err := d.Step(ctx, work|watch.begins())
			watch.ends(err)
			if ctx.Err() == nil {
				errs.hear(time.Now(), unjoin(err))
			}
			keeper.look(ctx)
			wake.Stop()
			if next, err := d.Engine.Next(ctx); err == nil && !next.IsZero() {
				wake = time.AfterFunc(max(time.Until(next), wakeLeast), func() { bell.ring(0) })
			}
		}
	}
}

// wakeLeast is the shortest time between a cycle and the next one that no schedule asks for.
const wakeLeast = 500 * time.Millisecond

// Step runs one cycle.
func (d *Daemon) Step(ctx context.Context, work sync.Work) error {
	if err := config.NamePolicies(ctx, d.Config, d.Engine.DB, &d.Engine.Config); err != nil {
		return err
	}
	d.Engine.Config.Identity = TokenIdentity(d.Config)
	return d.Engine.Cycle(ctx, work)
}

// unjoin takes joined errors apart, each once.
func unjoin(err error) []error {
	if err == nil {
		return nil
	}
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

// bell holds the requested work until the runner takes it: at most one entry, all requests joined.
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
