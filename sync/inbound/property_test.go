package inbound

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ghlsms/sms"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
	"ghlsms/sync/wording"
)

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

var anyCase = rapid.Custom(func(t *rapid.T) Case {
	received := scenario.Moment("2026-11-20T15:00:00Z").Add(time.Duration(rapid.IntRange(-40*24, 40*24).Draw(t, "received")) * time.Hour)
	c := Case{
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
			c.Named = append(c.Named, store.Record{Entity: store.Contact, ID: int64(7 + i), ContactID: int64(7 + i), CRMID: "c", Read: true, Base: scenario.AnyContact(false).Draw(t, "named")})
		}
	}
	if rapid.Bool().Draw(t, "asked") {
		c.Question = anyQuestion.Draw(t, "question")
	}
	if rapid.Bool().Draw(t, "unknown") {
		return c
	}
	c.Contact = &store.Record{Entity: store.Contact, ID: 7, ContactID: 7, CRMID: "c7", Read: true, Base: scenario.AnyContact(false).Draw(t, "contact")}
	for i, title := range rapid.SliceOfN(rapid.SampledFrom([]string{"Call the lab", "call", "b", "Ünïcödé 🦷"}), 0, 12).Draw(t, "tasks") {
		c.Tasks = append(c.Tasks, store.Record{Entity: store.Task, ID: int64(31 + i), ContactID: 7, Base: record.Tidy(store.Fields{store.Title: title, store.Due: record.Time(received)})})
	}
	c.Numbers = map[int]int64{}
	for i, id := range rapid.SliceOfN(rapid.Int64Range(29, 45), 0, 9).Draw(t, "numbers") {
		c.Numbers[i+1] = id
	}
	for i, status := range rapid.SliceOfN(rapid.SampledFrom([]string{"new", "confirmed", "cancelled", "noshow", ""}), 0, 3).Draw(t, "appointments") {
		at := received.Add(time.Duration(i+1) * 24 * time.Hour)
		c.Upcoming = append(c.Upcoming, store.Record{Entity: store.Appointment, ID: int64(21 + i), ContactID: 7, Base: record.Tidy(store.Fields{store.Start: record.Time(at), store.Status: status})})
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
	w := wording.World{Region: "US", Zone: scenario.Zone("America/New_York"), Born: scenario.Moment("2026-11-01T00:00:00Z")}
	for _, kind := range []store.QuestionKind{store.AskDetails, store.AskEmail} {
		for _, words := range []string{"YES", "1", "C", "NO"} {
			at := scenario.Moment("2026-11-20T15:00:00Z")
			c := Case{
				Text: store.Inbound{ID: 1, Sender: "+12025550143", Body: words, ReceivedAt: at}, Now: at,
				Question: &store.Question{ID: 5, Kind: kind, State: store.QuestionOpen, Choices: []store.Choice{{Edits: store.Fields{store.Email: "x@example.com"}}}},
			}
			c.Understand(&Config{}, w.Region)
			d := Decide(c, &Config{}, w)
			if d.Contact != nil || d.NewTasks != nil || d.Answered != nil || d.Decision == "" {
				t.Errorf("%s to %s: %+v", words, kind, d)
			}
		}
	}
}

func TestDecideTextProperties(t *testing.T) {
	w := wording.World{Region: "US", Zone: scenario.Zone("America/New_York"), Business: "Bright Smile", Born: scenario.Moment("2026-11-01T00:00:00Z")}
	r := &Config{
		Tag: "via-sms", WelcomeTask: &wording.Task{Title: wording.Must(wording.ParseTask("test", "Welcome {{.Contact.FirstName}}")), Due: 24 * time.Hour},
		WelcomeText: wording.Must(wording.ParseTask("test", "Thanks {{.Contact.FirstName}}, we have your details.")),
	}
	rapid.Check(t, func(t *rapid.T) {
		c := anyCase.Draw(t, "case")
		r.PIN = rapid.SampledFrom([]string{"", "4711"}).Draw(t, "PIN")
		c.Understand(r, w.Region)
		d := Decide(c, r, w)
		if again := Decide(c, r, w); !reflect.DeepEqual(d, again) {
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
func checkConsent(t *rapid.T, c Case, d Decision) {
	stop := (*parse.Words)(nil).Command(c.Text.Body).Verb == parse.VerbStop
	if d.OptOut != stop {
		t.Errorf("%q: opted out %v", c.Text.Body, d.OptOut)
	}
	if d.OptOut && (d.OptIn || d.AppointmentEdits != nil || d.TaskEdits != nil || d.NewTasks != nil || d.NewContact != nil || d.Reply != "" && d.Purpose != store.ForOptOut || c.OptOut != nil && d.Reply != "") {
		t.Errorf("an opt-out that does more: %+v", d)
	}
	if d.OptIn && (c.OptOut == nil || !ownWord(c.OptOut)) {
		t.Errorf("lifted %+v: %+v", c.OptOut, d)
	}
}

// checkEffects: edits are of what the case holds, and what is told or made is clean.
func checkEffects(t *rapid.T, c Case, d Decision) {
	has := func(all []store.Record, id int64) bool {
		return slices.ContainsFunc(all, func(r store.Record) bool { return r.ID == id })
	}
	if d.AppointmentEdits != nil && !has(c.Upcoming, d.Appointment) || d.TaskEdits != nil && !has(c.Tasks, d.Task) {
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
