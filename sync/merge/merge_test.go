package merge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
)

func TestMerge(t *testing.T) { scenario.Run(t, "merge", runMerge) }

// runMerge merges one record, given as base, what the CRM shows now (seen) and local edits, and
// shows what is then agreed on, what is left to be carried, what lost, and the intents.
func runMerge(t *testing.T, given string) string {
	var r store.Record
	rule := Rule{Fields: map[string]Policy{}}
	for _, f := range scenario.Facts(t, given) {
		switch f.Word {
		case "contact", "task", "appointment", "note":
			r = f.Record(t)
			r.EditInfos = store.EditInfos{}
		case "base":
			r.Base = f.Fields
		case "seen": // seen [at TIME] ...
			r.Seen, r.SeenAt = f.Fields, factAt(f, t)
		case "edits": // edits [by WHO] [at TIME] ...: several lines are joined
			r.Edits = r.Edits.With(nil)
			for field, v := range f.Fields {
				r.Edits[field] = v
				r.EditInfos[field] = store.EditInfo{By: factBy(f), At: factAt(f, t).UnixMilli()}
			}
		case "doomed": // a person here asked for its deletion
			r.DoomedAt = factAt(f, t)
		case "policy": // policy NAME, or policy field=NAME ...
			if len(f.Args) > 0 {
				rule.Policy = Policy(f.Args[0])
			}
			for field, p := range f.Fields {
				rule.Fields[field] = Policy(p)
			}
		case "read-only":
			rule.ReadOnly = true
		default:
			t.Fatalf("unknown fact %q", f.Word)
		}
	}
	m := Merge(&r, rule)
	after := merged(&r, m)
	var b strings.Builder
	fmt.Fprintln(&b, strings.TrimSpace("base "+scenario.ShowFields(m.Base)))
	if len(m.Edits) > 0 {
		fmt.Fprintf(&b, "edits %s\n", scenario.ShowFields(m.Edits))
	}
	for _, c := range m.Conflicts {
		fmt.Fprintf(&b, "conflict %s base=%s crm=%s %s=%s policy=%s kept=%s\n", c.Field, scenario.Show(c.Base), scenario.Show(c.CRM), c.LocalBy, scenario.Show(c.Local), c.Policy, c.Kept)
		if c.Entity != r.Entity || c.RecordID != r.ID {
			t.Errorf("the conflict is about %s %d", c.Entity, c.RecordID)
		}
	}
	if m.Spared {
		fmt.Fprintln(&b, "spared")
	}
	if rule.ReadOnly {
		return b.String()
	}
	for _, in := range Intents(&after) {
		fmt.Fprintf(&b, "intent %s %s\n", in.Key, in.Payload)
		if in.Kind.Entity() != r.Entity || in.RecordID != r.ID || in.ContactID != r.ContactID || in.Rev != after.Rev {
			t.Errorf("intent %+v of %+v", in, r)
		}
	}
	return b.String()
}

// at is the time in the words of a fact: "at 9:00" is of a day that all scenarios are about.
func factAt(f scenario.Fact, t *testing.T) time.Time {
	t.Helper()
	i := slices.Index(f.Args, "at")
	if i < 0 {
		return scenario.Moment("2026-11-24T08:00:00Z")
	}
	clock, err := time.Parse("15:04", f.Args[i+1])
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 11, 24, clock.Hour(), clock.Minute(), 0, 0, time.UTC)
}

// by is whose edits a fact is about.
func factBy(f scenario.Fact) store.Origin {
	if i := slices.Index(f.Args, "by"); i >= 0 {
		return store.Origin(f.Args[i+1])
	}
	return store.ByPerson
}

// merged is the record as planning stores it after a merge.
func merged(r *store.Record, m Merged) store.Record {
	after := *r
	if r.Seen != nil || !record.SameFields(m.Edits, r.Edits) {
		after.Base, after.Seen, after.Edits, after.Rev = m.Base, nil, m.Edits, r.Rev+1
	}
	if m.Spared {
		after.DoomedAt, after.Rev = time.Time{}, after.Rev+1
	}
	return after
}
