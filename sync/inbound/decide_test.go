package inbound

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/scenario"
	"ghlsms/sync/wording"
)

func TestDecideText(t *testing.T) { scenario.Run(t, "text", runTexts) }

// runTexts decides every text (> ...) by the facts above it.
func runTexts(t *testing.T, given string) string {
	w := wording.World{Region: "US", Zone: scenario.Zone("America/New_York"), Business: "Bright Smile", Born: scenario.Moment("2026-11-01T00:00:00Z")}
	r := &Config{
		Tag:         "via-sms",
		WelcomeTask: &wording.Task{Title: wording.Must(wording.ParseTask("test", "Welcome {{.Contact.FirstName}}")), Due: 24 * time.Hour},
		WelcomeText: wording.Must(wording.ParseTask("test", "Thanks {{.Contact.FirstName}}, we have your details.")),
	}
	c := Case{Text: store.Inbound{ID: 1, Gateway: "spool", Key: "k1", Sender: "+12025550143", ReceivedAt: scenario.Moment("2026-11-20T15:00:00Z")}}
	var out strings.Builder
	for _, f := range scenario.Facts(t, given) {
		switch f.Word {
		case ">":
			c.Text.Body = said(t, f.Arg())
			fmt.Fprintf(&out, "> %s\n%s\n", f.Arg(), decided(t, c, r, w))
		case "from":
			c.Text.Sender = f.Arg()
		case "received":
			c.Text.ReceivedAt = scenario.Moment(f.Arg())
		case "zone":
			w.Zone = scenario.Zone(f.Arg())
		case "business":
			w.Business = f.Arg()
		case "region":
			w.Region = f.Arg()
		case "plain": // no tag, no welcome
			r.Tag, r.WelcomeTask, r.WelcomeText = "", nil, nil
		case "welcome_text":
			r.WelcomeText = wording.Must(wording.ParseTask("test", f.Arg()))
		case "welcome_task":
			r.WelcomeTask = &wording.Task{Title: wording.Must(wording.ParseTask("test", f.Fields["title"])), Due: 2 * time.Hour, AssignTo: f.Fields["assign_to"]}
			if body := f.Fields["body"]; body != "" {
				r.WelcomeTask.Body = wording.Must(wording.ParseTask("test", body))
			}
		case "help_text":
			r.HelpText = wording.Must(wording.ParseTask("test", f.Arg()))
		case "contact":
			c.Contact = new(f.Record(t))
		case "task":
			c.Tasks = append(c.Tasks, f.Record(t))
		case "appointment":
			c.Upcoming = append(c.Upcoming, f.Record(t))
		case "numbers":
			c.Numbers = map[int]int64{}
			for i, id := range f.Numbers(t) {
				c.Numbers[i+1] = id
			}
		case "reminded":
			c.Reminded = f.Numbers(t)
		case "opted-out":
			c.OptOut = &store.OptOut{Number: c.Text.Sender, Source: f.Arg()}
		case "staff":
			c.Staff = &Staffer{Name: f.Arg()}
		case "named":
			f.Args = append([]string{"contact"}, f.Args...)
			c.Named = append(c.Named, scenario.Fact{Word: "contact", Args: f.Args[1:], Fields: f.Fields}.Record(t))
		case "pin":
			r.PIN = f.Arg()
		case "cutoff":
			r.Cutoff = time.Hour * time.Duration(f.Number(t))
		case "now":
			c.Now = scenario.Moment(f.Arg())
		case "no-move":
			w.NoMove = map[string]bool{f.Arg(): true}
		case "no-cancel":
			w.NoCancel = map[string]bool{f.Arg(): true}
		case "asked":
			c.Question = &store.Question{ID: 5, Kind: store.QuestionKind(f.Arg()), State: store.QuestionOpen, Text: f.Fields["text"]}
			if n, err := strconv.ParseInt(f.Fields["appointment"], 10, 64); err == nil {
				c.Question.AppointmentID = n
			}
		case "choice":
			choice := store.Choice{Start: f.Fields["start"], End: f.Fields["end"]}
			if n, err := strconv.ParseInt(f.Fields["appointment"], 10, 64); err == nil {
				choice.Appointment = n
			}
			if v := f.Fields["edit"]; v != "" {
				field, value, _ := strings.Cut(v, "=")
				choice.Edits = store.Fields{field: value}
			}
			c.Question.Choices = append(c.Question.Choices, choice)
		case "did":
			u := LastDone{Undo: store.Undo{Entity: store.Task, ID: 31, Made: f.Arg() == "made", Before: store.Fields{store.Completed: ""}, After: store.Fields{store.Completed: "true"}}}
			if len(c.Tasks) > 0 {
				u.Record = &c.Tasks[0]
			}
			c.Last, c.LastText = append(c.Last, u), 9
		case "wrong-pins":
			c.WrongPINs = int(f.Number(t))
		case "email-taken":
			c.EmailTaken = true
		default:
			t.Fatalf("unknown fact %q", f.Word)
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// said is a text as written, or, in quotes, as in Go; "abc"*3 is abcabcabc.
func said(t *testing.T, s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	word, rest := scenario.NextWord(t, s)
	if n, ok := strings.CutPrefix(rest, "*"); ok {
		times, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Repeat(word, times)
	}
	return word
}

func decided(t *testing.T, c Case, r *Config, w wording.World) string {
	c.Text.Body = sms.Clean(c.Text.Body) // as the mirror keeps it
	c.Understand(r, w.Region)
	before := fmt.Sprintf("%+v", c)
	d := Decide(c, r, w)
	if again := Decide(c, r, w); !reflect.DeepEqual(d, again) {
		t.Errorf("%q: decided\n%+v, then\n%+v", c.Text.Body, d, again)
	}
	if after := fmt.Sprintf("%+v", c); before != after {
		t.Errorf("%q: the case was changed from\n%s to\n%s", c.Text.Body, before, after)
	}
	return showDecision(d)
}

func showDecision(d Decision) string {
	var b strings.Builder
	line := func(ok bool, format string, args ...any) {
		if ok {
			fmt.Fprintf(&b, "  "+format+"\n", args...)
		}
	}
	fmt.Fprintf(&b, "%s: %s\n", d.Decision, d.Reason)
	line(d.OptOut, "opt out")
	line(d.OptIn, "opt in")
	line(d.NewContact != nil, "new contact %s", scenario.ShowFields(d.NewContact))
	line(d.Contact != nil, "contact %s", scenario.ShowFields(d.Contact))
	for _, task := range d.NewTasks {
		line(true, "new task %s", scenario.ShowFields(task))
	}
	line(d.TaskEdits != nil, "task %d %s", d.Task, scenario.ShowFields(d.TaskEdits))
	line(d.AppointmentEdits != nil, "appointment %d %s", d.Appointment, scenario.ShowFields(d.AppointmentEdits))
	line(d.Note != "", "note %s", scenario.Show(d.Note))
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
			line(true, "  %d: contact %d, appointment %d, %s", i+1, choice.Contact, choice.Appointment, scenario.ShowFields(choice.Edits))
		}
	}
	parts, _ := sms.Segments(sms.Plain(d.Reply))
	line(d.Reply != "", "%s in %d: %s", d.Purpose, parts, scenario.Show(d.Reply))
	return b.String()
}
