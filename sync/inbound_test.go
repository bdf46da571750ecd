package sync

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

func TestDecideText(t *testing.T) { scenarios(t, "text", runTexts) }

// runTexts decides every text (> ...) by the facts above it.
func runTexts(t *testing.T, given string) string {
	w := World{Zone: zone("America/New_York"), Business: "Bright Smile", Born: moment("2026-11-01T00:00:00Z")}
	r := &Rules{
		Region: "US", Tag: "via-sms",
		WelcomeTask: &Welcome{Title: mustTemplate("Welcome {{.Contact.FirstName}}"), Due: 24 * time.Hour},
		WelcomeText: mustTemplate("Thanks {{.Contact.FirstName}}, we have your details."),
	}
	c := TextCase{Text: store.Inbound{ID: 1, Gateway: "spool", Key: "k1", Sender: "+12025550143", ReceivedAt: moment("2026-11-20T15:00:00Z")}}
	var out strings.Builder
	for _, f := range facts(t, given) {
		switch f.word {
		case ">":
			c.Text.Body = said(t, f.arg())
			fmt.Fprintf(&out, "> %s\n%s\n", f.arg(), decided(t, c, r, w))
		case "from":
			c.Text.Sender = f.arg()
		case "received":
			c.Text.ReceivedAt = moment(f.arg())
		case "zone":
			w.Zone = zone(f.arg())
		case "business":
			w.Business = f.arg()
		case "region":
			r.Region = f.arg()
		case "plain": // no tag, no welcome
			r.Tag, r.WelcomeTask, r.WelcomeText = "", nil, nil
		case "welcome_text":
			r.WelcomeText = mustTemplate(f.arg())
		case "welcome_task":
			r.WelcomeTask = &Welcome{Title: mustTemplate(f.fields["title"]), Due: 2 * time.Hour, AssignTo: f.fields["assign_to"]}
			if body := f.fields["body"]; body != "" {
				r.WelcomeTask.Body = mustTemplate(body)
			}
		case "help_text":
			r.HelpText = mustTemplate(f.arg())
		case "contact":
			c.Contact = new(f.record(t))
		case "task":
			c.Tasks = append(c.Tasks, f.record(t))
		case "appointment":
			c.Upcoming = append(c.Upcoming, f.record(t))
		case "numbers":
			c.Numbers = map[int]int64{}
			for i, id := range f.numbers(t) {
				c.Numbers[i+1] = id
			}
		case "reminded":
			c.Reminded = f.numbers(t)
		case "opted-out":
			c.OptOut = &store.OptOut{Number: c.Text.Sender, Source: f.arg()}
		case "staff":
			c.Staff = &Staffer{Name: f.arg()}
		case "named":
			f.args = append([]string{"contact"}, f.args...)
			c.Named = append(c.Named, fact{word: "contact", args: f.args[1:], fields: f.fields}.record(t))
		case "pin":
			r.PIN = f.arg()
		case "cutoff":
			r.Cutoff = time.Hour * time.Duration(f.number(t))
		case "now":
			c.Now = moment(f.arg())
		case "no-move":
			w.NoMove = map[string]bool{f.arg(): true}
		case "no-cancel":
			w.NoCancel = map[string]bool{f.arg(): true}
		case "asked":
			c.Question = &store.Question{ID: 5, Kind: store.QuestionKind(f.arg()), State: store.QuestionOpen, Text: f.fields["text"]}
			if n, err := strconv.ParseInt(f.fields["appointment"], 10, 64); err == nil {
				c.Question.AppointmentID = n
			}
		case "choice":
			choice := store.Choice{Start: f.fields["start"], End: f.fields["end"]}
			if n, err := strconv.ParseInt(f.fields["appointment"], 10, 64); err == nil {
				choice.Appointment = n
			}
			if v := f.fields["edit"]; v != "" {
				field, value, _ := strings.Cut(v, "=")
				choice.Edits = store.Fields{field: value}
			}
			c.Question.Choices = append(c.Question.Choices, choice)
		case "did":
			u := LastDone{Undo: store.Undo{Entity: store.Task, ID: 31, Made: f.arg() == "made", Before: store.Fields{store.Completed: ""}, After: store.Fields{store.Completed: "true"}}}
			if len(c.Tasks) > 0 {
				u.Record = &c.Tasks[0]
			}
			c.Last, c.LastText = append(c.Last, u), 9
		case "wrong-pins":
			c.WrongPINs = int(f.number(t))
		case "email-taken":
			c.EmailTaken = true
		default:
			t.Fatalf("unknown fact %q", f.word)
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// said is a text as written, or, in quotes, as in Go; "abc"*3 is abcabcabc.
func said(t *testing.T, s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	word, rest := nextWord(t, s)
	if n, ok := strings.CutPrefix(rest, "*"); ok {
		times, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Repeat(word, times)
	}
	return word
}

func decided(t *testing.T, c TextCase, r *Rules, w World) string {
	c.Text.Body = sms.Clean(c.Text.Body) // as the mirror keeps it
	before := fmt.Sprintf("%+v", c)
	d := decideText(c, r, w)
	if again := decideText(c, r, w); !reflect.DeepEqual(d, again) {
		t.Errorf("%q: decided\n%+v, then\n%+v", c.Text.Body, d, again)
	}
	if after := fmt.Sprintf("%+v", c); before != after {
		t.Errorf("%q: the case was changed from\n%s to\n%s", c.Text.Body, before, after)
	}
	return showDecision(d)
}

func showDecision(d TextDecision) string {
	var b strings.Builder
	line := func(ok bool, format string, args ...any) {
		if ok {
			fmt.Fprintf(&b, "  "+format+"\n", args...)
		}
	}
	fmt.Fprintf(&b, "%s: %s\n", d.Decision, d.Reason)
	line(d.OptOut, "opt out")
	line(d.OptIn, "opt in")
	line(d.NewContact != nil, "new contact %s", showFields(d.NewContact))
	line(d.Contact != nil, "contact %s", showFields(d.Contact))
	for _, task := range d.NewTasks {
		line(true, "new task %s", showFields(task))
	}
	line(d.TaskEdits != nil, "task %d %s", d.Task, showFields(d.TaskEdits))
	line(d.Booking != nil, "appointment %d %s", d.Appointment, showFields(d.Booking))
	line(d.Note != "", "note %s", show(d.Note))
	line(d.Numbers != nil, "numbers %v", d.Numbers)
	line(d.NewNumber != 0, "its number %d", d.NewNumber)
	for _, back := range d.TakeBack {
		line(true, "take back what was done to %s %d", back.Entity, back.ID)
	}
	line(d.Secret != "", "redact %s", d.Secret)
	if d.Answered != nil {
		line(true, "question %d is %s, answer %d", d.Answered.ID, d.Answered.State, d.Answered.Answer)
	}
	if d.Ask != nil {
		line(true, "ask %s (%s) about %q", d.Ask.Kind, d.Ask.State, d.Ask.Text)
		for i, choice := range d.Ask.Choices {
			line(true, "  %d: contact %d, appointment %d, %s", i+1, choice.Contact, choice.Appointment, showFields(choice.Edits))
		}
	}
	parts, _ := sms.Segments(sms.Plain(d.Reply))
	line(d.Reply != "", "%s in %d: %s", d.Purpose, parts, show(d.Reply))
	return b.String()
}
