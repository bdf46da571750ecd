package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"ghlsms/store"
	"ghlsms/sync/inbound"
	"ghlsms/sync/record"
)

// changes follows contacts in the order in which they changed, and plans what follows from it: consent that both sides
// must know, and the gateway's address book.
func (p *planning) changes(ctx context.Context) error {
	cursor, err := p.tx.Cursor(ctx, cursorChanges)
	if err != nil {
		return err
	}
	after := int64(0)
	if cursor.Position != "" {
		if after, err = strconv.ParseInt(cursor.Position, 10, 64); err != nil {
			return fmt.Errorf("the stored cursor of %s is broken: %w", cursorChanges, err)
		}
	}
	newest, err := p.tx.NewestChange(ctx)
	if err != nil {
		return err
	}
	followed := newest
	for at := after; at < newest; {
		changed, err := p.tx.ChangedContacts(ctx, at, p.cfg.Book != nil, PlanBatch)
		if err != nil {
			return err
		}
		for i := range changed {
			excluded, err := p.one("changed contact", changed[i].ID, func() error { return p.contactChanged(ctx, &changed[i]) })
			if err != nil {
				return fmt.Errorf("contact %d: %w", changed[i].ID, err)
			}
			if excluded { // the cursor stays before it
				followed = min(followed, changed[i].Change-1)
			}
			at = changed[i].Change
		}
		if len(changed) < PlanBatch {
			break
		}
	}
	if followed > after {
		err = p.tx.MoveCursor(ctx, cursorChanges, strconv.FormatInt(followed, 10))
	}
	return errors.Join(err, p.bookEntries(ctx))
}

// cursorChanges is how far the changes of contacts were followed.
const cursorChanges = "plan.changes"

func (p *planning) contactChanged(ctx context.Context, r *store.Record) error {
	if !r.Read && r.CRMID != "" || r.HeldBy != 0 && !record.Blocked(r) {
		return nil // not read yet, or held; when that ends it moves to the end of the changes
	}
	if err := p.consent(ctx, r); err != nil { // no brake holds an opt-out back
		return err
	}
	if p.cfg.Book == nil || p.list == "" || r.HeldBy != 0 {
		return nil
	}
	return p.bookContact(ctx, r)
}

// consent makes an opt-out that one side has known to all: do-not-disturb set in the CRM is an opt-out here until it is
// lifted there, and a contact that got an opted-out number gets do-not-disturb in the CRM.
func (p *planning) consent(ctx context.Context, r *store.Record) error {
	number := r.Get(store.Phone)
	if number == "" || !r.GoneAt.IsZero() {
		return nil
	}
	o, out, err := p.tx.OptedOut(ctx, number)
	if err != nil {
		return err
	}
	switch {
	case record.Blocked(r):
		if !out {
			err = p.tx.OptOut(ctx, store.OptOut{Number: number, Source: "crm", Reason: "do-not-disturb in the CRM"})
			err = errors.Join(err, p.tx.DropTexts(ctx, number, "the recipient opted out in the CRM"))
		}
		_, toldErr := p.tx.ConsentTold(ctx, r.ID, number)
		return errors.Join(err, toldErr)
	case out && o.Source == "crm":
		return p.liftedThere(ctx, r, number)
	case out:
		told, err := p.tx.ConsentTold(ctx, r.ID, number)
		if err != nil || told {
			return err
		}
		return p.propagateToCRM(ctx, r, o)
	}
	return nil
}

// propagateToCRM sets a contact's do-not-disturb for an opt-out. Lifting the opt-out clears it again, unless
// staff have set it on another contact with the number.
func (p *planning) propagateToCRM(ctx context.Context, r *store.Record, o store.OptOut) error {
	others, err := p.tx.ContactsBy(ctx, store.Phone, o.Number)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(others, func(other store.Record) bool { return record.Blocked(&other) }) {
		err = p.tx.SetDNDFor(ctx, o.Number)
	}
	_, editErr := p.tx.Edit(ctx, store.Contact, r.ID, store.Fields{store.DNDSMS: "active"}, store.Origin(o.Source))
	return errors.Join(err, editErr)
}

// liftedThere ends an opt-out that came from the CRM once do-not-disturb is off, unless another contact with
// the number still has it. A contact that never had it, such as one made after the other was deleted,
// lifts nothing.
func (p *planning) liftedThere(ctx context.Context, r *store.Record, number string) error {
	if had, err := p.tx.ConsentFreed(ctx, r.ID, number); err != nil || !had {
		return err
	}
	owners, err := p.tx.ContactsBy(ctx, store.Phone, number)
	if err != nil {
		return err
	}
	for i := range owners {
		if record.Blocked(&owners[i]) {
			return nil
		}
	}
	return p.tx.LiftOptOut(ctx, number, "crm")
}

// propagateOptOuts puts opt-outs on the gateway's own list, and takes lifted ones off.
func (p *planning) propagateOptOuts(ctx context.Context) error {
	untold, err := p.tx.UntoldOptOuts(ctx, PlanBatch)
	if err != nil {
		return err
	}
	for _, o := range untold {
		kind, can := store.TellOptOut, p.gateway.TakesOptOuts
		if o.Lifted {
			kind, can = store.TellOptIn, p.gateway.LiftsOptOuts
		}
		if can && record.Textable(o.Number) {
			in := store.Intent{
				Key: fmt.Sprintf("%s/%s@%d", kind, unnamed(o.Number), o.Since.UnixMilli()), Kind: kind, Payload: record.Encode(store.Fields{store.Phone: o.Number}),
				ExpiresAt: p.tx.Now.Add(30 * 24 * time.Hour),
			}
			if !o.Lifted { // or it would refuse the confirmation
				in.DueAt = o.Since.Add(inbound.ReplyTime(store.ForOptOut))
			}
			if err := p.enqueue(ctx, in); err != nil {
				return err
			}
		}
		if err := p.tx.OptOutTold(ctx, o.Number, !o.Lifted); err != nil {
			return err
		}
	}
	return nil
}

// unnamed is a hash of a number for use in a key, since keys are logged.
func unnamed(number string) string {
	sum := sha256.Sum256([]byte(number))
	return hex.EncodeToString(sum[:6])
}
