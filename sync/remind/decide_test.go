package remind

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
	"ghlsms/sync/wording"
)

func TestDecideReminder(t *testing.T) { scenario.Run(t, "remind", runReminder) }

// runReminder decides at every "now" by the facts above it. Times in what it shows are UTC.
func runReminder(t *testing.T, given string) string {
	w := wording.World{
		Zone: scenario.Zone("America/New_York"), ZoneFrom: "location", Business: "Bright Smile", Born: scenario.Moment("2026-01-01T00:00:00Z"),
		Calendars: map[string]string{}, Users: map[string]string{}, Fields: record.Names{"insurance": "cf.i1", "pet": ""},
	}
	var c Case
	var out strings.Builder
	for _, f := range scenario.Facts(t, given) {
		switch f.Word {
		case "rule":
			c = Case{Rule: readReminder(t, f), Appointment: c.Appointment, Contact: c.Contact}
		case "contact":
			c.Contact = new(f.Record(t))
		case "appointment":
			c.Appointment = new(f.Record(t))
		case "edits":
			c.Appointment.Edits = f.Fields
		case "opted-out":
			c.OptedOut = true
		case "superseded":
			c.Superseded = true
		case "early":
			c.Early = true
		case "followed": // the row that the rule follows
			c.Followed = &store.Reminder{State: store.State(f.Arg()), Answer: f.Fields["answer"]}
			if sent := f.Fields["sent"]; sent != "" {
				c.Followed.SentAt = scenario.Moment(sent)
			}
			if c.Followed.Answer != "" {
				c.Followed.AnsweredAt = c.Followed.SentAt.Add(time.Minute)
			}
		case "retry":
			c.RetryAt = scenario.Moment(f.Arg())
		case "zone":
			w.Zone = scenario.Zone(f.Arg())
		case "calendar":
			w.Calendars[f.Arg()] = f.Args[1]
		case "user":
			w.Users[f.Arg()] = f.Args[1]
		case "hours":
			w.Hours = readHours(t, w.Hours, f)
		case "born":
			w.Born = scenario.Moment(f.Arg())
		case "now":
			fmt.Fprintf(&out, "%s %s\n", f.Arg(), decideAt(t, c, w, scenario.Moment(f.Arg())))
		default:
			t.Fatalf("unknown fact %q", f.Word)
		}
	}
	return out.String()
}

func decideAt(t *testing.T, c Case, w wording.World, now time.Time) string {
	if !c.Rule.If.IsFor(c.Appointment, w) {
		return "no row: the rule is for other appointments"
	}
	d := Decide(c, w, now)
	checkReminder(t, c, w, now, d)
	return showReminder(d)
}

// readReminder is a fact as a rule. Lists are separated by commas.
func readReminder(t *testing.T, f scenario.Fact) *Rule {
	list := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, ",")
	}
	r := &Rule{Name: f.Arg()}
	for name, value := range f.Fields {
		var err error
		switch name {
		case "before":
			r.Before, err = time.ParseDuration(value)
		case "after":
			r.After, err = time.ParseDuration(value)
		case "late":
			r.Late, err = time.ParseDuration(value)
		case "at":
			var at hours.Clock
			at, err = hours.ParseClock(value)
			r.At = &at
		case "days_before":
			r.DaysBefore, err = strconv.Atoi(value)
		case "unanswered":
			r.Unanswered = value
		case "quiet":
			r.Quiet = hours.Policy(value)
		case "missed":
			r.Missed = value
		case "calendars":
			r.If.Calendar = list(value)
		case "staff":
			r.If.Staff = list(value)
		case "status":
			r.If.Status = list(value)
		case "not_status":
			r.If.NotStatus = list(value)
		case "tag":
			r.If.Tag = list(value)
		case "not_tag":
			r.If.NotTag = list(value)
		case "text":
			r.Text = wording.Must(wording.ParseReminder("test", value))
		case "task":
			r.Task = &wording.Task{Title: wording.Must(wording.ParseTask("test", value))}
		default:
			field, ok := strings.CutPrefix(name, "field.")
			if !ok {
				t.Fatalf("a rule has no %q", name)
			}
			if r.If.Field == nil {
				r.If.Field = condition.Fields{}
			}
			r.If.Field[field] = strings.Split(value, ",")
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return r
}

// readHours adds the hours of a region to those that there are; without a region they are everybody's.
func readHours(t *testing.T, had *hours.Texting, f scenario.Fact) *hours.Texting {
	h := &hours.Texting{Default: hours.Always, Regions: map[string]hours.Week{}}
	if had != nil {
		h.Default, h.Regions = had.Default, maps.Clone(had.Regions)
	}
	week, err := hours.Parse(f.Args[len(f.Args)-1])
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Args) == 2 {
		h.Regions[f.Arg()] = week
	} else {
		h.Default = week
	}
	return h
}

func showReminder(d Decision) string {
	switch {
	case d.Wait && d.Again.IsZero():
		return "wait"
	case d.Wait:
		return "wait until " + d.Again.Format(time.RFC3339)
	case d.Skipped != "":
		return "skip: " + d.Skipped
	case d.Body == "":
		return "task"
	case d.Late:
		return fmt.Sprintf("text late %s: %s", d.Number, d.Body)
	}
	return fmt.Sprintf("text %s: %s", d.Number, d.Body)
}

// tester is what checks need of *testing.T and of a property's *rapid.T.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
}

// checkReminder holds one decision against the promises: one of wait, skip, text and task, and a text
// only in its time, at an hour at which people may be texted, to somebody who may be texted, about
// something that takes place.
func checkReminder(t tester, c Case, w wording.World, now time.Time, d Decision) {
	t.Helper()
	n := 0
	for _, is := range []bool{d.Wait, d.Skipped != "", d.Body != "", c.Rule.Text == nil && !d.Wait && d.Skipped == ""} {
		if is {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d of wait, skip, text and task: %+v", n, d)
	}
	if (d.Skipped == "") != (d.Code == "") {
		t.Errorf("a code without a reason, or the other way round: %+v", d)
	}
	if d.Wait && !d.Again.IsZero() && !d.Again.After(now) {
		t.Errorf("at %s it is to be looked at again at %s, which is no later", now, d.Again)
	}
	if d.Body == "" {
		return
	}
	start := c.Appointment.Time(store.Start)
	ahead := c.Rule.Quiet == hours.Earlier || c.Rule.Quiet == hours.Nearest || c.Early
	if !ahead && now.Before(d.Due) || !c.Early && now.Before(d.Leaves) || now.Sub(d.Leaves) > c.Rule.LateLimit(start.Sub(d.Leaves)) || d.Leaves.Before(w.Born) {
		t.Errorf("a text at %s, due %s, leaves %s, mirror made %s", now, d.Due, d.Leaves, w.Born)
	}
	if !c.Rule.Follows() && (!now.Before(start) || d.Last.After(start)) {
		t.Errorf("a text at %s, until %s, about what starts at %s", now, d.Last, start)
	}
	week, _ := w.Hours.Of(c.Contact, c.Contact.Get(store.Phone))
	if is, _ := week.Open(now, w.ZoneOf(c.Contact)); !is && c.Rule.Quiet != hours.Ignore {
		t.Errorf("a text at %s, which is a quiet hour", now)
	}
	if c.OptedOut || record.Blocked(c.Contact) || !c.Contact.GoneAt.IsZero() || d.Number != c.Contact.Get(store.Phone) {
		t.Errorf("a text to %q, of %+v", d.Number, c.Contact)
	}
	switch status := c.Appointment.Get(store.Status); status {
	case "cancelled", "noshow", "showed", "invalid", "completed":
		if !c.Rule.Follows() && !slices.Contains(c.Rule.If.Status, status) {
			t.Errorf("a text about an appointment that is %s", status)
		}
	}
}

func TestReminderKey(t *testing.T) {
	a := store.Record{Entity: store.Appointment, CRMID: "abc", Base: store.Fields{store.Start: "2026-11-24T20:00:00Z"}}
	moved := a
	moved.Seen = store.Fields{store.Start: "2026-11-25T20:00:00Z"}
	keys := map[string]bool{}
	for _, r := range []*store.Record{&a, &moved} {
		for _, rule := range []string{"day-before", "hour-before"} {
			keys[Key(r, rule, 1)], keys[Key(r, rule, 2)] = true, true
		}
	}
	if len(keys) != 8 || !keys["remind/abc/2026-11-24T20:00:00Z/day-before/2"] || !keys["remind/abc/2026-11-24T20:00:00Z/day-before"] {
		t.Errorf("keys %v", keys)
	}
}

func TestLateLimit(t *testing.T) {
	for before, want := range map[time.Duration]time.Duration{
		24 * time.Hour: 2 * time.Hour, 4 * time.Hour: 2 * time.Hour, time.Hour: 30 * time.Minute, 10 * time.Minute: 5 * time.Minute,
	} {
		if got := (&Rule{}).LateLimit(before); got != want {
			t.Errorf("lateLimit(%s) = %s, want %s", before, got, want)
		}
	}
}
