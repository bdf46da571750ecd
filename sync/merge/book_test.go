package merge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ghlsms/store"
	"ghlsms/sync/scenario"
)

func TestBook(t *testing.T) { scenario.Run(t, "book", runBook) }

// runBook decides about one number of the gateway's address book. Given are the contact, who has
// the number unless another one is said, the entry, and the rule. Wanted is what follows for either.
func runBook(t *testing.T, given string) string {
	c := BookCase{Number: "+12025550143"}
	rule := BookRule{Tag: "clients", Merge: Rule{Fields: map[string]Policy{}}}
	for _, f := range scenario.Facts(t, given) {
		switch f.Word {
		case "number":
			c.Number = f.Arg()
		case "contact": // contact ID [gone]
			r := f.Record(t)
			r.Base = r.Base.With(store.Fields{store.Phone: cmp.Or(r.Base[store.Phone], "+12025550143")})
			r.EditInfos, r.SeenAt = store.EditInfos{}, factAt(scenario.Fact{}, t)
			c.Contact = &r
		case "changed": // changed at TIME: the contact, in the CRM
			c.Contact.SeenAt = factAt(f, t)
		case "edits": // of the contact, here
			c.Contact.Edits = c.Contact.Edits.With(nil)
			for field, v := range f.Fields {
				c.Contact.Edits[field] = v
				c.Contact.EditInfos[field] = store.EditInfo{By: factBy(f), At: factAt(f, t).UnixMilli()}
			}
		case "entry":
			if c.Entry == nil {
				c.Entry = &store.Entry{ID: 51, Number: c.Number, Listed: true, Refused: store.Fields{}}
				if c.Contact != nil {
					c.Entry.ContactID = c.Contact.ID
				}
			}
			factEntry(f, t, c.Entry)
		case "asked":
			c.Asked = f.Args
		case "rule":
			factRule(f, t, &rule)
		default:
			t.Fatalf("unknown fact %q", f.Word)
		}
	}
	return showBook(t, c, DecideBook(c, &rule))
}

// entry is what is known of an entry: what was agreed on (base), what the list shows that differs
// (seen), that it left the list, that the list never showed it yet, that it never was a contact's, or
// what the gateway would not keep.
func factEntry(f scenario.Fact, t *testing.T, e *store.Entry) {
	t.Helper()
	switch f.Arg() {
	case "base":
		e.Base = f.Fields
	case "seen":
		e.Seen, e.SeenAt = f.Fields, factAt(f, t)
	case "gone":
		e.Listed, e.Seen, e.GoneAt = false, store.Fields{}, factAt(f, t)
	case "unlisted":
		e.Listed = false
	case "nobody's":
		e.ContactID = 0
	case "parked":
		for field, v := range f.Fields {
			e.Refused["parked."+field] = v
		}
	default:
		t.Fatalf("an entry has no %q", f.Arg())
	}
}

// rule is a fact as a rule: both, to the gateway or from it, with deletes, with policies.
func factRule(f scenario.Fact, t *testing.T, r *BookRule) {
	t.Helper()
	r.In, r.Out = f.Arg() != "to", f.Arg() != "from"
	r.Deletes = slices.Contains(f.Args, "deletes")
	if i := slices.Index(f.Args, "policy"); i >= 0 {
		r.Merge.Policy = Policy(f.Args[i+1])
	}
	for field, p := range f.Fields {
		r.Merge.Fields[field] = Policy(p)
	}
}

func showBook(t *testing.T, c BookCase, d BookDecision) string {
	t.Helper()
	var b strings.Builder
	line := func(word string, f store.Fields) {
		if f != nil {
			fmt.Fprintln(&b, strings.TrimSpace(word+" "+scenario.ShowFields(f)))
		}
	}
	line("new contact", d.NewContact)
	if len(d.Edits) > 0 {
		line("edits", d.Edits)
	}
	line("put", d.Put)
	if d.Remove {
		fmt.Fprintln(&b, "remove")
	}
	line("agreed", d.Agreed)
	if d.Alone {
		fmt.Fprintln(&b, "alone")
	}
	if d.Forget {
		fmt.Fprintln(&b, "forget")
	}
	for _, con := range d.Conflicts {
		fmt.Fprintf(&b, "conflict %s base=%s crm=%s %s=%s policy=%s kept=%s\n", con.Field, scenario.Show(con.Base), scenario.Show(con.CRM), con.LocalBy, scenario.Show(con.Local), con.Policy, con.Kept)
		if con.Entity != store.EntryEntity || con.RecordID != c.Entry.ID {
			t.Errorf("the conflict is about %s %d", con.Entity, con.RecordID)
		}
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}
