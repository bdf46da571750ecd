package sync_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

// hostile is what others may write, in the CRM or by text.
var hostile = []string{
	"Ann\x1b[2J\x1b[31m", "Ann\u009b2J", "A\u202egnp.exe", "\u2066Ann\u2069\u200f", "A\x00n\x7fn", "Ann\U000E0041\U000E007F", "An\u200bn\u2060",
	"{{.Contact.Phone}}{{template \"x\"}}", "{{", "${HOME}%s%!d(MISSING)", "<script>alert(1)</script>", "Ann\r\nforged\u2028forged",
}

// unsafeIn finds what would do something to a screen, in what a JSON body says.
func unsafeIn(t tester, body []byte) (found string) {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	var look func(any)
	look = func(v any) {
		switch v := v.(type) {
		case string:
			if strings.ContainsFunc(v, sms.Unsafe) {
				found += fmt.Sprintf("%+q ", v)
			}
		case []any:
			for _, one := range v {
				look(one)
			}
		case map[string]any:
			for _, one := range v {
				look(one)
			}
		}
	}
	look(v)
	return found
}

// What others wrote goes on as words: nothing in it moves a cursor, hides or reorders what the CRM or
// somebody's telephone shows, and no template takes it for its own.
func TestHostileWordsGoOnAsWords(t *testing.T) {
	t.Parallel()
	for i, text := range hostile {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			oneOf(t, 6)
			if i > 0 && i != 7 {
				heavy(t)
			}
			t.Parallel()
			o := withProvider(ghltest.DefaultProvider)
			withWords := o.rules
			o.rules = func(r *plan.Config) {
				withWords(r)
				tmpl, err := wording.ParseReminder("test", "Hi {{.Contact.FirstName}}, {{or .Appointment.Title \"a visit\"}} at {{or .Appointment.Calendar \"ours\"}}")
				if err != nil {
					t.Fatal(err)
				}
				r.Reminders = []remind.Rule{{Name: "hour", Before: time.Hour, Text: tmpl}}
			}
			inWorld(t, o, func(w *world) {
				ann := w.person(text, "+12025550101")
				cal := w.crm.AddCalendar(ghltest.Calendar{Name: text}).ID
				w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: text, Due: time.Now().Add(time.Hour)})
				w.crm.AddAppointment(ghltest.Appointment{ContactID: ann.ID, CalendarID: cal, Title: text, Start: time.Now().Add(90 * time.Minute)})
				w.run(time.Minute)
				for _, from := range []string{"+12025550101", "+12025550177"} {
					for _, words := range []string{"Hi, I'm " + text + " Doe, jane@example.com", "TASKS", "TASK " + text, "DONE " + text, text} {
						w.gate.Text(from, words)
						w.run(time.Minute)
					}
				}
				w.run(2 * time.Hour)
				plain := strings.Join(strings.Fields(sms.Clean(text)), " ")
				var seen strings.Builder
				for _, from := range []string{"+12025550101", "+12025550177"} {
					for _, sent := range w.got(from) {
						seen.WriteString(strings.Join(strings.Fields(sent), " ") + "\n")
						if strings.ContainsFunc(sent, sms.Unsafe) {
							t.Errorf("texted %+q", sent)
						}
					}
				}
				if want := fmt.Sprintf("Hi %s, %s at %s", plain, plain, plain); !strings.Contains(seen.String(), want) {
					t.Errorf("no reminder says %q:\n%s", want, seen.String())
				}
				for _, r := range w.crm.Writes() {
					if len(r.Body) == 0 {
						continue
					}
					if found := unsafeIn(t, r.Body); found != "" {
						t.Errorf("%s %s has %s", r.Method, r.Path, found)
					}
				}
				if len(w.said()) < 2 || len(w.crm.Contacts()) != 2 {
					t.Errorf("said %q, contacts %v", w.said(), w.crm.Contacts())
				}
			})
		})
	}
}
