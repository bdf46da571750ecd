package sync

import (
	"context"
	"errors"
	"slices"
	"time"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/merge"
	"ghlsms/sync/record"
)

// recordEffect is what all effects on records of the CRM share.
type recordEffect struct{ *cycle }

func (recordEffect) prepare(context.Context, store.Intent) error { return nil }

// guard drops an intent whose record has changed since it was planned; the next plan sees the record as it
// is now.
func (recordEffect) guard(ctx context.Context, tx *store.Tx, in store.Intent) (drop string, wait time.Time, err error) {
	r, err := tx.Record(ctx, in.Kind.Entity(), in.RecordID)
	if errors.Is(err, store.ErrNoRecord) {
		return "the record is no more", wait, nil
	}
	if err != nil {
		return "", wait, err
	}
	switch {
	case !r.GoneAt.IsZero():
		return "it was deleted in the CRM", wait, nil
	case r.Rev != in.Rev, r.Seen != nil:
		return "planned anew", wait, nil
	case r.Entity == store.Appointment: // in its calendar it lives without its contact
		return "", wait, nil
	}
	return contactGone(ctx, tx, in)
}

func contactGone(ctx context.Context, tx *store.Tx, in store.Intent) (drop string, wait time.Time, err error) {
	c, err := tx.Record(ctx, store.Contact, in.ContactID)
	if err == nil && !c.GoneAt.IsZero() {
		drop = "the contact was deleted in the CRM"
	}
	return drop, wait, err
}

// subject reads the record of an intent and the CRM id of its contact.
func (c *cycle) subject(ctx context.Context, in store.Intent) (r store.Record, contact ghl.ContactID, err error) {
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		if in.RecordID != 0 {
			if r, err = tx.Record(ctx, in.Kind.Entity(), in.RecordID); err != nil {
				return err
			}
		}
		owner, err := tx.Record(ctx, store.Contact, in.ContactID)
		contact = ghl.ContactID(owner.CRMID)
		return err
	})
	return r, contact, err
}

// open reads what every call needs: the payload, the record and the CRM id of its contact.
func (c *cycle) open(ctx context.Context, in store.Intent) (payload store.Fields, r store.Record, contact ghl.ContactID, err error) {
	if payload, err = in.Fields(); err != nil {
		return nil, r, "", err
	}
	r, contact, err = c.subject(ctx, in)
	return payload, r, contact, err
}

// certain is the result of an error before the call that changes the outside. An error that does not itself say
// that nothing was done is wrapped in one that does.
func certain(err error) result {
	if v, _ := weigh(err); v != unclear {
		return result{err: err}
	}
	return result{err: errors.Join(ghl.ErrUnavailable, err)}
}

// shown is a record as the CRM shows it, and when the CRM says it was last changed.
type shown struct {
	value store.Fields
	at    time.Time // zero: not told
}

func (e *Engine) shownContact(c ghl.Contact) shown {
	return shown{contactFields(c, e.Config.Region), c.DateUpdated}
}

func shownTask(t ghl.Task) shown { return shown{taskFields(t), t.DateUpdated} }

func shownNote(n ghl.Note) shown { return shown{value: noteFields(n)} }

func shownAppointment(a ghl.Appointment) shown { return shown{appointmentFields(a), a.DateUpdated} }

// wrote is the result of a write the CRM took: its value is the base from now on. before is what
// the record was.
func wrote(in store.Intent, before store.Fields, now shown, sent store.Fields) result {
	return result{
		Outcome: store.Outcome{State: store.Done, Before: record.Project(before, sent)},
		store: func(ctx context.Context, tx *store.Tx) error {
			return took(ctx, tx, in.Kind.Entity(), in.RecordID, now, sent)
		},
	}
}

// took stores what the CRM took. What it would not keep, twice, is parked as a conflict.
func took(ctx context.Context, tx *store.Tx, e store.Entity, id int64, now shown, sent store.Fields) error {
	givenUp, err := tx.Wrote(ctx, e, id, now.value, sent, now.at, record.Accepted)
	for _, field := range givenUp.Names() {
		if err == nil {
			err = tx.AddConflict(ctx, store.Conflict{
				Entity: e, RecordID: id, Field: field, CRM: now.value[field], Local: givenUp[field], Policy: "refused", Kept: store.KeptCRM,
				Reason: "not accepted as sent",
			})
		}
	}
	return err
}

// adopted is the result of a create: the record has its CRM id and value now. There was nothing
// before, which is what an undo goes by.
func adopted(in store.Intent, crmID string, now shown, sent store.Fields) result {
	return result{
		Outcome: store.Outcome{State: store.Done, OutsideID: crmID, Before: store.Fields{}},
		store: func(ctx context.Context, tx *store.Tx) error {
			id, err := tx.Adopt(ctx, in.Kind.Entity(), in.RecordID, crmID)
			if err != nil {
				return err
			}
			return took(ctx, tx, in.Kind.Entity(), id, now, sent)
		},
	}
}

// absent is the result of asking for what a create may have made and not finding it. Lists
// lag, so one silence is no proof: the second one after the settle delay is.
func (c *cycle) absent(in store.Intent) result {
	if time.Since(in.StartedAt) < 2*c.Config.SettleAfter {
		return result{Outcome: store.Outcome{
			State: store.Unknown, Reason: "the CRM does not show it yet; asked again soon", DueAt: c.askAgain(in.StartedAt, c.Config.SettleAfter),
		}}
	}
	return result{Outcome: store.Outcome{State: store.Pending, Reason: "the CRM does not have it"}}
}

// compared is the result of reading a record whose update has an unknown outcome: done if the
// CRM shows what was sent. Repeating an update is harmless otherwise.
func compared(in store.Intent, before store.Fields, now shown, sent store.Fields) result {
	for _, field := range sent.Names() {
		if !record.Accepted(field, sent[field], now.value[field]) {
			return result{Outcome: store.Outcome{State: store.Pending, Reason: "the CRM does not show the change"}}
		}
	}
	return wrote(in, before, now, sent)
}

type createContact struct{ *cycle }

func (createContact) prepare(context.Context, store.Intent) error { return nil }

func (e createContact) guard(ctx context.Context, tx *store.Tx, in store.Intent) (drop string, wait time.Time, err error) {
	return recordEffect(e).guard(ctx, tx, in)
}

// carry looks for the contact first: where the location allows duplicates, nothing else would
// keep a second one from being made.
func (e createContact) carry(ctx context.Context, in store.Intent) result {
	sent, _, _, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	if twin, found, err := e.CRM.FindContact(ctx, sent[store.Phone], sent[store.Email]); err != nil {
		return certain(err)
	} else if found {
		return e.adopt(in, twin, sent)
	}
	patch := contactPatch(sent, sent)
	patch.Tags = sent.Set(store.Tags)
	made, err := e.CRM.CreateContact(ctx, patch)
	if dup, ok := errors.AsType[*ghl.DuplicateError](err); ok {
		twin, err := e.CRM.Contact(ctx, dup.ContactID)
		if err != nil { // made by somebody else: ours was certainly not
			return certain(err)
		}
		return e.adopt(in, twin, sent)
	}
	if err != nil {
		return result{err: err}
	}
	if confirmed, err := e.CRM.Contact(ctx, made.ID); err == nil {
		made = confirmed
	}
	return adopted(in, string(made.ID), e.shownContact(made), sent)
}

// adopt links our contact to one that the CRM has already. The CRM's values stay, ours fill the empty fields,
// and those that differ are stored as conflicts.
func (e createContact) adopt(in store.Intent, twin ghl.Contact, edits store.Fields) result {
	value := contactFields(twin, e.Config.Region)
	forget := store.Fields{}
	for field, v := range edits {
		if value[field] != "" && field != store.Tags {
			forget[field] = v
		}
	}
	return result{
		Outcome: store.Outcome{State: store.Done, OutsideID: string(twin.ID)},
		store: func(ctx context.Context, tx *store.Tx) error {
			id, err := tx.Adopt(ctx, store.Contact, in.RecordID, string(twin.ID))
			if err != nil {
				return err
			}
			if _, err := tx.Wrote(ctx, store.Contact, id, value, forget, twin.DateUpdated, anyValue); err != nil {
				return err
			}
			return keepLosers(ctx, tx, string(twin.ID), value, forget)
		},
	}
}

// anyValue accepts whatever value the CRM shows.
func anyValue(string, string, string) bool { return true }

func keepLosers(ctx context.Context, tx *store.Tx, crmID string, value, ours store.Fields) error {
	r, err := tx.RecordByCRMID(ctx, store.Contact, crmID)
	if err != nil {
		return err
	}
	for _, field := range ours.Names() {
		if ours[field] == value[field] {
			continue
		}
		c := store.Conflict{
			Entity: store.Contact, RecordID: r.ID, Field: field, CRM: value[field], Local: ours[field], Policy: string(merge.CRMWins), Kept: store.KeptCRM,
			Reason: "the CRM had the contact already",
		}
		if err := tx.AddConflict(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (e createContact) settle(ctx context.Context, in store.Intent) result {
	sent, _, _, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	twin, found, err := e.CRM.FindContact(ctx, sent[store.Phone], sent[store.Email])
	switch {
	case err != nil:
		return result{err: err}
	case found:
		return e.adopt(in, twin, sent)
	}
	return e.missingContact(ctx, in)
}

// missingContact is the result of not finding what a create may have made. Where the location
// allows duplicates, a second try could make one: then it waits for a person.
func (e createContact) missingContact(ctx context.Context, in store.Intent) result {
	var duplicates string
	err := e.DB.View(ctx, func(tx *store.Tx) (err error) {
		duplicates, err = tx.Meta(ctx, store.MetaDuplicates)
		return err
	})
	if err != nil {
		return certain(err)
	}
	if duplicates == "true" {
		return e.parked(in, "the CRM does not show the contact, and the location allows duplicates")
	}
	return e.absent(in)
}

type updateContact struct{ recordEffect }

func (e updateContact) prepare(ctx context.Context, in store.Intent) error {
	_, id, err := e.subject(ctx, in)
	if err != nil {
		return err
	}
	return e.readContact(ctx, string(id))
}

func (e updateContact) carry(ctx context.Context, in store.Intent) result {
	sent, r, id, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	patch := contactPatch(sent, r.Value())
	patch.CompanyName = nil // the update endpoint refuses it
	if _, err := e.CRM.UpdateContact(ctx, id, patch); err != nil {
		return result{err: err}
	}
	return wrote(in, r.Base, e.confirm(ctx, id, r.Base.With(sent)), sent)
}

// confirm reads what the CRM made of a write; where it cannot, what was sent must do.
func (c *cycle) confirm(ctx context.Context, id ghl.ContactID, assumed store.Fields) shown {
	now, err := c.CRM.Contact(ctx, id)
	if err != nil {
		return shown{value: assumed}
	}
	return c.shownContact(now)
}

func (e updateContact) settle(ctx context.Context, in store.Intent) result {
	sent, r, id, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	now, err := e.CRM.Contact(ctx, id)
	if err != nil {
		return result{err: err}
	}
	return compared(in, r.Base, e.shownContact(now), sent)
}

// tagContact adds or takes tags; both may be repeated without harm.
type tagContact struct{ *cycle }

func (e tagContact) prepare(ctx context.Context, in store.Intent) error {
	return updateContact{recordEffect(e)}.prepare(ctx, in)
}

func (e tagContact) guard(ctx context.Context, tx *store.Tx, in store.Intent) (drop string, wait time.Time, err error) {
	return recordEffect(e).guard(ctx, tx, in)
}

func (e tagContact) carry(ctx context.Context, in store.Intent) result {
	sent, r, id, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	var added, removed []string
	assumed := r.Base
	if in.Kind == store.TagContact {
		added = sent.Set(store.Tags)
		err = e.CRM.AddTags(ctx, id, added)
		assumed = assumed.With(store.Fields{store.Tags: store.MergeSets(nil, r.Base.Set(store.Tags), added)})
	} else {
		removed = sent.Set(store.Tags)
		err = e.CRM.RemoveTags(ctx, id, removed)
		assumed = assumed.With(store.Fields{store.Tags: record.Without(r.Base.Set(store.Tags), removed)})
	}
	if err != nil {
		return result{err: err}
	}
	return tagsTaken(in, r.Base, e.confirm(ctx, id, assumed), added, removed)
}

func tagsTaken(in store.Intent, before store.Fields, now shown, added, removed []string) result {
	out := wrote(in, before, now, nil)
	out.Before = store.Fields{store.Tags: before[store.Tags]}
	write := out.store
	out.store = func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.TagsTaken(ctx, in.RecordID, added, removed), write(ctx, tx))
	}
	return out
}

// settle reads the contact: tags that it shows as wanted count as written.
func (e tagContact) settle(ctx context.Context, in store.Intent) result {
	sent, r, id, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	now, err := e.CRM.Contact(ctx, id)
	if err != nil {
		return result{err: err}
	}
	is, tags := e.shownContact(now), sent.Set(store.Tags)
	there := func(s string) bool { return slices.Contains(is.value.Set(store.Tags), s) }
	missing := func(s string) bool { return !there(s) }
	switch {
	case in.Kind == store.UntagContact && !slices.ContainsFunc(tags, there):
		return tagsTaken(in, r.Base, is, nil, tags)
	case in.Kind == store.TagContact && !slices.ContainsFunc(tags, missing):
		return tagsTaken(in, r.Base, is, tags, nil)
	}
	return result{Outcome: store.Outcome{State: store.Pending, Reason: "tags may be sent twice without harm"}}
}
