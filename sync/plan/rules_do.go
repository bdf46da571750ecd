package plan

import (
	"context"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/inbound"
	"ghlsms/sync/rule"
)

// restrained is why a rule does not answer a text, so that two robots do not talk for ever; empty: it does.
func (r *ruling) restrained(ctx context.Context, c *rule.Case, e *rule.Effect) (why string, err error) {
	if c.Text == nil || e.Action != rule.ActText {
		return "", nil
	}
	var t inbound.Traffic
	t.Answers, t.SameAnswers, err = r.tx.AnswersTo(ctx, e.Number, sms.Plain(e.Body), r.tx.Now.Add(-time.Hour))
	return inbound.TooMuch(t, r.cfg.Limits.Quota), err
}

// held is why a limit holds a text that this run enqueued; empty: none does.
func (r *ruling) held(key string) string {
	if n := len(r.plan.Intents); n > 0 && strings.TrimSuffix(r.plan.Intents[n-1].Key, aside) == key && r.plan.Intents[n-1].State == store.Held {
		return " (held: " + r.plan.Intents[n-1].Held + ")"
	}
	return ""
}

// asItWas is why nothing comes of an edit that changes nothing.
const asItWas = "it was so already"

// needless tells of edits that change nothing that nothing comes of them. All those of the contact are one edit.
func needless(all []store.FiringEffect) {
	contact := slices.ContainsFunc(all, func(e store.FiringEffect) bool { return e.Kind.Entity() == store.Contact && e.Why == asItWas })
	for i := range all {
		if e := &all[i]; e.Why == asItWas || contact && e.Kind.Entity() == store.Contact {
			*e = store.FiringEffect{Action: e.Action, Why: asItWas}
		}
	}
}

// do stores one effect in the mirror or the outbox, and returns by what it can be found again. An edit is based on what
// the CRM shows now, so that it is no conflict with that.
func (r *ruling) do(ctx context.Context, c *rule.Case, e rule.Effect, key string) (did store.FiringEffect, err error) {
	kind, _ := rule.ActionOf(e.Action)
	did = store.FiringEffect{Action: e.Action, Kind: kind.Effects[0]}
	switch {
	case e.Number != "":
		t := store.Text{Number: e.Number, Body: e.Body, Purpose: store.ForNotice}
		if e.Action == rule.ActText {
			t.Purpose, t.ContactID = store.ForRule, c.Contact.ID
		}
		did.Why = e.Waits
		did.TextID, err = r.text(ctx, store.Intent{Key: key, DueAt: e.DueAt, ExpiresAt: e.Expires}, t)
		return did, err
	case e.Entity == "": // it is in the edit of a later action
		did.RecordID = c.Contact.ID
		did.Newest, err = r.tx.NewestIntent(ctx)
		return did, err
	case e.ID == 0:
		if did.Newest, err = r.tx.NewestIntent(ctx); err == nil {
			did.RecordID, err = r.tx.Create(ctx, e.Entity, c.Contact.ID, e.Fields, store.ByRule)
		}
		return did, err
	}
	rec, err := r.tx.Record(ctx, e.Entity, e.ID)
	if err != nil {
		return did, err
	}
	if rec.Seen != nil {
		if err := r.merge(ctx, &rec); err != nil {
			return did, err
		}
	}
	did.RecordID = e.ID
	if did.Newest, err = r.tx.NewestIntent(ctx); err != nil {
		return did, err
	}
	changed, err := r.tx.Edit(ctx, e.Entity, e.ID, e.Fields, store.ByRule)
	if !changed {
		did.Why = asItWas
	}
	return did, err
}
