package sync

import (
	"context"
	"time"

	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
)

// Rehearsal plans from the mirror alone, and rolls back.
type Rehearsal struct {
	DB      *store.DB
	Planner plan.Planner
}

// Plan is everything that would be decided.
func (r Rehearsal) Plan(ctx context.Context) (p plan.Plan, err error) {
	err = r.Planner.Within(func(do func(*store.Tx) error) error { return r.DB.Rehearse(ctx, do) }, func(tx *store.Tx) error {
		p, err = r.Planner.Plan(ctx, tx)
		return err
	})
	return p, err
}

// Forecast lists the reminders to come; see [plan.Planner.Forecast].
func (r Rehearsal) Forecast(ctx context.Context, until time.Time) (all []plan.Forecast, err error) {
	err = r.DB.View(ctx, func(tx *store.Tx) error {
		all, err = r.Planner.Forecast(ctx, tx, until)
		return err
	})
	return all, err
}

// PreviewReminder words a reminder; see [plan.Planner.PreviewReminder].
func (r Rehearsal) PreviewReminder(ctx context.Context, rule *remind.Rule, appointment int64, language string) (f plan.Forecast, err error) {
	err = r.DB.View(ctx, func(tx *store.Tx) error {
		f, err = r.Planner.PreviewReminder(ctx, tx, rule, appointment, language)
		return err
	})
	return f, err
}

// Try tells what a text of a number would mean if it came in now.
func (r Rehearsal) Try(ctx context.Context, number, text string) (t plan.Trial, err error) {
	err = r.DB.Rehearse(ctx, func(tx *store.Tx) error {
		t, err = r.Planner.Try(ctx, tx, number, text)
		return err
	})
	return t, err
}

// Rehearsal returns a Rehearsal of the engine's mirror and config.
func (e *Engine) Rehearsal() Rehearsal { return Rehearsal{DB: e.DB, Planner: e.planner()} }

func (e *Engine) planner() plan.Planner {
	return plan.Planner{Config: &e.Config, Gateway: plan.GatewayOf(e.Gateway), Log: e.Log, Excluded: &e.excluded}
}

// plan decides and enqueues, in one transaction.
func (e *Engine) plan(ctx context.Context) (p plan.Plan, err error) {
	planner := e.planner()
	err = planner.Within(func(do func(*store.Tx) error) error { return e.DB.Update(ctx, do) }, func(tx *store.Tx) error {
		p, err = planner.Plan(ctx, tx)
		return err
	})
	return p, err
}
