package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"ghlsms/store"
	"ghlsms/sync/merge"
	"ghlsms/sync/record"
)

// bookContact compares a contact that changed with its entries: the one of its number, and those
// of numbers it had before.
func (p *planning) bookContact(ctx context.Context, r *store.Record) error {
	number := r.Get(store.Phone)
	numbers := []string{}
	if number != "" {
		numbers = append(numbers, number)
	}
	entries, err := p.tx.EntriesOf(ctx, r.ID)
	if err != nil {
		return err
	}
	for i := range entries {
		if !slices.Contains(numbers, entries[i].Number) {
			numbers = append(numbers, entries[i].Number)
		}
	}
	for _, n := range numbers {
		if err := p.bookNumber(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// bookEntries compares entries that changed at the gateway, or were never compared.
func (p *planning) bookEntries(ctx context.Context) error {
	if p.cfg.Book == nil || p.list == "" {
		return nil
	}
	for after := int64(0); ; {
		dirty, err := p.tx.DirtyEntries(ctx, after, PlanBatch)
		if err != nil {
			return err
		}
		for i := range dirty {
			if _, err := p.one("entry", dirty[i].ID, func() error { return p.bookNumber(ctx, dirty[i].Number) }); err != nil {
				return fmt.Errorf("entry %d: %w", dirty[i].ID, err)
			}
			after = dirty[i].ID
		}
		if len(dirty) < PlanBatch {
			return nil
		}
	}
}

// bookNumber decides about one number.
func (p *planning) bookNumber(ctx context.Context, number string) error {
	c, err := p.bookCase(ctx, number)
	if err != nil {
		return err
	}
	if c.Contact != nil && c.Contact.HeldBy != 0 {
		return nil // on release it moves to the end of the changes
	}
	if c.Entry != nil {
		if busy, err := p.tx.InFlight(ctx, store.EntryEntity, c.Entry.ID); err != nil || busy || c.Entry.HeldBy != 0 {
			return err // the outcome of the intent in flight comes first
		}
	}
	return p.applyBook(ctx, c, merge.DecideBook(c, p.cfg.Book))
}

// bookCase gathers what is known of a number. Of several contacts it is the one with the tag.
func (p *planning) bookCase(ctx context.Context, number string) (merge.BookCase, error) {
	c := merge.BookCase{Number: number}
	owners, err := p.tx.ContactsBy(ctx, store.Phone, number)
	if err != nil {
		return c, err
	}
	for i := range owners {
		if c.Contact == nil || !record.HasTag(c.Contact, p.cfg.Book.Tag) && record.HasTag(&owners[i], p.cfg.Book.Tag) {
			c.Contact = &owners[i]
		}
	}
	e, found, err := p.tx.EntryBy(ctx, p.gateway.Name, p.list, number)
	if err != nil || !found {
		return c, err
	}
	c.Entry = &e
	if c.Contact == nil && e.ContactID != 0 {
		r, err := p.tx.Record(ctx, store.Contact, e.ContactID)
		if err != nil {
			return c, err
		}
		c.Contact = &r
	}
	for _, f := range merge.BookFields {
		open, err := p.tx.HasOpenConflict(ctx, store.EntryEntity, e.ID, f)
		if err != nil {
			return c, err
		}
		if open {
			c.Asked = append(c.Asked, f)
		}
	}
	return c, nil
}

// applyBook stores a decision with what follows from it.
func (p *planning) applyBook(ctx context.Context, c merge.BookCase, d merge.BookDecision) error {
	for _, con := range d.Conflicts { // decided anew for as long as the gateway is not told
		if known, err := p.tx.HasConflict(ctx, con); err != nil {
			return err
		} else if known {
			continue
		}
		if err := p.conflicts(ctx, []store.Conflict{con}); err != nil {
			return err
		}
	}
	var contact int64
	if c.Contact != nil {
		contact = c.Contact.ID
	}
	if d.NewContact != nil {
		id, err := p.tx.Create(ctx, store.Contact, 0, d.NewContact, store.ByGateway)
		if err != nil {
			return err
		}
		contact = id
	}
	if len(d.Edits) > 0 {
		if c.Contact.Seen != nil { // decided knowing what the CRM has, so that is no second conflict
			if err := p.merge(ctx, c.Contact); err != nil {
				return err
			}
		}
		if _, err := p.tx.Edit(ctx, store.Contact, contact, d.Edits, store.ByGateway); err != nil {
			return err
		}
	}
	if d.Alone {
		contact = 0
	}
	switch {
	case d.Put != nil && len(d.Edits) > 0:
		return errors.Join(p.tx.TookFields(ctx, c.Entry, d.Edits), p.put(ctx, c, contact, store.PutEntry, d.Put))
	case d.Put != nil:
		return p.put(ctx, c, contact, store.PutEntry, d.Put)
	case d.Forget:
		_, err := p.tx.SupersedeOthers(ctx, store.EntryEntity, c.Entry.ID, "")
		return errors.Join(err, p.tx.EndEntry(ctx, c.Entry.ID))
	case d.Remove:
		return p.put(ctx, c, contact, store.RemoveEntry, store.Fields{})
	case c.Entry == nil || d.Agreed == nil:
		return nil
	case c.Entry.Seen == nil && c.Entry.Base != nil && c.Entry.ContactID == contact && record.SameFields(record.Tidy(c.Entry.Base.With(nil)), record.Tidy(d.Agreed.With(nil))):
		return nil
	}
	if _, err := p.tx.SupersedeOthers(ctx, store.EntryEntity, c.Entry.ID, ""); err != nil {
		return err
	}
	return p.tx.AgreeEntry(ctx, c.Entry.ID, contact, d.Agreed)
}

// put enqueues a write to the gateway's address book. The same write has the same key; another one supersedes
// it.
func (p *planning) put(ctx context.Context, c merge.BookCase, contact int64, kind store.Kind, value store.Fields) error {
	e := c.Entry
	if e == nil {
		id, err := p.tx.NewEntry(ctx, store.Entry{Gateway: p.gateway.Name, List: p.list, Number: c.Number, ContactID: contact})
		if err != nil {
			return err
		}
		e = &store.Entry{ID: id}
	}
	payload := value.With(store.Fields{store.Phone: c.Number})
	maps.Copy(payload, value) // empty ones too: they clear
	key := func(rev int64) string {
		sum := sha256.Sum256(record.Encode(payload))
		return fmt.Sprintf("%s/%d@%d/%s", kind, e.ID, rev, hex.EncodeToString(sum[:4]))
	}
	n, err := p.tx.SupersedeOthers(ctx, store.EntryEntity, e.ID, key(e.Rev))
	if err != nil {
		return err
	}
	if n > 0 || e.ContactID != contact {
		if e.Rev, err = p.tx.MoveEntry(ctx, e.ID, contact); err != nil {
			return err
		}
	}
	return p.enqueue(ctx, store.Intent{
		Key: key(e.Rev), Kind: kind, ContactID: contact, RecordID: e.ID, Rev: e.Rev, Payload: record.Encode(payload),
	})
}
