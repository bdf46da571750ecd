package ghltest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"path"
	"time"
)

// A block is time of a calendar that staff keep for themselves.
type block struct {
	calendarID string
	start, end time.Time
}

// BlockSlot keeps time of a calendar free of appointments, as a person does on the screen: it is no
// longer offered, and booking it is refused. A zero end blocks one slot.
func (s *Sandbox) BlockSlot(calendarID string, start, end time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.block(calendarID, start, end)
}

func (s *Sandbox) block(calendarID string, start, end time.Time) {
	if end.IsZero() {
		end = start.Add(s.slotOf(calendarID))
	}
	s.blocks = append(s.blocks, block{calendarID, start, end})
}

// snatch blocks the time that a booking asks for. What asks for none is left alone.
func (s *Sandbox) snatch(at string, asked []byte) {
	var want struct{ CalendarID, StartTime string } // the keys fit whatever their case
	if json.Unmarshal(asked, &want) != nil {
		return
	}
	start, good := parseTime(want.StartTime, s.zone)
	if !good {
		return
	}
	if a := s.appointments.byID[path.Base(at)]; a != nil {
		want.CalendarID = cmp.Or(want.CalendarID, a.CalendarID)
	}
	s.block(want.CalendarID, start, time.Time{})
}

const (
	maxSlotDays   = 31
	opens, closes = 9, 17 // o'clock
)

// freeSlots offers what nobody has booked of the hours from nine to five of working days, one slot
// after the other.
func (s *Sandbox) freeSlots(c *call) (reply, error) {
	cal := s.calendar(c.PathValue("calendar"))
	if cal == nil {
		return reply{}, notFound("Calendar", c.PathValue("calendar"))
	}
	window, err := c.window("startDate", "endDate")
	if err != nil {
		return reply{}, err
	}
	from, to := time.UnixMilli(window.from), time.UnixMilli(window.to)
	if to.Before(from) || to.Sub(from) > maxSlotDays*day {
		return reply{}, badRequest("Date range can not be more than %d days", maxSlotDays)
	}
	zone := s.zone
	if name := c.query.Get("timezone"); name != "" {
		if zone, err = time.LoadLocation(name); err != nil {
			return reply{}, &refusal{status: http.StatusUnprocessableEntity, message: "Invalid timezone"}
		}
	}
	days := obj{}
	first := from.In(s.zone)
	for d := 0; ; d++ {
		hour := func(h int) time.Time {
			return time.Date(first.Year(), first.Month(), first.Day()+d, h, 0, 0, 0, s.zone)
		}
		at, end := hour(opens), hour(closes)
		if at.After(to) {
			return ok(days)
		}
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			continue
		}
		for ; !at.Add(cal.Slot).After(end); at = at.Add(cal.Slot) {
			if at.Before(from) || at.After(to) || at.Before(c.now) || s.taken(cal.ID, at, at.Add(cal.Slot), "") {
				continue
			}
			offer(days, at.In(zone))
		}
	}
}

func offer(days obj, at time.Time) {
	date := at.Format(time.DateOnly)
	slots, _ := days[date].(map[string][]string)
	if slots == nil {
		slots = map[string][]string{}
		days[date] = slots
	}
	slots["slots"] = append(slots["slots"], at.Format(time.RFC3339))
}

// taken tells whether another appointment of the calendar overlaps, or a block does.
func (s *Sandbox) taken(calendarID string, start, end time.Time, ignore string) bool {
	for _, a := range s.appointments.all {
		if a.CalendarID == calendarID && a.ID != ignore && !a.Deleted && a.Status != "cancelled" &&
			a.Start.Before(end) && start.Before(a.End) {
			return true
		}
	}
	for _, b := range s.blocks {
		if b.calendarID == calendarID && b.start.Before(end) && start.Before(b.end) {
			return true
		}
	}
	return false
}
