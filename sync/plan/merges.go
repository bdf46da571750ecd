package plan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"ghlsms/store"
	"ghlsms/sync/merge"
	"ghlsms/sync/record"
)

// merges joins both sides of every dirty record and enqueues what the CRM does not have.
func (p *planning) merges(ctx context.Context) error {
	if some, err := p.tx.AnyDirty(ctx); err != nil || !some {
		return err
	}
	for _, e := range store.Entities {
		for after := int64(0); ; {
			dirty, err := p.tx.Dirty(ctx, e, after, PlanBatch)
			if err != nil {
				return err
			}
			for i := range dirty {
				if _, err := p.one(string(e), dirty[i].ID, func() error { return p.merge(ctx, &dirty[i]) }); err != nil {
					return fmt.Errorf("%s %d: %w", e, dirty[i].ID, err)
				}
			}
			if len(dirty) < PlanBatch {
				break
			}
			after = dirty[len(dirty)-1].ID
		}
	}
	return nil
}

func (p *planning) merge(ctx context.Context, r *store.Record) error {
	if busy, err := p.tx.InFlight(ctx, r.Entity, r.ID); err != nil || busy {
		return err // the outcome of the intent in flight decides what base will be
	}
	if r.CRMID == "" && !r.DoomedAt.IsZero() && merge.ChangedSince(r) == "" { // its create was unknown when its deletion was asked for, and did not happen
		return p.tx.Doom(ctx, r.Entity, r.ID)
	}
	if err := p.ownWrites(ctx, r); err != nil {
		return err
	}
	rule := p.cfg.Merge[r.Entity]
	m := merge.Merge(r, rule)
	if err := p.conflicts(ctx, m.Conflicts); err != nil {
		return err
	}
	if m.Spared {
		if err := p.tx.Spare(ctx, r.Entity, r.ID); err != nil {
			return err
		}
		r.DoomedAt, r.Rev = time.Time{}, r.Rev+1
	}
	if r.Seen != nil || !record.SameFields(m.Edits, r.Edits) {
		if err := p.tx.Rebase(ctx, r.Entity, r.ID, m.Base, m.Edits); err != nil {
			return err
		}
		r.Base, r.Seen, r.Edits, r.Rev = m.Base, nil, m.Edits, r.Rev+1
	}
	if err := p.tx.Supersede(ctx, r.Entity, r.ID, r.Rev); err != nil {
		return err
	}
	if rule.ReadOnly {
		return nil
	}
	for _, in := range merge.Intents(r) {
		p.asUnknown(&in, r)
		if err := p.enqueue(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// asUnknown makes the create of a record from before the mirror was put back from a copy unknown, so that the CRM is
// asked whether it was made since. Contacts are looked for anyway.
func (p *planning) asUnknown(in *store.Intent, r *store.Record) {
	if in.Kind.MakesForContact() && r.ChangedAt.Before(p.world.Restored) {
		in.State, in.StartedAt, in.Reason = store.Unknown, r.ChangedAt, "it may have been made before the mirror was put back from a copy"
	}
}

// ownWrites moves into base what the CRM shows of our own writes with an unknown outcome, so that they are
// not taken for changes by somebody else.
func (p *planning) ownWrites(ctx context.Context, r *store.Record) error {
	if r.Seen == nil || len(r.Edits) == 0 {
		return nil
	}
	tried, err := p.tx.Tried(ctx, r.Entity, r.ID)
	for _, in := range tried {
		sent, ferr := in.Fields()
		err = errors.Join(err, ferr)
		maps.DeleteFunc(sent, func(field, v string) bool { return field == store.Tags || !record.Accepted(field, v, r.Seen[field]) })
		r.Base = r.Base.With(record.Project(r.Seen, sent))
	}
	return err
}

// conflicts stores conflicts with the losing values.
func (p *planning) conflicts(ctx context.Context, all []store.Conflict) error {
	for _, c := range all {
		p.plan.Conflicts = append(p.plan.Conflicts, c)
		if err := p.tx.AddConflict(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
