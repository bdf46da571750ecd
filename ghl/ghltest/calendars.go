package ghltest

import (
	"strconv"
)

func (s *Sandbox) calendar(id string) *Calendar {
	for _, c := range s.calendars {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (s *Sandbox) calendarWire(c *Calendar) obj {
	members := []obj{}
	for _, id := range c.Members {
		members = append(members, obj{"userId": id, "priority": 0.5, "isPrimary": true})
	}
	return obj{
		"id": c.ID, "locationId": s.opt.Location, "name": c.Name, "calendarType": c.Type, "isActive": !c.Inactive,
		"teamMembers": members, "slotDuration": int(c.Slot.Minutes()), "slotDurationUnit": "mins",
		"appoinmentPerSlot": 1, "appointmentPerSlot": 1, "openHours": []any{},
		"allowReschedule": !c.NoReschedule, "allowCancellation": !c.NoCancellation,
	}
}

func (s *Sandbox) listCalendars(c *call) (reply, error) {
	if err := s.ours(c.query.Get("locationId")); err != nil {
		return reply{}, err
	}
	rows := []obj{}
	for _, cal := range s.calendars {
		rows = append(rows, s.calendarWire(cal))
	}
	return ok(obj{"calendars": rows})
}

func (s *Sandbox) getCalendar(c *call) (reply, error) {
	cal := s.calendar(c.PathValue("calendar"))
	if cal == nil {
		return reply{}, notFound("Calendar", c.PathValue("calendar"))
	}
	return ok(obj{"calendar": s.calendarWire(cal)})
}

// listEvents shows the appointments that start within a window.
func (s *Sandbox) listEvents(c *call) (reply, error) {
	if err := s.ours(c.query.Get("locationId")); err != nil {
		return reply{}, err
	}
	calendar, user, group := c.query.Get("calendarId"), c.query.Get("userId"), c.query.Get("groupId")
	if calendar == "" && user == "" && group == "" {
		return reply{}, unprocessable("Either of calendarId, userId or groupId is required")
	}
	window, err := c.window("startTime", "endTime")
	if err != nil {
		return reply{}, err
	}
	rows := []obj{}
	for _, a := range s.appointments.all {
		if !a.Deleted && window.holds(a.Start.UnixMilli()) && group == "" &&
			(calendar == "" || a.CalendarID == calendar) && (user == "" || a.AssignedUserID == user) {
			rows = append(rows, s.eventWire(a))
		}
	}
	return ok(obj{"events": rows})
}

// window reads two epoch milliseconds of the query.
func (c *call) window(fromKey, toKey string) (span, error) {
	var p span
	for key, dst := range map[string]*int64{fromKey: &p.from, toKey: &p.to} {
		ms, err := strconv.ParseInt(c.query.Get(key), 10, 64)
		if err != nil {
			return span{}, unprocessable(key + " must be a number string")
		}
		*dst = ms
	}
	return p, nil
}
