package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/trace"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store/storetest"
)

// told is a clinic whose clock stands where a story needs it: Jane has a visit on Friday, December 1, 2000.
type told struct {
	*stage
	town *town
	jane ghltest.Contact
	day  time.Time // midnight of the Monday before, in New York
}

// storyOf lets a story happen around the daemon, which looks every so often, on fake time, and then asks for it.
func storyOf(t *testing.T, every string, happens func(*told)) {
	storetest.SkipShort(t, "days of the daemon")
	t.Parallel()
	dir := t.TempDir()
	s := &stage{t: t, dir: dir, config: filepath.Join(dir, "config.yaml"), crmURL: "http://127.0.0.1:1"}
	s.writeConfig(`timezone: America/New_York
staff: ["+12025550199"]
sms: {provider: smsto, from: "+15550100", smsto: {api_url: http://127.0.0.1:2, account_url: http://127.0.0.1:2, auth_url: http://127.0.0.1:2, api_key: smsto-sandbox}}
reminders: [{name: day-before, before: 24h, text: "Hi {{.Contact.FirstName}}, see you {{.When}}. Reply C to confirm, X to cancel."}]
`)
	cfg, err := config.Load(s.config)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Schedule.Texts, cfg.Schedule.CRM, cfg.Schedule.Reminders = every, every, every
	cfg.Alarms.StaleAfter, cfg.Alarms.UndecidedAfter, cfg.Alarms.LookEvery = 0, 0, config.Duration(time.Hour)
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s.t = t
		w := &told{stage: s, town: &town{t: t, cfg: cfg}, day: time.Date(2000, 11, 27, 0, 0, 0, 0, zone)}
		time.Sleep(time.Until(w.time(0, 8, 0)))
		w.town.crm = ghltest.New(ghltest.Options{BurstMax: -1, DailyMax: -1})
		w.town.gateway = smstest.New(smstest.Options{DeliverAfter: 30 * time.Second})
		w.town.crmPipe, w.town.gatePipe = w.town.crm.Pipe(), w.town.gateway.Pipe()
		w.town.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
		w.jane = w.town.crm.AddContact(ghltest.Contact{ID: "jane", FirstName: "Jane", LastName: "Doe", Phone: "+12025550101"})
		w.town.crm.AddAppointment(ghltest.Appointment{ID: "checkup", CalendarID: "cal1", ContactID: "jane", Title: "Check-up", Status: "confirmed", Start: w.time(4, 15, 0)})
		w.town.start()
		happens(w)
		w.town.halt()
		w.town.crmPipe.Close()
		w.town.gatePipe.Close()
	})
}

func (w *told) time(day, hour, minute int) time.Time {
	return time.Date(2000, 11, 27+day, hour, minute, 0, 0, w.day.Location())
}

// at waits for a time of one of the days, and for the cycle that may begin then.
func (w *told) at(day, hour, minute int) {
	time.Sleep(time.Until(w.time(day, hour, minute)) + time.Second)
	synctest.Wait()
}

// gatewayID is made up by the sandbox.
var gatewayID = regexp.MustCompile(`[0-9a-f]{4}-[0-9a-f]+-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}`)

// tells compares what trace says of something with a file: the table, which must fit 80 columns, and then
// what JSON has.
func (w *told) tells(name, what string) {
	w.t.Helper()
	table, all := w.must("trace", what), w.must("trace", what, "--format", "json")
	var story trace.Story
	dec := json.NewDecoder(strings.NewReader(all))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&story); err != nil {
		w.t.Fatal(err)
	}
	for line := range strings.Lines(table) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			w.t.Errorf("%d columns: %s", n, line)
		}
	}
	for i, e := range story.Events {
		if i > 0 && e.At.Before(story.Events[i-1].At) || e.At.IsZero() || e.Kind == "" || e.Who == "" || e.What == "" {
			w.t.Errorf("event %d is not whole, or not in its place: %+v", i, e)
		}
	}
	got := gatewayID.ReplaceAllStringFunc(table+"\n"+all, func(id string) string { return strings.Repeat("x", len(id)) })
	file := filepath.Join("testdata/trace", name+".golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	if got != string(want) {
		w.t.Errorf("%s, not as in %s (UPDATE_GOLDEN=1 writes it):\n%s", what, file, got)
	}
}

// Why did I get no reminder?
func TestTraceOptedOutBeforeTheReminder(t *testing.T) {
	storyOf(t, "@every 15m", func(w *told) {
		w.at(2, 10, 12)
		w.town.gateway.Text("+12025550101", "STOP")
		w.at(2, 10, 30)
		w.tells("opted_out_planned", "r1")
		w.at(3, 15, 30)
		w.tells("opted_out", "reminder/1")
		w.tells("opted_out_text", "t1")
		w.tells("opted_out_contact", "Jane")
	})
}

// Why was I told another time?
func TestTraceMovedAfterTheReminder(t *testing.T) {
	storyOf(t, "@every 15m", func(w *told) {
		w.at(3, 16, 2)
		w.town.crm.EditAppointment("checkup", func(a *ghltest.Appointment) { a.Start, a.End = w.time(7, 9, 30), w.time(7, 10, 0) })
		w.at(3, 16, 30)
		w.tells("moved", "reminder/1")
		w.at(6, 10, 0)
		w.tells("moved_appointment", "checkup")
	})
}

// Did it go out in the end, and who saw to that?
func TestTraceRefusedAndTriedAgain(t *testing.T) {
	storetest.OnlyFull(t, "days of the daemon by five minutes")
	storyOf(t, "@every 5m", func(w *told) {
		w.at(3, 14, 58)
		w.town.gateway.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.ErrorBefore, Status: 422, Says: "The recipient cannot receive texts", Times: 1})
		w.at(3, 15, 20)
		w.tells("refused", "effect/1")
		w.must("outbox", "retry", "effect/1")
		w.tells("refused_retried", "o1")
		w.at(3, 16, 0)
		w.tells("refused_sent", "remind/checkup/2000-12-01T20:00:00Z/day-before")
	})
}

// Who cancelled that visit?
func TestTraceCancelledByStaff(t *testing.T) {
	storyOf(t, "@every 15m", func(w *told) {
		w.at(1, 11, 1)
		w.town.gateway.Text("+12025550199", "X Jane")
		w.at(1, 11, 30)
		w.tells("cancelled", "a1")
		w.at(4, 9, 0)
		w.tells("cancelled_reminder", "r1")
		w.tells("cancelled_text", "text/1")
	})
}

// What a person names is found however they write it, and where several fit they are asked.
func TestTraceFindsWhatIsMeant(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	s := setStage(t, "staff: [\"+12025550199\"]\nreminders: [{name: day-before, before: 24h, text: \"Hi, see you {{.When}}.\"}]\n")
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", LastName: "Lee", Phone: "+12025550101"})
	s.crm.AddContact(ghltest.Contact{ID: "poe", FirstName: "Ann", LastName: "Poe", Phone: "+12025550102", Email: "poe@example.com"})
	s.crm.AddContact(ghltest.Contact{ID: "kid", FirstName: "Bo", LastName: "Poe", Phone: "+12025550102"})
	s.crm.AddTask(ghltest.Task{ID: "xrays", ContactID: "ann", Title: "Send the x-rays", Due: time.Now().Add(time.Hour)})
	s.crm.AddNote(ghltest.Note{ID: "likes", ContactID: "ann", Body: "Likes tea"})
	s.crm.AddAppointment(ghltest.Appointment{ID: "checkup", CalendarID: "cal1", ContactID: "ann", Title: "Check-up", Status: "confirmed", Start: time.Now().Add(200 * time.Hour).Truncate(time.Hour)})
	s.must("once")
	s.gateway.Text("+12025550101", "TASK call me back")
	s.gateway.Text("Amazon", "Your parcel is here")
	s.must("once")
	ann := s.must("trace", "contact/1")
	for _, what := range []string{"1", "c1", "ann", "Ann Lee", "ann lee", "Lee", "+12025550101", "(202) 555-0101", "2025550101", "tel:+1-202-555-0101"} {
		if got := s.must("trace", what); got != ann {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, ann)
		}
	}
	says(t, "trace ann", ann, "Ann Lee, +12025550101: not opted out here", `texted "TASK call me back"`, "reminder/1", "appointment/1", "task/1", "text/1", "effect/1", "Times are those of America/New_York.")
	for what, words := range map[string]string{
		"task/1": `Task of Ann Lee: "Send the x-rays"`, "xrays": `Task of Ann Lee: "Send the x-rays"`, "appointment/1": "Appointment of Ann Lee: Check-up", "a1": "confirmed",
		"reminder/1": "Reminder day-before for Ann Lee", "text/1": "Text from Ann Lee on", "Amazon": "Amazon, no contact's", "effect/1": "text for Ann Lee, +12025550101: sent on",
		"202-555-0102": "+12025550102, Ann Poe (contact/2), Bo Poe (contact/3): not opted out here",
	} {
		says(t, "trace "+what, s.must("trace", what), words)
	}
	code, out, talk := s.ghlsms("trace", "Ann")
	if want := "contact/1    Ann Lee, +12025550101\n  contact/2    Ann Poe, +12025550102, poe@example.com"; code != exitUsage || out != "" || !strings.Contains(talk, want) {
		t.Errorf("exit %d: %s%s", code, out, talk)
	}
	for _, none := range []string{"nobody", "99", "+12025550177", "text/99", "r99", "o99", "appointment/99", "effect/x"} {
		if code, out, talk := s.ghlsms("trace", none); code != exitFailed || out != "" || talk == "" {
			t.Errorf("%s: exit %d: %s%s", none, code, out, talk)
		}
	}
	if code, _, _ := s.ghlsms("trace"); code != exitUsage {
		t.Errorf("exit %d", code)
	}
	var all, newest trace.Story
	for story, args := range map[*trace.Story][]string{&all: {"--limit", "0", "--since", "-1000d"}, &newest: {"--limit", "2"}} {
		if err := json.Unmarshal([]byte(s.must(append([]string{"trace", "ann", "--format", "json"}, args...)...)), story); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(all.Events); n < 5 || len(newest.Events) != 2 || newest.Earlier != n-2 || newest.Events[1] != all.Events[n-1] {
		t.Errorf("%d events, of which %d were left out: %+v", n, newest.Earlier, newest.Events)
	}
	says(t, "nothing since", s.must("trace", "ann", "--since", "+1d"), "before: --limit 0 without --since shows all)", "Nothing is known to have happened.")

	// An id as it is printed is one that the other commands take.
	for _, command := range []string{"contact show contact/1", "contact show c1", "task show task/1", "appointment show a1", "history contact/1", "reminders show reminder/1", "outbox show effect/1", "texts show contact/1"} {
		s.must(strings.Fields(command)...)
	}
	says(t, "texts show", s.must("texts", "show", "ann", "--format", "csv"), "text/1,", "effect/1,")
}

// Edits that wait, conflicts, questions, tasks, pauses and what is held are in the story, with who did it.
func TestTraceTellsWhoTouchedIt(t *testing.T) {
	storetest.OnlyFull(t, "days of the daemon by five minutes")
	storyOf(t, "@every 5m", func(w *told) {
		w.at(0, 9, 0)
		w.town.crm.AddAppointment(ghltest.Appointment{ID: "cleaning", CalendarID: "cal1", ContactID: "jane", Title: "Cleaning", Status: "confirmed", Start: w.time(9, 15, 0)})
		w.at(0, 9, 31)
		w.town.gateway.Text("+12025550101", "X")
		w.at(0, 9, 41)
		w.town.gateway.Text("+12025550101", "2")
		w.at(0, 10, 0)
		w.must("task", "add", "jane", "Call back", "--due", "2000-12-02 10:00")
		w.at(0, 10, 30)
		w.must("reminders", "pause", "--until", "2000-12-01 10:00", "--reason", "the phones are down")
		w.at(0, 10, 31)
		w.town.crm.SetDown(true)
		w.must("contact", "set", "jane", "email=jane@example.com")
		w.at(0, 10, 32)
		w.town.crm.EditContact("jane", func(c *ghltest.Contact) { c.Email = "jane@example.org" })
		w.at(0, 10, 40)
		w.tells("touched_waiting", "jane")
		w.town.crm.SetDown(false)
		w.at(4, 12, 2)
		w.town.gateway.Text("+12025550101", "STOP")
		w.at(4, 12, 30)
		w.must("contact", "opt-in", "jane")
		w.at(4, 12, 50)
		w.tells("touched", "jane")
		w.tells("touched_paused", "r1")
	})
}
