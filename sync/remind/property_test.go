package remind

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
	"ghlsms/sync/wording"
)

var anyStart = rapid.Map(rapid.Int64Range(0, 366*24*60), func(minute int64) time.Time {
	return scenario.Moment("2026-01-01T00:00:00Z").Add(time.Duration(minute) * time.Minute)
})

func TestDecideReminderProperties(t *testing.T) {
	body := wording.Must(wording.ParseReminder("test", "Hi {{.Contact.FirstName}}, see you {{.When}}."))
	picky := wording.Must(wording.ParseReminder("test", "{{with .Contact.LastName}}Dear {{.}}{{end}}"))
	zones := []string{"", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "nowhere"}
	rapid.Check(t, func(t *rapid.T) {
		start := anyStart.Draw(t, "start")
		before := time.Duration(rapid.IntRange(1, 7*24*60).Draw(t, "before")) * time.Minute
		around := func(name string) time.Time { // times near those that matter
			from := rapid.SampledFrom([]time.Time{start, start.Add(-before), start.Add(-before).Add((&Rule{}).LateLimit(before))}).Draw(t, name)
			return from.Add(time.Duration(rapid.IntRange(-90, 90).Draw(t, name+" and minutes")) * time.Minute)
		}
		a := &store.Record{Entity: store.Appointment, ID: 21, CRMID: "a21", ContactID: 7, Base: record.Tidy(store.Fields{
			store.Start:  record.Time(start),
			store.Status: rapid.SampledFrom([]string{"", "new", "confirmed", "cancelled", "noshow", "showed", "invalid", "completed", "active", "odd"}).Draw(t, "status"),
		})}
		if rapid.Bool().Draw(t, "is known when booked") {
			a.Base[record.Added] = record.Time(around("added"))
		}
		contact := &store.Record{Entity: store.Contact, ID: 7, ContactID: 7, Read: rapid.Bool().Draw(t, "read"), Base: record.Tidy(store.Fields{
			store.Phone:    rapid.SampledFrom([]string{"", "+12025550143", "22395", "front desk"}).Draw(t, "phone"),
			store.DNDSMS:   scenario.AnyBlock.Draw(t, "dnd_sms"),
			store.DND:      rapid.SampledFrom([]string{"", "", "true"}).Draw(t, "dnd"),
			store.Timezone: rapid.SampledFrom(zones).Draw(t, "zone"),
		})}
		if rapid.IntRange(0, 9).Draw(t, "gone") == 0 {
			contact.GoneAt = start.Add(-before)
		}
		c := Case{
			Rule:        &Rule{Name: "r", Before: before, Text: rapid.SampledFrom([]*wording.Wording{body, body, picky}).Draw(t, "text")},
			Appointment: a, Contact: contact, OptedOut: rapid.IntRange(0, 9).Draw(t, "opted out") == 0,
		}
		w := wording.World{Region: "US", Zone: time.UTC, Born: start.Add(-before).Add(time.Duration(rapid.IntRange(-90, 10).Draw(t, "born")) * time.Minute)}
		now := around("now")
		d := Decide(c, w, now)
		checkReminder(t, c, w, now, d)
		if again := Decide(c, w, now); !reflect.DeepEqual(d, again) {
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
