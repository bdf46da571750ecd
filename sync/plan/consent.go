package plan

import (
	"context"
	"errors"

	"ghlsms/store"
)

// OptOut stores an opt-out, gives up what waits to be sent to the number, and edits the
// do-not-disturb of every contact with it.
func OptOut(ctx context.Context, tx *store.Tx, o store.OptOut) error {
	changed, err := setDND(ctx, tx, o.Number, "active", store.Origin(o.Source))
	if err != nil {
		return err
	}
	o.SetDND = changed
	return errors.Join(tx.OptOut(ctx, o), tx.DropTexts(ctx, o.Number, "the recipient opted out"))
}

// OptIn ends an opt-out. The CRM's do-not-disturb goes with it where it was set for that
// opt-out, or where a person at the keyboard wants it.
func OptIn(ctx context.Context, tx *store.Tx, number, by string, person bool) error {
	o, found, err := tx.OptedOut(ctx, number)
	if err != nil {
		return err
	}
	if person || found && o.SetDND {
		origin := store.ByText
		if person {
			origin = store.ByPerson
		}
		if _, err := setDND(ctx, tx, number, "", origin); err != nil {
			return err
		}
	}
	return tx.LiftOptOut(ctx, number, by)
}

// setDND edits the do-not-disturb of texts on every contact with a number, except a permanent one. Lifting
// includes deleted contacts: one that is undeleted must not bring the opt-out back.
func setDND(ctx context.Context, tx *store.Tx, number, status string, by store.Origin) (changed bool, err error) {
	contacts, err := tx.ContactsBy(ctx, store.Phone, number)
	if err == nil && status == "" {
		var gone []store.Record
		gone, err = tx.GoneContacts(ctx, number)
		contacts = append(contacts, gone...)
	}
	for i := range contacts {
		if err != nil || contacts[i].Get(store.DNDSMS) == "permanent" {
			continue
		}
		var one bool
		one, err = tx.Edit(ctx, store.Contact, contacts[i].ID, store.Fields{store.DNDSMS: status}, by)
		changed = changed || one
		if err == nil && status == "active" {
			_, err = tx.ConsentTold(ctx, contacts[i].ID, number)
		}
	}
	return changed, err
}
