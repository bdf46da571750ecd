package ghl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ContactAppointments reads the appointments of a contact. This endpoint alone writes times
// without a zone; they are the location's local times, so zone must be that of
// [Location.Timezone]. An hour that a change of the clocks repeats is read as one of the two:
// where the time matters, read [Client.Appointment]. With a [*RowsError] the appointments are good
// but not all.
//
// Scope contacts.readonly, GET /contacts/{id}/appointments.
func (c *Client) ContactAppointments(ctx context.Context, contact ContactID, zone *time.Location) ([]Appointment, error) {
	cl := c.read(apiContacts, http.MethodGet, "/contacts/{id}/appointments", string(contact))
	if zone == nil {
		return nil, invalid(cl, "the times have no meaning without a time zone")
	}
	p, err := list[localRow](ctx, c, cl, "events")
	if err != nil {
		return nil, err
	}
	var good []Appointment
	for _, e := range p.Items {
		a, err := e.in(zone)
		if err != nil {
			p.Bad = append(p.Bad, &RowError{List: "events", ID: string(a.ID), Err: err})
			continue
		}
		good = append(good, a)
	}
	return good, cl.incomplete(p.Bad)
}

// localRow is an appointment whose times may lack a zone.
type localRow struct {
	appointmentRow
	Start       text `json:"startTime"`
	End         text `json:"endTime"`
	DateAdded   text `json:"dateAdded"`
	DateUpdated text `json:"dateUpdated"`
}

type localEvent struct {
	Appointment
	row localRow
}

func (r localRow) value() (localEvent, error) {
	a, err := r.appointmentRow.value()
	return localEvent{a, r}, err
}

func (e localEvent) in(zone *time.Location) (Appointment, error) {
	a := e.Appointment
	var ok [2]bool
	a.Start, ok[0] = parseLocal(string(e.row.Start), zone)
	a.End, ok[1] = parseLocal(string(e.row.End), zone)
	switch {
	case !ok[0]:
		return a, errors.New("startTime: cannot read this string")
	case !ok[1]:
		return a, errors.New("endTime: cannot read this string")
	case a.Start.IsZero():
		return a, errors.New("no startTime")
	}
	a.DateAdded, _ = parseLocal(string(e.row.DateAdded), zone)
	a.DateUpdated, _ = parseLocal(string(e.row.DateUpdated), zone)
	return a, nil
}

// parseLocal reads a time that has no zone as one of the given zone's.
func parseLocal(s string, zone *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(layout, s, zone); err == nil {
			return at.UTC(), true
		}
	}
	return parseMoment(s)
}

// DeleteAppointment deletes an appointment. It can still be read by its id, with Deleted set; it
// is no longer among [Client.Events].
//
// Scope calendars/events.write, DELETE /calendars/events/{id}.
func (c *Client) DeleteAppointment(ctx context.Context, id AppointmentID) error {
	cl := c.write(apiCalendars, http.MethodDelete, "/calendars/events/{id}", string(id))
	return c.effect(ctx, cl.with(fields{}))
}

// SlotQuery says what free time to look for.
type SlotQuery struct {
	From, To time.Time // at most 31 days apart
	Timezone string    // IANA name, by which days are told apart; empty means the calendar's
	User     UserID    // only this member's time
}

const maxSlotWindow = 31 * 24 * time.Hour

// FreeSlots reads when an appointment of the calendar may start, day by day. A day without a free
// slot is left out. With a [*RowsError] the slots are good but not all.
//
// Scope calendars.readonly, GET /calendars/{id}/free-slots.
func (c *Client) FreeSlots(ctx context.Context, calendar CalendarID, q SlotQuery) ([]DaySlots, error) {
	cl := c.read(apiCalendars, http.MethodGet, "/calendars/{id}/free-slots", string(calendar)).ask(
		"startDate", strconv.FormatInt(q.From.UnixMilli(), 10),
		"endDate", strconv.FormatInt(q.To.UnixMilli(), 10),
	).also("timezone", q.Timezone, "userId", string(q.User))
	if !q.From.Before(q.To) || q.To.Sub(q.From) > maxSlotWindow {
		return nil, invalid(cl, "free slots need a window of at most 31 days")
	}
	a, err := c.do(ctx, cl)
	if err != nil {
		return nil, err
	}
	days, bad, err := decodeSlots(a.body)
	if err != nil {
		return nil, cl.unreadable(a.status, err)
	}
	return days, cl.incomplete(bad)
}

// decodeSlots reads an object of days. Other keys, such as the traceId, stand among them.
func decodeSlots(body []byte) (days []DaySlots, bad []error, err error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, nil, fmt.Errorf("answer is not JSON: %w", err)
	}
	for _, day := range slices.Sorted(maps.Keys(all)) {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			continue
		}
		var open struct {
			Slots *[]moment `json:"slots"`
		}
		err := json.Unmarshal(all[day], &open)
		if err == nil && open.Slots == nil {
			err = errors.New("no slots")
		}
		if err != nil {
			bad = append(bad, &RowError{List: "free-slots", ID: day, Err: unreadableRow(err)})
			continue
		}
		d := DaySlots{Day: day}
		for _, at := range *open.Slots {
			if !at.IsZero() {
				d.Starts = append(d.Starts, at.Time)
			}
		}
		if len(d.Starts) > 0 {
			days = append(days, d)
		}
	}
	return days, bad, nil
}
