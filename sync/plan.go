package sync

import (
	"context"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// Plan is what one planning decided.
type Plan struct {
	Texts     []PlannedText     `json:"texts"`
	Reminders []PlannedReminder `json:"reminders"`
	Rules     []PlannedRule     `json:"rules"`
	Intents   []PlannedIntent   `json:"intents"`
	Conflicts []store.Conflict  `json:"conflicts"`
	Arrived   []int64           `json:"arrived,omitempty"` // effects in doubt of which an answer shows that they were done

	left []error // why records are left as they are
}

// PlannedText is the decision about one text that came in.
type PlannedText struct {
	ID       int64  `json:"id"`
	Sender   string `json:"sender"`
	Body     string `json:"body"`
	Decision string `json:"decision"`
	Reason   string `json:"reason"`
	Reply    string `json:"reply,omitempty"`
}

// PlannedReminder is the decision about one due reminder.
type PlannedReminder struct {
	Rule    string    `json:"rule"`
	Contact string    `json:"contact"`
	Starts  string    `json:"starts"`
	Due     time.Time `json:"due"`
	Skipped string    `json:"skipped,omitempty"`
	Text    string    `json:"text,omitempty"`
}

// PlannedIntent is one effect that was enqueued.
type PlannedIntent struct {
	Key     string      `json:"key"`
	Kind    store.Kind  `json:"kind"`
	State   store.State `json:"state"`
	Held    string      `json:"held,omitempty"` // why a brake stopped it
	Payload string      `json:"payload,omitempty"`
}

// planBatch bounds how many rows one transaction decides.
const planBatch = 500

// Preview decides everything that can be decided now and takes it back.
func (e *Engine) Preview(ctx context.Context) (Plan, error) {
	var plan Plan
	err := e.sparing(func() error {
		return e.DB.Rehearse(ctx, func(tx *store.Tx) (err error) {
			plan, err = e.planIn(ctx, tx)
			return err
		})
	})
	return plan, err
}

// plan decides and enqueues, in one transaction.
func (e *Engine) plan(ctx context.Context) (Plan, error) {
	var plan Plan
	err := e.sparing(func() error {
		return e.DB.Update(ctx, func(tx *store.Tx) (err error) {
			plan, err = e.planIn(ctx, tx)
			return err
		})
	})
	return plan, err
}

// planIn runs the planners in the order in which their decisions feed each other: texts first, the
// merge last, since it carries what all the others edited.
func (e *Engine) planIn(ctx context.Context, tx *store.Tx) (Plan, error) {
	w, err := e.world(ctx, tx)
	if err != nil {
		return Plan{}, err
	}
	p := &planning{Engine: e, tx: tx, world: w}
	if err := p.meet(ctx); err != nil {
		return Plan{}, err
	}
	for _, planner := range []func(context.Context) error{p.expire, p.texts, p.questions, p.changes, p.tellOptOuts, p.rules, p.reminders, p.alarms, p.merges} {
		if err := planner(ctx); err != nil {
			return Plan{}, err
		}
	}
	return p.plan, nil
}

type planning struct {
	*Engine
	tx    *store.Tx
	world World
	plan  Plan
	staff map[string]*Staffer // by number; nil: not met yet

	gateway          string // its name
	list             string // the gateway's id of the list that is kept in step; empty: none, or not known yet
	canTell, canLift bool   // what the gateway's own list of opt-outs takes
}

// expire gives up what is too late, by a clock that can be trusted.
func (p *planning) expire(ctx context.Context) error {
	if wrong, err := p.tx.Holds(ctx, store.Clock); err != nil || wrong {
		return err
	}
	return p.tx.Expire(ctx)
}

// meet gathers what the planners need to know of the gateway.
func (p *planning) meet(ctx context.Context) (err error) {
	if p.Gateway == nil {
		return nil
	}
	p.gateway = p.Gateway.Name()
	_, p.canTell = p.Gateway.(sms.OptOuter)
	_, p.canLift = p.Gateway.(sms.OptInner)
	p.list, err = p.tx.Meta(ctx, metaList)
	return err
}
