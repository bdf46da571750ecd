package ghltest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl/ghltest"
)

// A shop is a calendar of hours on Monday, 3 January 2000, and somebody who has the first one.
func shop(t *testing.T) (s *ghltest.Sandbox, w *wire, cal ghltest.Calendar, visit string) {
	s = ghltest.New(ghltest.Options{Timezone: "UTC"})
	w = newWire(t, s)
	ada := s.AddContact(ghltest.Contact{FirstName: "Ada"})
	cal = s.AddCalendar(ghltest.Calendar{Name: "Dentist", Slot: time.Hour, NoReschedule: true})
	return s, w, cal, s.AddAppointment(ghltest.Appointment{ContactID: ada.ID, Start: monday(9)}).ID
}

func monday(hour int) time.Time { return time.Date(2000, 1, 3, hour, 0, 0, 0, time.UTC) }

// free are the slots that are offered from now on.
func (w *wire) free(cal string) []any {
	w.t.Helper()
	a := w.do(200, "GET", fmt.Sprintf("/calendars/%s/free-slots?startDate=%d&endDate=%d", cal, time.Now().UnixMilli(), monday(23).UnixMilli()), nil)
	slots, _ := a.get("2000-01-03.slots").([]any)
	return slots
}

func TestSlotsAreWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is Saturday, 1 January 2000
		s, w, cal, visit := shop(t)
		k := w.do(200, "GET", "/calendars/"+cal.ID, nil)
		k.has(t, "calendar.allowReschedule", false)
		k.has(t, "calendar.allowCancellation", true)
		left := func(when string, n int, first string) {
			t.Helper()
			slots := w.free(cal.ID)
			if len(slots) != n || n > 0 && slots[0] != first {
				t.Errorf("%s: %v", when, slots)
			}
		}
		path := "/calendars/events/appointments/" + visit
		left("at first", 7, "2000-01-03T10:00:00Z")
		w.do(200, "PUT", path, m{"startTime": "2000-01-03T10:00:00Z"})
		left("moved", 7, "2000-01-03T09:00:00Z")
		s.BlockSlot(cal.ID, monday(9), time.Time{})
		left("blocked", 6, "2000-01-03T11:00:00Z")
		w.do(200, "PUT", path, m{"appointmentStatus": "cancelled"})
		left("cancelled", 7, "2000-01-03T10:00:00Z")
		s.BlockSlot(cal.ID, monday(10), monday(13))
		left("noon", 4, "2000-01-03T13:00:00Z")
		time.Sleep(time.Until(monday(14).Add(time.Minute)))
		left("later", 2, "2000-01-03T15:00:00Z")
		time.Sleep(time.Hour)
		left("late", 1, "2000-01-03T16:00:00Z")
	})
}

// What was offered may be gone by the time somebody says yes.
func TestSlotsThatAreNotFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, cal, visit := shop(t)
		path := "/calendars/events/appointments/"
		book := m{"calendarId": cal.ID, "locationId": loc, "contactId": s.Contacts()[0].ID, "startTime": "2000-01-03T12:00:00Z"}
		const gone = "The slot you have selected is no longer available."
		s.AddFault(ghltest.Fault{Method: "PUT", Path: path, Kind: ghltest.SlotTaken})
		s.AddFault(ghltest.Fault{Method: "POST", Path: path, Kind: ghltest.SlotTaken})
		for _, c := range []struct {
			name, method, path string
			body               m
			status             int
		}{
			{"snatched", "PUT", path + visit, m{"startTime": "2000-01-03T11:00:00Z"}, 400},
			{"still gone", "PUT", path + visit, m{"startTime": "2000-01-03T11:30:00Z"}, 400},
			{"snatched from a new one", "POST", path, book, 400},
			{"past", "PUT", path + visit, m{"startTime": "1999-12-31T11:00:00Z"}, 400},
			{"into its own time", "PUT", path + visit, m{"startTime": "2000-01-03T09:15:00Z"}, 200},
			{"past, whatever the dates", "PUT", path + visit, m{"startTime": "1999-12-31T11:00:00Z", "ignoreDateRange": true}, 200},
			{"gone, and asked for all the same", "PUT", path + visit, m{"startTime": "2000-01-03T11:00:00Z", "ignoreFreeSlotValidation": true}, 200},
			{"nothing but the title, though it is gone", "PUT", path + visit, m{"title": "Check-up"}, 200},
		} {
			a := w.do(c.status, c.method, c.path, c.body)
			if c.status == 400 && a.str("message") != gone {
				t.Errorf("%s: %s", c.name, a.raw)
			}
		}
		if all := s.Appointments(); len(all) != 1 || !all[0].Start.Equal(monday(11)) {
			t.Errorf("%+v", all)
		}
	})
}
