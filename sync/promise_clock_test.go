package sync_test

import (
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store/storetest"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
)

// Nobody is texted in their night: whoever has no zone in the CRM is where their address says, or their number.
func TestTextsKeepTheRecipientsClock(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	day := remind.Rule{Name: "day", Before: 24 * time.Hour, Quiet: hours.Later, Late: 12 * time.Hour, Text: says("See you {{.When}}.")}
	start := time.Date(2000, 1, 12, 14, 0, 0, 0, time.UTC) // nine in New York; a day before it is four in Honolulu
	here, away := "See you Wed, Jan 12 at 9:00 AM.", "See you Wed, Jan 12 at 9:00 AM EST."
	for _, tt := range []struct {
		who          string
		contact      ghltest.Contact
		set          func(*plan.Config)
		text, leaves string
		explains     string
	}{
		{who: "Honolulu by address and number", contact: ghltest.Contact{Phone: "+18085550101", Country: "US", State: "HI"}, text: away, leaves: "18:00", explains: "address"},
		{who: "Honolulu by the number", contact: ghltest.Contact{Phone: "+18085550101"}, text: away, leaves: "18:00", explains: "number"},
		{who: "California", contact: ghltest.Contact{Phone: "+18005550101", Country: "US", State: "CA", PostalCode: "90001"}, text: away, leaves: "16:00", explains: "address"},
		{who: "London", contact: ghltest.Contact{Phone: "+447911123456"}, text: away, leaves: "14:00", explains: "number"},
		{who: "nobody knows", contact: ghltest.Contact{Phone: "+18005550101"}, text: here, leaves: "14:00", explains: "location"},
		{
			who: "Honolulu, and they come in person", contact: ghltest.Contact{Phone: "+18085550101", Country: "US", State: "HI"},
			set: func(r *plan.Config) { r.Clock = hours.Location }, text: here, leaves: "14:00", explains: "location",
		},
		{
			who: "Honolulu, and they come to this calendar in person", contact: ghltest.Contact{Phone: "+18085550101"},
			set: func(r *plan.Config) { r.Clocks = map[string]hours.Whose{"dr. lee": hours.Location} }, text: here, leaves: "14:00", explains: "location",
		},
		{
			who: "Honolulu, and this reminder is for who comes in person", contact: ghltest.Contact{Phone: "+18085550101"},
			set: func(r *plan.Config) { r.Reminders[0].Clock = hours.Location }, text: here, leaves: "14:00", explains: "location",
		},
	} {
		t.Run(tt.who, func(t *testing.T) {
			oneOf(t, 3)
			inWorld(t, options{rules: func(r *plan.Config) {
				r.Reminders = []remind.Rule{day}
				r.TextingHours = hoursOf("08:00-21:00")
				if tt.set != nil {
					tt.set(r)
				}
			}}, func(w *world) {
				w.begin(start.Add(-30 * time.Hour))
				tt.contact.FirstName = "Ann"
				ann := w.crm.AddContact(tt.contact)
				w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Start: start})
				w.until(start)
				sent := w.gate.SentTo(ann.Phone)
				if len(sent) != 1 || sent[0].Text != tt.text || sent[0].At.Round(5*time.Minute).Format("15:04") != tt.leaves {
					t.Errorf("texted: %+v, want %q at %s", sent, tt.text, tt.leaves)
				}
				w.want(tt.explains, `SELECT zone_from FROM v1_reminders`)
			})
		})
	}
}
