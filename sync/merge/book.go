package merge

import (
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
)

// BookRule keeps contacts with a tag and a list of the gateway's address book in step.
type BookRule struct {
	Tag     string // in lower case, as the CRM keeps tags
	List    string // the list's name at the gateway
	In, Out bool   // changes come from the gateway; go to it
	Deletes bool   // leaving one side is leaving the other
	Merge   Rule
}

// BookFields are what a person in the address book has besides the number.
var BookFields = []string{store.FirstName, store.LastName, store.Email}

// BookCase is one number: a contact, an entry of the list, or both.
type BookCase struct {
	Number  string
	Contact *store.Record // nil: nobody has the number
	Entry   *store.Entry  // nil: it was never on the list
	Asked   []string      // fields about which a person is still to choose
}

// BookDecision is what is to be done about one number.
type BookDecision struct {
	NewContact store.Fields // nil: none
	Edits      store.Fields // of the contact
	Put        store.Fields // what the entry should be; nil: as it is
	Remove     bool         // take the entry off the list
	Agreed     store.Fields // what both sides have now; nil: that is for the gateway to say
	Alone      bool         // the list has somebody who never was with the contacts; they cannot leave these either
	Forget     bool         // neither side has the entry, nor is to have it
	Conflicts  []store.Conflict
}

// DecideBook tells what to do about one number. It is pure. Each side is compared with what both
// last agreed on, as in merge.
func DecideBook(c BookCase, rule *BookRule) BookDecision {
	wanted := c.Contact != nil && c.Contact.GoneAt.IsZero() && record.Textable(c.Number) && c.Contact.Get(store.Phone) == c.Number && record.HasTag(c.Contact, rule.Tag)
	listed := c.Entry != nil && c.Entry.Listed
	joined := c.Entry != nil && c.Entry.Base != nil && c.Entry.ContactID != 0
	switch {
	case wanted && listed:
		return bookMerge(c, rule)
	case wanted && c.Entry != nil && !c.Entry.GoneAt.IsZero() && c.Entry.RemovedAt.IsZero():
		return bookRemoved(c, rule)
	case wanted && rule.Out:
		return BookDecision{Put: bookValue(c.Contact)}
	case listed && joined && rule.Out && rule.Deletes:
		return BookDecision{Remove: true}
	case listed && !joined && rule.In:
		return bookJoined(c, rule)
	case listed:
		return BookDecision{Agreed: c.Entry.Value(), Alone: !joined}
	case c.Entry != nil && c.Entry.RemovedAt.IsZero():
		return BookDecision{Forget: true}
	}
	return BookDecision{}
}

// bookRemoved decides about a contact with the tag who was taken off the list at the gateway.
func bookRemoved(c BookCase, rule *BookRule) BookDecision {
	d := BookDecision{Agreed: store.Fields{}}
	if rule.In && rule.Deletes {
		tags := slices.DeleteFunc(c.Contact.Value().Set(store.Tags), func(t string) bool { return strings.EqualFold(t, rule.Tag) })
		d.Edits = store.Fields{store.Tags: store.EncodeSet(tags)}
	}
	return d
}

// bookJoined decides about a new entry of the list whose contact lacks the tag, or does not exist.
func bookJoined(c BookCase, rule *BookRule) BookDecision {
	switch {
	case c.Contact == nil:
		value := record.Tidy(record.Project(c.Entry.Value(), namesOf(BookFields)))
		value[store.Phone], value[store.Source] = c.Number, "sms"
		value[store.Tags] = store.EncodeSet([]string{rule.Tag})
		return BookDecision{NewContact: value, Agreed: c.Entry.Value()}
	case !c.Contact.GoneAt.IsZero(): // deleted in the CRM: not made again
		return BookDecision{Agreed: c.Entry.Value()}
	}
	return BookDecision{Edits: store.Fields{store.Tags: store.EncodeSet(append(c.Contact.Value().Set(store.Tags), rule.Tag))}}
}

// bookMerge joins a contact and its entry field by field.
func bookMerge(c BookCase, rule *BookRule) BookDecision {
	d := BookDecision{Edits: store.Fields{}}
	if c.Entry.ContactID == 0 { // it was alone: nothing was agreed on with anybody
		e := *c.Entry
		e.Base, e.Seen, c.Entry = nil, e.Value(), &e
	}
	base, theirs, ours := c.Entry.Base, c.Entry.Value(), bookValue(c.Contact)
	want := store.Fields{}
	for _, f := range BookFields {
		b, t, o := base[f], theirs[f], ours[f]
		want[f] = t
		switch {
		case record.Accepted(f, o, t), slices.Contains(c.Asked, f), c.Entry.Parked(f, o):
		case base == nil && t == "", record.Accepted(f, t, b) && base != nil: // only the contact says it, or changed it
			if rule.Out {
				want[f] = o
			}
		case base == nil && o == "", record.Accepted(f, o, b) && base != nil:
			if rule.In {
				d.Edits[f] = t
			}
		default:
			con := bookConflict(c, f, rule.Merge.policy(f))
			d.Conflicts = append(d.Conflicts, con)
			switch {
			case con.Kept == store.KeptLocal && rule.In:
				d.Edits[f] = t
			case con.Kept == store.KeptCRM && rule.Out:
				want[f] = o
			}
		}
	}
	d.Agreed = want.With(nil)
	if !record.SameFields(record.Tidy(want.With(nil)), record.Tidy(theirs.With(nil))) {
		d.Put, d.Agreed = want, nil
	}
	return d
}

// bookConflict is a field that was changed both in the contact and in the address book. Local is
// the gateway's value.
func bookConflict(c BookCase, field string, p Policy) store.Conflict {
	ours := c.Contact.Get(field)
	at := c.Contact.SeenAt
	if m, ok := c.Contact.EditInfos[field]; ok {
		at = time.UnixMilli(m.At).UTC()
	}
	con := store.Conflict{
		Entity: store.EntryEntity, RecordID: c.Entry.ID, Field: field, Base: c.Entry.Base[field], CRM: ours, Local: c.Entry.Value()[field],
		LocalBy: "gateway", CRMAt: at, LocalAt: c.Entry.SeenAt, Policy: string(p), Kept: store.KeptCRM,
	}
	switch {
	case p == Ask:
		con.Kept = store.KeptNeither
	case p == GatewayWins, p == NewestWins && c.Entry.SeenAt.After(at):
		con.Kept = store.KeptLocal
	}
	return con
}

// bookValue is a contact as the address book has it.
func bookValue(contact *store.Record) store.Fields {
	return record.Project(contact.Value(), namesOf(BookFields))
}

func namesOf(fields []string) store.Fields {
	out := store.Fields{}
	for _, f := range fields {
		out[f] = ""
	}
	return out
}
