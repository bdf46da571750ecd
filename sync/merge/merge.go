// Package merge joins what the CRM shows of a record with what was edited here, field by field against base, and says
// what the CRM is to be sent; likewise for an entry of the gateway's address book and its contact. It is pure.
package merge

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
)

// Merged is the outcome of merging one record: what both sides now agree on, what is still to
// be carried to the CRM, and what lost.
type Merged struct {
	Base, Edits store.Fields
	Spared      bool // it was to be deleted, but the CRM changed it since
	Conflicts   []store.Conflict
}

// Merge joins what the CRM changed and what was edited here, each against base. A field changed
// on one side only takes that side's value; on both sides to the same value is no conflict; on
// both sides to different values its policy decides, and the loser is kept as a conflict. Tags
// merge as a set, what both sides added to a note is kept, an opt-out beats whatever would lift
// it, and a change beats a deletion.
func Merge(r *store.Record, rule Rule) Merged {
	crm := r.CRM()
	m := Merged{Base: crm, Edits: store.Fields{}}
	if why := ChangedSince(r); why != "" {
		m.Spared = true
		m.Conflicts = append(m.Conflicts, conflict(r, store.Deletion, "", "delete", CRMWins))
		m.Conflicts[0].Reason = why
	}
	for _, field := range r.Edits.Names() {
		base, theirs, ours := r.Base[field], crm[field], r.Edits[field]
		joined := field == store.Tags
		switch {
		case joined:
			ours = store.MergeSets(r.Base.Set(field), crm.Set(field), r.Edits.Set(field))
		case r.Entity == store.Note && field == store.Body && theirs != base:
			ours, joined = appended(base, theirs, ours)
		}
		switch {
		case ours == theirs, record.IsDND(field) && record.IsBlock(field, ours) && record.IsBlock(field, theirs): // active or permanent: theirs does
		case joined, theirs == base, record.IsDND(field) && record.IsBlock(field, ours):
			m.Edits[field] = ours
		default:
			c := conflict(r, field, theirs, ours, rule.policy(field))
			if c.Kept == store.KeptLocal {
				m.Edits[field] = ours
			}
			m.Conflicts = append(m.Conflicts, c)
		}
	}
	return m
}

// ChangedSince is what happened to a record after its deletion was asked for here; empty: nothing.
func ChangedSince(r *store.Record) string {
	if r.DoomedAt.IsZero() {
		return ""
	}
	if r.Seen != nil && (r.SeenAt.After(r.DoomedAt) || !r.ChangedAt.Before(r.DoomedAt)) { // or it was not known here then
		return "the CRM changed it after its deletion was asked for here"
	}
	for field := range r.Edits {
		if r.EditInfos[field].At > r.DoomedAt.UnixMilli() {
			return "it was changed here after its deletion was asked for"
		}
	}
	return ""
}

// appended is a note to which both sides only added: theirs, then what ours added.
func appended(base, theirs, ours string) (joined string, ok bool) {
	added, ok := strings.CutPrefix(ours, base)
	switch {
	case !ok || !strings.HasPrefix(theirs, base):
		return ours, false
	case goesOn(ours, theirs): // they have it already
		return theirs, true
	case goesOn(theirs, ours):
		return ours, true
	}
	return theirs + "\n" + strings.TrimSpace(added), true
}

// goesOn tells whether a text is another one, or that with more words after it.
func goesOn(from, text string) bool {
	more, ok := strings.CutPrefix(text, from)
	return ok && (more == "" || strings.ContainsAny(more[:1], " \n"))
}

// conflict is a field on which two sides differ, decided by a policy.
func conflict(r *store.Record, field, theirs, ours string, p Policy) store.Conflict {
	info := r.EditInfos[field]
	c := store.Conflict{
		Entity: r.Entity, RecordID: r.ID, Field: field, Base: r.Base[field], CRM: theirs, Local: ours, LocalBy: "local",
		CRMAt: r.SeenAt, Policy: string(p), Kept: store.KeptCRM,
	}
	if info.At != 0 {
		c.LocalAt = time.UnixMilli(info.At).UTC()
	}
	if info.By == store.ByGateway {
		c.LocalBy = "gateway"
	}
	switch {
	case p == Ask && field != store.Deletion:
		c.Kept = store.KeptNeither
	case localWins(p, info, r):
		c.Kept = store.KeptLocal
	}
	return c
}

// Intents are the effects that carry a merged record's edits, or its deletion, to the CRM.
func Intents(r *store.Record) []store.Intent {
	switch {
	case !r.DoomedAt.IsZero() && r.CRMID != "":
		return []store.Intent{intent(r, store.Kind(r.Entity+".delete"), store.Fields{})}
	case len(r.Edits) == 0, !r.DoomedAt.IsZero(): // what the CRM never had is not made to be deleted
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
	case store.Note:
		return []store.Intent{intent(r, store.UpdateNote, r.Edits)}
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
	if add := record.Without(want, have); add != "" {
		all = append(all, intent(r, store.TagContact, store.Fields{store.Tags: add}))
	}
	if remove := record.Without(have, want); remove != "" {
		all = append(all, intent(r, store.UntagContact, store.Fields{store.Tags: remove}))
	}
	return all
}

func intent(r *store.Record, kind store.Kind, payload store.Fields) store.Intent {
	return store.Intent{
		Key:  fmt.Sprintf("%s/%d@%d", kind, r.ID, r.Rev),
		Kind: kind, ContactID: r.ContactID, RecordID: r.ID, Rev: r.Rev, Payload: record.Encode(payload), AskedBy: r.EditInfos.AskedBy(payload),
	}
}
