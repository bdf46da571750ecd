package ghltest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

var updateAppointmentDTO = dto{fields: map[string]kind{
	"calendarId": text, "startTime": instant, "endTime": instant, "title": text, "appointmentStatus": text,
	"assignedUserId": text, "description": text, "address": text, "meetingLocationType": text,
	"meetingLocationId": text, "overrideLocationConfig": flag, "ignoreDateRange": flag, "toNotify": flag,
	"ignoreFreeSlotValidation": flag, "rrule": text,
}}

var createAppointmentDTO = updateAppointmentDTO.with(map[string]kind{"locationId": text, "contactId": text},
	"calendarId", "locationId", "contactId", "startTime")

var statuses = []string{"new", "confirmed", "cancelled", "showed", "noshow", "invalid"}

// addAppointment stores a new appointment.
func (s *Sandbox) addAppointment(a Appointment) Appointment {
	if a.ID == "" {
		a.ID = s.newID("appointment")
	}
	if a.DateAdded.IsZero() {
		a.DateAdded = clock()
	}
	if a.DateUpdated.IsZero() {
		a.DateUpdated = a.DateAdded
	}
	a.Status = cmp.Or(a.Status, "confirmed")
	a.Start = a.Start.UTC()
	if a.End.IsZero() {
		a.End = a.Start.Add(s.slotOf(a.CalendarID))
	}
	a.End = a.End.UTC()
	s.appointments.add(a.ID, a.ContactID, &a)
	s.tellAppointment("appointment_created", &a)
	return a
}

func (s *Sandbox) slotOf(calendarID string) time.Duration {
	if cal := s.calendar(calendarID); cal != nil {
		return cal.Slot
	}
	return defaultSlot
}

// eventWire is an appointment with its times, in the location's zone.
func (s *Sandbox) eventWire(a *Appointment) obj {
	o := s.createdWire(a)
	o["startTime"], o["endTime"] = s.offset(a.Start), s.offset(a.End)
	o["groupId"], o["users"], o["assignedResources"] = "", []string{}, []string{}
	o["deleted"] = a.Deleted
	o["appointmentMeta"] = obj{}
	set(o, "notes", a.Notes)
	set(o, "description", a.Notes)
	return o
}

// createdWire is what creating or changing an appointment answers: everything but its times.
func (s *Sandbox) createdWire(a *Appointment) obj {
	o := obj{
		"id": a.ID, "calendarId": a.CalendarID, "locationId": s.opt.Location, "contactId": a.ContactID,
		"title": a.Title, "status": "booked", "appointmentStatus": a.Status, "appoinmentStatus": a.Status,
		"dateAdded": stamp(a.DateAdded), "dateUpdated": stamp(a.DateUpdated), "isRecurring": false,
	}
	set(o, "address", a.Address)
	set(o, "assignedUserId", a.AssignedUserID)
	return o
}

func (s *Sandbox) appointment(id string) (*Appointment, error) {
	a := s.appointments.byID[id]
	if a == nil {
		return nil, notFound("Appointment", id)
	}
	return a, nil
}

// getAppointment also shows deleted ones.
func (s *Sandbox) getAppointment(c *call) (reply, error) {
	a, err := s.appointment(c.PathValue("event"))
	if err != nil {
		return reply{}, err
	}
	return ok(obj{"appointment": s.eventWire(a)})
}

func (s *Sandbox) createAppointment(c *call) (reply, error) {
	b, err := createAppointmentDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	if err := s.ours(b.str("locationId")); err != nil {
		return reply{}, err
	}
	owner, err := s.find(b.str("contactId"))
	if err != nil {
		return reply{}, err
	}
	a := Appointment{ContactID: owner.ID, Title: owner.fullName()}
	if err := s.applyAppointment(c.now, b, &a); err != nil {
		return reply{}, err
	}
	a = s.addAppointment(a)
	return done("appointment.create", a.ID, http.StatusOK, s.createdWire(&a))
}

func (s *Sandbox) updateAppointment(c *call) (reply, error) {
	b, err := updateAppointmentDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	a, err := s.appointment(c.PathValue("event"))
	if err != nil {
		return reply{}, err
	}
	if a.Deleted {
		return reply{}, notFound("Appointment", a.ID)
	}
	next := *a
	if err := s.applyAppointment(c.now, b, &next); err != nil {
		return reply{}, err
	}
	next.DateUpdated = clock()
	before := *a
	*a = next
	s.tellChange(before, a)
	return done("appointment.update", a.ID, http.StatusOK, s.createdWire(a))
}

// applyAppointment writes a body over an appointment and checks that its time is free and still to come.
func (s *Sandbox) applyAppointment(now time.Time, b body, a *Appointment) error {
	b.text("calendarId", &a.CalendarID)
	b.text("title", &a.Title)
	b.text("appointmentStatus", &a.Status)
	b.text("assignedUserId", &a.AssignedUserID)
	b.text("description", &a.Notes)
	b.text("address", &a.Address)
	if a.Status != "" && !slices.Contains(statuses, a.Status) {
		return unprocessable("appointmentStatus must be one of the following values: " + strings.Join(statuses, ", "))
	}
	if s.calendar(a.CalendarID) == nil {
		return notFound("Calendar", a.CalendarID)
	}
	lasts := cmp.Or(a.End.Sub(a.Start), s.slotOf(a.CalendarID))
	start, moved := b.time("startTime", s.zone)
	if moved {
		a.Start, a.End = start, start.Add(lasts)
	}
	if end, given := b.time("endTime", s.zone); given {
		a.End, moved = end, true
	}
	if !a.Start.Before(a.End) {
		return badRequest("startTime must be before endTime")
	}
	var anyTime, anyDate bool
	b.into("ignoreFreeSlotValidation", &anyTime)
	b.into("ignoreDateRange", &anyDate)
	late := a.Start.Before(now) && !anyDate
	if (moved || b.has("calendarId")) && !anyTime && (late || s.taken(a.CalendarID, a.Start, a.End, a.ID)) {
		return badRequest("The slot you have selected is no longer available.")
	}
	return nil
}

func (s *Sandbox) deleteEvent(c *call) (reply, error) {
	a, err := s.appointment(c.PathValue("event"))
	if err != nil {
		return reply{}, err
	}
	if a.Deleted {
		return reply{}, notFound("Appointment", a.ID)
	}
	a.Deleted = true
	a.DateUpdated = clock()
	return done("appointment.delete", a.ID, http.StatusOK, obj{"succeeded": true})
}

// contactAppointments shows times without a zone: they are the location's local time.
func (s *Sandbox) contactAppointments(c *call) (reply, error) {
	owner, err := s.find(c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	local := func(t time.Time) string { return t.In(s.zone).Format(time.DateTime) }
	rows := []obj{}
	for _, a := range s.appointments.of[owner.ID] {
		if a.Deleted {
			continue
		}
		o := s.eventWire(a)
		for _, key := range []string{"deleted", "isRecurring", "appointmentMeta", "appoinmentStatus", "description"} {
			delete(o, key)
		}
		o["startTime"], o["endTime"] = local(a.Start), local(a.End)
		o["dateAdded"], o["dateUpdated"] = local(a.DateAdded), local(a.DateUpdated)
		rows = append(rows, o)
	}
	return ok(obj{"events": rows})
}
