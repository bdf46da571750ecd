package sync

import (
	"fmt"
	"strings"
	"testing"

	"ghlsms/store"
)

func TestMerge(t *testing.T) { scenarios(t, "merge", runMerge) }

// runMerge merges one record, given as base, what the CRM shows now (seen) and local edits, and
// shows what is then agreed on, what is left to be carried, what lost, and the intents.
func runMerge(t *testing.T, given string) string {
	var r store.Record
	for _, f := range facts(t, given) {
		switch f.word {
		case "contact", "task", "appointment":
			r = f.record(t)
			r.Edits = nil
		case "base":
			r.Base = f.fields
		case "seen":
			r.Seen = f.fields
		case "edits":
			r.Edits = f.fields
		default:
			t.Fatalf("unknown fact %q", f.word)
		}
	}
	m := merge(&r)
	after := merged(&r, m)
	var b strings.Builder
	fmt.Fprintln(&b, strings.TrimSpace("base "+showFields(m.Base)))
	if len(m.Edits) > 0 {
		fmt.Fprintf(&b, "edits %s\n", showFields(m.Edits))
	}
	for _, c := range m.Conflicts {
		fmt.Fprintf(&b, "conflict %s base=%s crm=%s local=%s kept=%s\n", c.Field, show(c.Base), show(c.CRM), show(c.Local), c.Kept)
		if c.Entity != r.Entity || c.RecordID != r.ID {
			t.Errorf("the conflict is about %s %d", c.Entity, c.RecordID)
		}
	}
	for _, in := range intents(&after) {
		fmt.Fprintf(&b, "intent %s %s\n", in.Key, in.Payload)
		if in.Kind.Entity() != r.Entity || in.RecordID != r.ID || in.ContactID != r.ContactID || in.Rev != after.Rev {
			t.Errorf("intent %+v of %+v", in, r)
		}
	}
	return b.String()
}

// merged is the record as planning stores it after a merge.
func merged(r *store.Record, m Merged) store.Record {
	after := *r
	if r.Seen != nil || !sameFields(m.Edits, r.Edits) {
		after.Base, after.Seen, after.Edits, after.Rev = m.Base, nil, m.Edits, r.Rev+1
	}
	return after
}
