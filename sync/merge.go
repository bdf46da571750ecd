package sync

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"ghlsms/store"
)

// Merged is the outcome of merging one record: what both sides now agree on, what is still to
// be carried to the CRM, and what lost.
type Merged struct {
	Base, Edits store.Fields
	Conflicts   []store.Conflict
}

// merge joins what the CRM changed and what was edited here, each against base. A field changed
// on one side only takes that side's value; on both sides to the same value is no conflict;
// otherwise the CRM wins and the local value is kept as the loser. Tags merge as a set, and an
// opt-out beats whatever would lift it.
func merge(r *store.Record) Merged {
	crm := r.CRM()
	m := Merged{Base: crm, Edits: store.Fields{}}
	for _, field := range r.Edits.Names() {
		base, theirs, ours := r.Base[field], crm[field], r.Edits[field]
		if field == store.Tags {
			ours = store.MergeSets(r.Base.Set(field), crm.Set(field), r.Edits.Set(field))
		}
		switch {
		case ours == theirs, isDND(field) && isBlock(field, ours) && isBlock(field, theirs): // active or permanent: theirs does
			continue
		case field == store.Tags, theirs == base, isDND(field) && isBlock(field, ours):
			m.Edits[field] = ours
		default:
			m.Conflicts = append(m.Conflicts, store.Conflict{
				Entity: r.Entity, RecordID: r.ID, Field: field, Base: base, CRM: theirs, Local: ours, Kept: "crm",
			})
		}
	}
	return m
}

// intents are the effects that carry a merged record's edits to the CRM.
func intents(r *store.Record) []store.Intent {
	switch {
	case len(r.Edits) == 0:
		return nil
	case r.CRMID == "" && r.Entity == store.Appointment:
		return nil // appointments are booked in the CRM only
	case r.CRMID == "":
		return []store.Intent{intent(r, store.Kind(r.Entity+".create"), r.Edits)}
	}
	switch r.Entity {
	case store.Contact:
		return contactIntents(r)
	case store.Task:
		if _, ok := r.Edits[store.Completed]; ok && len(r.Edits) == 1 {
			return []store.Intent{intent(r, store.CompleteTask, r.Edits)}
		}
		return []store.Intent{intent(r, store.UpdateTask, r.Edits)}
	case store.Appointment:
		return []store.Intent{intent(r, store.UpdateAppointment, r.Edits)}
	}
	return nil
}

// contactIntents keeps tags apart: sent with the other fields they would overwrite all tags.
func contactIntents(r *store.Record) []store.Intent {
	var all []store.Intent
	fields := maps.Clone(r.Edits)
	delete(fields, store.Tags)
	if len(fields) > 0 {
		all = append(all, intent(r, store.UpdateContact, fields))
	}
	if _, ok := r.Edits[store.Tags]; !ok {
		return all
	}
	have, want := r.CRM().Set(store.Tags), r.Edits.Set(store.Tags)
	if add := without(want, have); add != "" {
		all = append(all, intent(r, store.TagContact, store.Fields{store.Tags: add}))
	}
	if remove := without(have, want); remove != "" {
		all = append(all, intent(r, store.UntagContact, store.Fields{store.Tags: remove}))
	}
	return all
}

func without(all, drop []string) string {
	return store.EncodeSet(slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(drop, s) }))
}

func intent(r *store.Record, kind store.Kind, payload store.Fields) store.Intent {
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	return store.Intent{
		Key:  fmt.Sprintf("%s/%d@%d", kind, r.ID, r.Rev),
		Kind: kind, ContactID: r.ContactID, RecordID: r.ID, Rev: r.Rev, Payload: b,
	}
}
