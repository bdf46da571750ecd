// Package plan decides what the owner wants done. A [Planner] reads and writes one transaction of the mirror: it
// gathers what a decision needs, asks the pure packages inbound, remind, rule and merge, stores what they decided,
// and puts effects into the outbox. It calls nobody, and has no clock but the transaction's: the same mirror at the
// same time gives the same plan.
//
// What people decide at the command line goes the same way: conflicts, undoing, consent.
package plan

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/inbound"
	"ghlsms/sync/wording"
)

// Plan is what one planning decided.
type Plan struct {
	Texts     []PlannedText     `json:"texts"`
	Reminders []PlannedReminder `json:"reminders"`
	Rules     []PlannedRule     `json:"rules"`
	Intents   []PlannedIntent   `json:"intents"`
	Conflicts []store.Conflict  `json:"conflicts"`
	Arrived   []int64           `json:"arrived,omitempty"` // effects in doubt of which an answer shows that they were done

	Excluded []error `json:"-"` // why records were left as they are
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

// PlanBatch bounds how many rows one transaction decides.
const PlanBatch = 500

// Planner decides what the owner wants done, by what the mirror knows. It reads and writes nothing but the
// transaction that it is given.
type Planner struct {
	Config   *Config
	Gateway  Gateway
	Log      *slog.Logger // of panics; nil: nobody reads it
	Excluded *Excluded    // kept from one plan to the next; nil: it is not
}

// Gateway is what deciding needs to know of the gateway.
type Gateway struct {
	Name         string
	TakesOptOuts bool // it has a list of opt-outs of its own, which takes them
	LiftsOptOuts bool // and lets them be lifted
}

// GatewayOf tells it of a gateway.
func GatewayOf(g sms.Gateway) Gateway {
	_, takes := g.(sms.OptOuter)
	_, lifts := g.(sms.OptInner)
	return Gateway{Name: g.Name(), TakesOptOuts: takes, LiftsOptOuts: lifts}
}

// planning is one run of a planner, in one transaction.
type planning struct {
	cfg      *Config
	in       *inbound.Config
	gateway  Gateway
	tx       *store.Tx
	world    wording.World
	plan     Plan
	staff    map[string]*inbound.Staffer // by number; nil: not loaded yet
	log      *slog.Logger
	excluded *Excluded
	list     string // the gateway's id of the list that is kept in step; empty: none, or not known yet
}

// begin loads what all planners need.
func (p Planner) begin(ctx context.Context, tx *store.Tx) (*planning, error) {
	w, err1 := LoadWorld(ctx, tx, p.Config)
	list, err2 := tx.Meta(ctx, store.MetaList)
	return &planning{cfg: p.Config, in: p.Config.inbound(), gateway: p.Gateway, tx: tx, world: w, log: p.Log, excluded: cmp.Or(p.Excluded, new(Excluded)), list: list}, errors.Join(err1, err2)
}

// Plan decides and enqueues everything that can be decided now. The planners run in the order in which
// their decisions feed each other: texts first, the merge last, since it carries what all the others edited.
func (p Planner) Plan(ctx context.Context, tx *store.Tx) (Plan, error) {
	run, err := p.begin(ctx, tx)
	if err != nil {
		return Plan{}, err
	}
	for _, planner := range []func(context.Context) error{
		run.expire, run.texts, run.questions, run.changes, run.propagateOptOuts, run.rules, run.reminders, run.alarms, run.merges,
	} {
		if err := planner(ctx); err != nil {
			return Plan{}, err
		}
	}
	return run.plan, nil
}

// expire gives up what is too late, by a clock that can be trusted.
func (p *planning) expire(ctx context.Context) error {
	if wrong, err := p.tx.Holds(ctx, store.Clock); err != nil || wrong {
		return err
	}
	return p.tx.Expire(ctx)
}
