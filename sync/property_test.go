package sync

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"ghlsms/sync/scenario"

	"pgregory.net/rapid"

	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
)

// What holds for every input, not only for those of the scenarios.

var (
	anyTags  = rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 4), store.EncodeSet)
	anyNames = []string{store.FirstName, store.LastName, store.Email, "city", "cf.x"}
	anyValue = rapid.SampledFrom([]string{"", "x", "y", "z"})
	anyBlock = rapid.SampledFrom([]string{"", "active", "permanent"})
)

// anyContact is the value of a contact in canonical form; empty values are kept for edits.
func anyContact(edits bool) *rapid.Generator[store.Fields] {
	return rapid.Custom(func(t *rapid.T) store.Fields {
		f := store.Fields{}
		put := func(name, v string) {
			if edits && rapid.Bool().Draw(t, "is edited") || !edits && v != "" {
				f[name] = v
			}
		}
		for _, name := range anyNames {
			put(name, anyValue.Draw(t, name))
		}
		put(store.Tags, anyTags.Draw(t, "tags"))
		put(store.DNDSMS, anyBlock.Draw(t, "dnd_sms"))
		put(store.DND, rapid.SampledFrom([]string{"", "true"}).Draw(t, "dnd"))
		return f
	})
}

// anyRecord is a contact as the mirror can hold it: no edit equals what the CRM showed when it
// was made, and a permanent block is never edited.
var anyRecord = rapid.Custom(func(t *rapid.T) *store.Record {
	r := &store.Record{Entity: store.Contact, ID: 7, ContactID: 7, CRMID: "c7", Read: true, Rev: rapid.Int64Range(0, 9).Draw(t, "rev")}
	r.Base = anyContact(false).Draw(t, "base")
	if rapid.Bool().Draw(t, "the CRM changed it") {
		r.Seen = anyContact(false).Draw(t, "seen")
	}
	if rapid.Bool().Draw(t, "edited") {
		r.Edits = anyContact(true).Draw(t, "edits")
	}
	permanent := r.Base[store.DNDSMS] == "permanent" || r.CRM()[store.DNDSMS] == "permanent"
	if permanent && r.Edits[store.DNDSMS] == "" {
		delete(r.Edits, store.DNDSMS)
	}
	return r
})

func TestMergeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		base, crm, edits := maps.Clone(r.Base), maps.Clone(r.CRM()), maps.Clone(r.Edits)
		m := merge(r, MergeRule{})
		if again := merge(r, MergeRule{}); !reflect.DeepEqual(m, again) {
			t.Fatalf("merged to %+v, then to %+v", m, again)
		}
		if !maps.Equal(base, r.Base) || !maps.Equal(crm, r.CRM()) || !maps.Equal(edits, r.Edits) {
			t.Fatal("merge changed its record")
		}
		value := m.Base.With(m.Edits)
		conflicts := map[string]store.Conflict{}
		for _, c := range m.Conflicts {
			conflicts[c.Field] = c
		}
		for _, field := range base.Names(crm, edits) {
			ours, edited := edits[field]
			theirs, got := crm[field], value[field]
			_, conflict := conflicts[field]
			switch {
			case field == store.Tags && edited:
				checkTags(t, base.Set(field), crm.Set(field), edits.Set(field), value.Set(field))
			case !edited || ours == theirs:
				if got != theirs || conflict {
					t.Errorf("%s: %q, the CRM has %q", field, got, theirs)
				}
			case isDND(field) && isBlock(field, ours) && isBlock(field, theirs):
				if got != theirs || conflict {
					t.Errorf("%s: %q, the CRM blocks with %q", field, got, theirs)
				}
			case theirs == base[field]:
				if got != ours || conflict {
					t.Errorf("%s: %q, only we changed it, to %q", field, got, ours)
				}
			case isDND(field) && isBlock(field, ours):
				if got != ours {
					t.Errorf("%s: %q, lost the block %q", field, got, ours)
				}
			default:
				if got != theirs || !conflict || conflicts[field].Local != ours {
					t.Errorf("%s: %q with %+v, the CRM has %q, ours was %q", field, got, conflicts[field], theirs, ours)
				}
			}
		}
	})
}

// checkTags: what either side added is there, what either took away is not, the rest stays.
func checkTags(t *rapid.T, base, theirs, ours, got []string) {
	for _, tag := range []string{"a", "b", "c", "d"} {
		had, crm, local := slices.Contains(base, tag), slices.Contains(theirs, tag), slices.Contains(ours, tag)
		if want := had && crm && local || !had && (crm || local); slices.Contains(got, tag) != want {
			t.Errorf("tag %s: %v in %v, base %v, CRM %v, ours %v", tag, !want, got, base, theirs, ours)
		}
	}
}

// A block that one side set, and the other did not know of, is there after every merge.
func TestMergeKeepsBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		m := merge(r, MergeRule{})
		value := m.Base.With(m.Edits)
		for _, field := range []string{store.DND, store.DNDSMS} {
			theirs, ours := r.CRM()[field], r.Edits[field]
			set := isBlock(field, theirs) && theirs != r.Base[field] || isBlock(field, ours)
			if set && !isBlock(field, value[field]) {
				t.Errorf("%s: base %q, CRM %q, ours %q, merged %q", field, r.Base[field], theirs, ours, value[field])
			}
		}
	})
}

// Merging converges: what is merged merges to itself, and where nothing is left to be carried,
// nothing is sent.
func TestMergeConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		first := merged(r, merge(r, MergeRule{}))
		again := merge(&first, MergeRule{})
		if !maps.Equal(again.Base, first.Base) || !maps.Equal(again.Edits, first.Edits) || len(again.Conflicts) > 0 {
			t.Fatalf("once %+v, twice %+v", first, again)
		}
		if second := merged(&first, again); second.Rev != first.Rev {
			t.Errorf("merging twice made revision %d of %d", second.Rev, first.Rev)
		}
		carried := first
		carried.Base, carried.Edits = first.Base.With(first.Edits), nil
		if in := intents(&carried); len(in) > 0 {
			t.Errorf("intents without edits: %+v", in)
		}
		if m := merge(&carried, MergeRule{}); len(m.Edits) > 0 || len(m.Conflicts) > 0 {
			t.Errorf("carried, and merged to %+v", m)
		}
	})
}

// Intents carry exactly what the CRM does not have, under keys that no other revision has.
func TestIntents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		if rapid.Bool().Draw(t, "made here") {
			r.CRMID, r.Base, r.Seen = "", nil, nil
		}
		r.Entity = rapid.SampledFrom([]store.Entity{store.Contact, store.Task, store.Appointment}).Draw(t, "entity")
		after := merged(r, merge(r, MergeRule{}))
		next := after
		next.Rev++
		keys := map[string]bool{}
		sent := store.Fields{}
		for _, in := range slices.Concat(intents(&after), intents(&next)) {
			if keys[in.Key] {
				t.Errorf("key %s twice", in.Key)
			}
			keys[in.Key] = true
			f, err := in.Fields()
			if err != nil || len(f) == 0 {
				t.Errorf("%s: payload %s, %v", in.Key, in.Payload, err)
			}
			maps.Copy(sent, f)
		}
		if after.Entity == store.Appointment && after.CRMID == "" {
			after.Edits = nil // booked in the CRM only
		}
		if want := after.Edits.Names(); !slices.Equal(sent.Names(), want) {
			t.Errorf("sent %v, edits %v", sent.Names(), want)
		}
		for _, name := range sent.Names() {
			if name != store.Tags && sent[name] != after.Edits[name] {
				t.Errorf("%s: sent %q, edited to %q", name, sent[name], after.Edits[name])
			}
		}
	})
}

// Adding and taking tags leads from what the CRM has to what it should have.
func TestTagIntents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := anyTags.Draw(t, "have"), anyTags.Draw(t, "want")
		r := &store.Record{Entity: store.Contact, ID: 7, CRMID: "c7", Base: store.Fields{store.Tags: have}, Edits: store.Fields{store.Tags: want}}
		got := r.Base.Set(store.Tags)
		for _, in := range intents(r) {
			f, err := in.Fields()
			if err != nil {
				t.Fatal(err)
			}
			switch in.Kind {
			case store.TagContact:
				got = append(got, f.Set(store.Tags)...)
			case store.UntagContact:
				got = slices.DeleteFunc(got, func(s string) bool { return slices.Contains(f.Set(store.Tags), s) })
			default:
				t.Errorf("intent %+v", in)
			}
		}
		if store.EncodeSet(got) != want {
			t.Errorf("from %s to %v, want %s", have, got, want)
		}
	})
}

var anyStart = rapid.Map(rapid.Int64Range(0, 366*24*60), func(minute int64) time.Time {
	return scenario.Moment("2026-01-01T00:00:00Z").Add(time.Duration(minute) * time.Minute)
})

func TestDecideReminderProperties(t *testing.T) {
	body := Must(ParseReminder("test", "Hi {{.Contact.FirstName}}, see you {{.When}}."))
	picky := Must(ParseReminder("test", "{{with .Contact.LastName}}Dear {{.}}{{end}}"))
	zones := []string{"", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "nowhere"}
	rapid.Check(t, func(t *rapid.T) {
		start := anyStart.Draw(t, "start")
		before := time.Duration(rapid.IntRange(1, 7*24*60).Draw(t, "before")) * time.Minute
		around := func(name string) time.Time { // times near those that matter
			from := rapid.SampledFrom([]time.Time{start, start.Add(-before), start.Add(-before).Add((&Reminder{}).lateLimit(before))}).Draw(t, name)
			return from.Add(time.Duration(rapid.IntRange(-90, 90).Draw(t, name+" and minutes")) * time.Minute)
		}
		a := &store.Record{Entity: store.Appointment, ID: 21, CRMID: "a21", ContactID: 7, Base: tidy(store.Fields{
			store.Start:  canonicalTime(start),
			store.Status: rapid.SampledFrom([]string{"", "new", "confirmed", "cancelled", "noshow", "showed", "invalid", "completed", "active", "odd"}).Draw(t, "status"),
		})}
		if rapid.Bool().Draw(t, "is known when booked") {
			a.Base[fieldAdded] = canonicalTime(around("added"))
		}
		contact := &store.Record{Entity: store.Contact, ID: 7, ContactID: 7, Read: rapid.Bool().Draw(t, "read"), Base: tidy(store.Fields{
			store.Phone:    rapid.SampledFrom([]string{"", "+12025550143", "22395", "front desk"}).Draw(t, "phone"),
			store.DNDSMS:   anyBlock.Draw(t, "dnd_sms"),
			store.DND:      rapid.SampledFrom([]string{"", "", "true"}).Draw(t, "dnd"),
			store.Timezone: rapid.SampledFrom(zones).Draw(t, "zone"),
		})}
		if rapid.IntRange(0, 9).Draw(t, "gone") == 0 {
			contact.GoneAt = start.Add(-before)
		}
		c := ReminderCase{
			Rule:        &Reminder{Name: "r", Before: before, Text: rapid.SampledFrom([]*Wording{body, body, picky}).Draw(t, "text")},
			Appointment: a, Contact: contact, OptedOut: rapid.IntRange(0, 9).Draw(t, "opted out") == 0,
		}
		w := World{Region: "US", Zone: time.UTC, Born: start.Add(-before).Add(time.Duration(rapid.IntRange(-90, 10).Draw(t, "born")) * time.Minute)}
		now := around("now")
		d := decideReminder(c, w, now)
		checkReminder(t, c, w, now, d)
		if again := decideReminder(c, w, now); !reflect.DeepEqual(d, again) {
			t.Errorf("%+v, then %+v", d, again)
		}
		if !d.Due.Equal(start.Add(-before)) {
			t.Errorf("due %s", d.Due)
		}
		if now.Before(d.Due) && !d.Wait {
			t.Errorf("decided before it was due: %+v", d)
		}
	})
}

// anyText is whatever can come in: commands, parts of sentences, and plain bytes.
var anyText = rapid.OneOf(
	rapid.SampledFrom([]string{
		"STOP", "START", "HELP", "C", "YES", "X", "no", "TASK", "TASK call me", "TASKS", "DONE", "DONE 1", "DONE 7", "done lab", "I'm Jane Doe, jane@example.com",
		"Can I stop by?", "Liked “C”", "cancel my appointment", "", "R", "NEXT", "UNDO", "1", "2", "0", "99", "NOTE likes tea", "4711", "WHO Jane", "NOTE Jane: likes tea",
		"4711 TASK Jane: call back tomorrow", "CONFIRM Jane 4711", "X Jane", "DONE Jane: call", "ARRÊT", "This is Bob Smith", "TASK call tomorrow 3pm", "This is an automated message.",
	}),
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	rapid.String(),
	rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{
		"stop", "done", "task", "I'm", "Jane", "Doe", "jane@example.com", "name:", "my", "email", "is", "1", "#2", "yes", ",", "\n", "\x00", "\u202e", "…", "please", "cancel", "appointment",
	})), func(words []string) string { return strings.Join(words, " ") }),
)

var anyCase = rapid.Custom(func(t *rapid.T) TextCase {
	received := scenario.Moment("2026-11-20T15:00:00Z").Add(time.Duration(rapid.IntRange(-40*24, 40*24).Draw(t, "received")) * time.Hour)
	c := TextCase{
		Text: store.Inbound{
			ID: 1, Gateway: "spool", Key: "k1", ReceivedAt: received, Body: anyText.Draw(t, "text"),
			Sender: rapid.SampledFrom([]string{"+12025550143", "+12025550143", "+12025550143", "22395", "PAYPAL", "", "+", "\xff"}).Draw(t, "sender"),
		},
		Reminded:   rapid.SampledFrom([][]int64{nil, {19}, {21}, {22}, {21, 22}}).Draw(t, "reminded"),
		EmailTaken: rapid.Bool().Draw(t, "email taken"),
	}
	if rapid.Bool().Draw(t, "opted out") {
		c.OptOut = &store.OptOut{Number: c.Text.Sender, Source: rapid.SampledFrom([]string{"text", "gateway", "person"}).Draw(t, "by")}
	}
	c.Now = received.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "read late")) * time.Hour)
	if rapid.Bool().Draw(t, "staff") {
		c.Staff, c.WrongPINs = &Staffer{Name: "Rita"}, rapid.IntRange(0, 9).Draw(t, "wrong PINs")
		for i := range rapid.IntRange(0, 6).Draw(t, "named") {
			c.Named = append(c.Named, store.Record{Entity: store.Contact, ID: int64(7 + i), ContactID: int64(7 + i), CRMID: "c", Read: true, Base: anyContact(false).Draw(t, "named")})
		}
	}
	if rapid.Bool().Draw(t, "asked") {
		c.Question = anyQuestion.Draw(t, "question")
	}
	if rapid.Bool().Draw(t, "unknown") {
		return c
	}
	c.Contact = &store.Record{Entity: store.Contact, ID: 7, ContactID: 7, CRMID: "c7", Read: true, Base: anyContact(false).Draw(t, "contact")}
	for i, title := range rapid.SliceOfN(rapid.SampledFrom([]string{"Call the lab", "call", "b", "Ünïcödé 🦷"}), 0, 12).Draw(t, "tasks") {
		c.Tasks = append(c.Tasks, store.Record{Entity: store.Task, ID: int64(31 + i), ContactID: 7, Base: tidy(store.Fields{store.Title: title, store.Due: canonicalTime(received)})})
	}
	c.Numbers = map[int]int64{}
	for i, id := range rapid.SliceOfN(rapid.Int64Range(29, 45), 0, 9).Draw(t, "numbers") {
		c.Numbers[i+1] = id
	}
	for i, status := range rapid.SliceOfN(rapid.SampledFrom([]string{"new", "confirmed", "cancelled", "noshow", ""}), 0, 3).Draw(t, "appointments") {
		at := received.Add(time.Duration(i+1) * 24 * time.Hour)
		c.Upcoming = append(c.Upcoming, store.Record{Entity: store.Appointment, ID: int64(21 + i), ContactID: 7, Base: tidy(store.Fields{store.Start: canonicalTime(at), store.Status: status})})
	}
	return c
})

var anyQuestion = rapid.Custom(func(t *rapid.T) *store.Question {
	q := &store.Question{
		ID: 5, State: store.QuestionOpen, AppointmentID: rapid.SampledFrom([]int64{0, 21, 22, 99}).Draw(t, "about"),
		Kind: rapid.SampledFrom([]store.QuestionKind{store.AskWhich, store.AskWho, store.AskSlot, store.AskDetails, store.AskEmail}).Draw(t, "kind"),
		Text: rapid.SampledFrom([]string{"X", "C", "R", "TASK Jane: call back", "This is Bob Smith", "STOP"}).Draw(t, "raised by"),
	}
	for range rapid.IntRange(1, 4).Draw(t, "choices") {
		q.Choices = append(q.Choices, store.Choice{
			Contact: rapid.SampledFrom([]int64{0, 7, 8}).Draw(t, "contact"), Appointment: rapid.SampledFrom([]int64{0, 21, 22, 99}).Draw(t, "appointment"),
			Start: rapid.SampledFrom([]string{"", "2026-11-25T15:00:00Z", "2027-01-25T15:00:00Z"}).Draw(t, "start"), Edits: store.Fields{store.FirstName: "Bob"},
		})
	}
	return q
})

// Whose contact was deleted after they were asked about it says yes to nothing (found by
// TestDecideTextProperties, -rapid.seed=15585630183225185484: it ended the daemon).
func TestAnswerAboutADeletedContact(t *testing.T) {
	w := World{Region: "US", Zone: scenario.Zone("America/New_York"), Born: scenario.Moment("2026-11-01T00:00:00Z")}
	for _, kind := range []store.QuestionKind{store.AskDetails, store.AskEmail} {
		for _, words := range []string{"YES", "1", "C", "NO"} {
			at := scenario.Moment("2026-11-20T15:00:00Z")
			d := decideText(TextCase{
				Text: store.Inbound{ID: 1, Sender: "+12025550143", Body: words, ReceivedAt: at}, Now: at,
				Question: &store.Question{ID: 5, Kind: kind, State: store.QuestionOpen, Choices: []store.Choice{{Edits: store.Fields{store.Email: "x@example.com"}}}},
			}, &InboundConfig{}, w)
			if d.Contact != nil || d.NewTasks != nil || d.Answered != nil || d.Decision == "" {
				t.Errorf("%s to %s: %+v", words, kind, d)
			}
		}
	}
}

func TestDecideTextProperties(t *testing.T) {
	w := World{Region: "US", Zone: scenario.Zone("America/New_York"), Business: "Bright Smile", Born: scenario.Moment("2026-11-01T00:00:00Z")}
	r := &InboundConfig{
		Tag: "via-sms", WelcomeTask: &Welcome{Title: Must(ParseReminderTask("test", "Welcome {{.Contact.FirstName}}")), Due: 24 * time.Hour},
		WelcomeText: Must(ParseReminderTask("test", "Thanks {{.Contact.FirstName}}, we have your details.")),
	}
	rapid.Check(t, func(t *rapid.T) {
		c := anyCase.Draw(t, "case")
		r.PIN = rapid.SampledFrom([]string{"", "4711"}).Draw(t, "PIN")
		d := decideText(c, r, w)
		if again := decideText(c, r, w); !reflect.DeepEqual(d, again) {
			t.Fatalf("%+v, then %+v", d, again)
		}
		if d.Decision == "" || d.Reason == "" {
			t.Errorf("a text without a decision: %+v", d)
		}
		if !sms.Answerable(c.Text.Sender) && (d.Reply != "" || d.NewContact != nil) {
			t.Errorf("%q: %+v", c.Text.Sender, d)
		}
		checkConsent(t, c, d)
		checkEffects(t, c, d)
	})
}

// checkConsent: an opt-out is always heard, and only the person's own is ever lifted.
func checkConsent(t *rapid.T, c TextCase, d TextDecision) {
	stop := (*sms.Words)(nil).Command(c.Text.Body).Verb == sms.VerbStop
	if d.OptOut != stop {
		t.Errorf("%q: opted out %v", c.Text.Body, d.OptOut)
	}
	if d.OptOut && (d.OptIn || d.Booking != nil || d.TaskEdits != nil || d.NewTasks != nil || d.NewContact != nil || d.Reply != "" && d.Purpose != store.ForOptOut || c.OptOut != nil && d.Reply != "") {
		t.Errorf("an opt-out that does more: %+v", d)
	}
	if d.OptIn && (c.OptOut == nil || !ownWord(c.OptOut)) {
		t.Errorf("lifted %+v: %+v", c.OptOut, d)
	}
}

// checkEffects: edits are of what the case holds, and what is told or made is clean.
func checkEffects(t *rapid.T, c TextCase, d TextDecision) {
	has := func(all []store.Record, id int64) bool {
		return slices.ContainsFunc(all, func(r store.Record) bool { return r.ID == id })
	}
	if d.Booking != nil && !has(c.Upcoming, d.Appointment) || d.TaskEdits != nil && !has(c.Tasks, d.Task) {
		t.Errorf("an edit of what is not there: %+v", d)
	}
	for _, id := range d.Numbers {
		if !has(c.Tasks, id) {
			t.Errorf("number told for task %d", id)
		}
	}
	subject := c.Contact
	if subject == nil && len(c.Named) == 1 {
		subject = &c.Named[0]
	}
	if subject == nil && (d.Contact != nil || d.NewContact == nil && (len(d.NewTasks) > 0 || d.Note != "")) {
		t.Errorf("edits of nobody: %+v", d)
	}
	if d.Contact != nil && len(d.Contact) == 0 || c.EmailTaken && d.Contact[store.Email]+d.NewContact[store.Email] != "" {
		t.Errorf("contact edits %+v", d.Contact)
	}
	if d.NewNumber != 0 && (len(d.NewTasks) != 1 || c.Numbers[d.NewNumber] != 0) || len(d.Numbers) > 9 {
		t.Errorf("numbers %d, %v", d.NewNumber, d.Numbers)
	}
	if d.Ask != nil && (d.Ask.Number != c.Text.Sender || !d.Ask.ExpiresAt.After(c.Text.ReceivedAt)) || d.Answered != nil && c.Question == nil {
		t.Errorf("asked %+v, answered %+v", d.Ask, d.Answered)
	}
	if strings.Contains(d.Note+d.Reply, "4711") && d.Secret != "" && strings.Count(c.Text.Body, "4711") == 1 {
		t.Errorf("the PIN leaks: %q, %q", d.Note, d.Reply)
	}
	for _, task := range d.NewTasks {
		if task[store.Title] == "" || task[store.Due] == "" || utf8.RuneCountInString(task[store.Title]) > 200 {
			t.Errorf("new task %+v", task)
		}
	}
	if strings.ContainsFunc(d.Reply, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || r == utf8.RuneError }) && utf8.ValidString(c.Text.Body) && !strings.ContainsRune(c.Text.Body, utf8.RuneError) {
		t.Errorf("reply %q", d.Reply)
	}
}

// What the CRM shows, sent back as a patch of everything, is shown the same.
func TestContactRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[A-Za-z0-9 "\\é🦷\[{<&]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		c := ghl.Contact{
			FirstName: word.Draw(t, "first"), LastName: word.Draw(t, "last"), Email: word.Draw(t, "email"),
			Phone: rapid.SampledFrom([]string{"", "(202) 555-0143", "+442071838750", "22395", "x"}).Draw(t, "phone"),
			City:  word.Draw(t, "city"), CompanyName: word.Draw(t, "company"), Timezone: word.Draw(t, "zone"), Source: word.Draw(t, "source"),
			AssignedTo: ghl.UserID(word.Draw(t, "assigned")), Tags: rapid.SliceOf(word).Draw(t, "tags"), DND: rapid.Bool().Draw(t, "dnd"),
			DNDSettings: map[string]ghl.DNDSetting{
				"SMS": {Status: rapid.SampledFrom([]string{"", "active", "inactive", "permanent"}).Draw(t, "sms")},
				"FB":  {Status: rapid.SampledFrom([]string{"", "active", "inactive", "permanent"}).Draw(t, "fb")},
			},
			CustomFields: []ghl.CustomField{
				{ID: "text", Value: []byte(`"` + rapid.StringMatching(`[a-z ]{0,5}`).Draw(t, "text") + `"`)},
				{ID: "list", Value: []byte(rapid.SampledFrom([]string{"null", "[]", `["a", "b"]`, `{"a": 1}`}).Draw(t, "list"))},
			},
		}
		f := contactFields(c, "US")
		for name, v := range f {
			if v == "" || v != strings.TrimSpace(v) {
				t.Errorf("%s=%q is not tidy", name, v)
			}
		}
		p := contactPatch(f, f)
		if p.Tags != nil {
			t.Errorf("tags in a patch: %v", p.Tags)
		}
		if got := contactFields(patched(p, f.Set(store.Tags)), "US"); !maps.Equal(got, f) {
			t.Errorf("sent %s\nshown %s\n of %s", asJSON(p), scenario.ShowFields(got), scenario.ShowFields(f))
		}
		if again := contactFields(patched(contactPatch(nil, f), nil), "US"); len(again) > 0 {
			t.Errorf("a patch of nothing sends %s", scenario.ShowFields(again))
		}
	})
}

// patched is an empty contact that took a patch.
func patched(p ghl.ContactPatch, tags []string) ghl.Contact {
	get := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return ghl.Contact{
		FirstName: get(p.FirstName), LastName: get(p.LastName), Email: get(p.Email), Phone: get(p.Phone), City: get(p.City), CompanyName: get(p.CompanyName),
		Timezone: get(p.Timezone), Source: get(p.Source), AssignedTo: ghl.UserID(get(p.AssignedTo)), Tags: tags, DND: p.DND != nil && *p.DND,
		DNDSettings: p.DNDSettings, CustomFields: p.CustomFields,
	}
}

func TestShorten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "text"), rapid.IntRange(2, 80).Draw(t, "at")
		got := shorten(s, n)
		if utf8.RuneCountInString(got) > n || got != strings.TrimSpace(got) || strings.Contains(got, "  ") || strings.ContainsAny(got, "\r\n") {
			t.Errorf("shorten(%q, %d) = %q", s, n, got)
		}
		if whole := strings.Join(strings.Fields(s), " "); got != whole && !strings.HasPrefix(whole, strings.TrimSuffix(got, "…")) {
			t.Errorf("shorten(%q, %d) = %q is another text", s, n, got)
		}
	})
}
