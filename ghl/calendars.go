package ghl

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Calendars reads all calendars of the location. With a [*RowsError] they are good but not all.
//
// Scope calendars.readonly, GET /calendars/.
func (c *Client) Calendars(ctx context.Context) ([]Calendar, error) {
	cl := c.read(apiCalendars, http.MethodGet, "/calendars/").ask("locationId", string(c.location))
	return all[calendarRow](ctx, c, cl, "calendars")
}

// Calendar reads one calendar.
//
// Scope calendars.readonly, GET /calendars/{id}.
func (c *Client) Calendar(ctx context.Context, id CalendarID) (Calendar, error) {
	cl := c.read(apiCalendars, http.MethodGet, "/calendars/{id}", string(id))
	return fetch[calendarRow](ctx, c, cl, "calendar")
}

// Events reads the appointments of a calendar that start within [from, to]. An appointment that
// is not among them may have moved out of the window, or been deleted: [Client.Appointment]
// tells. With a [*RowsError] they are good but not all.
//
// Scope calendars/events.readonly, GET /calendars/events.
func (c *Client) Events(ctx context.Context, calendar CalendarID, from, to time.Time) ([]Appointment, error) {
	cl := c.read(apiCalendars, http.MethodGet, "/calendars/events").ask(
		"locationId", string(c.location),
		"calendarId", string(calendar),
		"startTime", strconv.FormatInt(from.UnixMilli(), 10),
		"endTime", strconv.FormatInt(to.UnixMilli(), 10))
	if calendar == "" || !from.Before(to) {
		return nil, invalid(cl, "events need a calendar and a window")
	}
	return all[eventRow](ctx, c, cl, "events")
}

// Appointment reads one appointment as it is now. A deleted one is still there, with Deleted set.
//
// Scope calendars/events.readonly, GET /calendars/events/appointments/{id}.
func (c *Client) Appointment(ctx context.Context, id AppointmentID) (Appointment, error) {
	cl := c.read(apiCalendars, http.MethodGet, "/calendars/events/appointments/{id}", string(id))
	return fetch[eventRow](ctx, c, cl, "appointment", "event", "")
}

// CreateAppointment books an appointment; it needs a calendar, a contact and a start. The answer
// carries no times: Start and End are zero, so read it again by its id to learn what was booked.
// The API has no key against doing it twice: after [ErrUnknown], look for a twin in [Client.Events].
//
// Scope calendars/events.write, POST /calendars/events/appointments.
func (c *Client) CreateAppointment(ctx context.Context, p AppointmentPatch) (Appointment, error) {
	cl := c.write(apiCalendars, http.MethodPost, "/calendars/events/appointments")
	if p.CalendarID == nil || p.ContactID == nil || p.Start == nil {
		return Appointment{}, invalid(cl, "an appointment needs a calendar, a contact and a start")
	}
	body := p.fields()
	body["contactId"] = *p.ContactID
	body["locationId"] = c.location
	return fetch[appointmentRow](ctx, c, cl.with(body), "appointment", "event", "")
}

// UpdateAppointment changes the fields that the patch has and no others; ContactID is refused.
// The answer carries no times: Start and End are zero, so read it again by its id.
//
// Scope calendars/events.write, PUT /calendars/events/appointments/{id}.
func (c *Client) UpdateAppointment(ctx context.Context, id AppointmentID, p AppointmentPatch) (Appointment, error) {
	cl := c.write(apiCalendars, http.MethodPut, "/calendars/events/appointments/{id}", string(id))
	body := p.fields()
	switch {
	case p.ContactID != nil:
		return Appointment{}, invalid(cl, "the contact of an appointment cannot be changed")
	case len(body) == 0:
		return Appointment{}, invalid(cl, "empty patch")
	}
	return fetch[appointmentRow](ctx, c, cl.with(body), "appointment", "event", "")
}

func (p AppointmentPatch) fields() fields {
	f := fields{}
	set(f, "calendarId", p.CalendarID)
	f.at("startTime", p.Start)
	f.at("endTime", p.End)
	set(f, "title", p.Title)
	set(f, "appointmentStatus", p.Status)
	set(f, "assignedUserId", p.AssignedUserID)
	set(f, "address", p.Address)
	set(f, "description", p.Notes)
	set(f, "toNotify", p.Notify)
	return f
}

type calendarRow struct {
	rowID
	Name   text  `json:"name"`
	Active *flag `json:"isActive"`
	Type   text  `json:"calendarType"`
	Slot   span  `json:"slotDuration"`
	Unit   text  `json:"slotDurationUnit"`

	Reschedule   *flag `json:"allowReschedule"`
	Cancellation *flag `json:"allowCancellation"`
}

func (r calendarRow) value() (Calendar, error) {
	if r.id() == "" {
		return Calendar{}, errNoID
	}
	return Calendar{
		ID:     CalendarID(r.id()),
		Name:   string(r.Name),
		Active: unlessTold(r.Active), // a calendar is polled unless told otherwise
		Type:   string(r.Type),
		Slot:   r.Slot.in(string(r.Unit)),

		AllowReschedule:   unlessTold(r.Reschedule),
		AllowCancellation: unlessTold(r.Cancellation),
	}, nil
}

// unlessTold is a flag that is true where the wire does not say.
func unlessTold(f *flag) bool { return f == nil || bool(*f) }

// appointmentRow reads an appointment with both spellings of its status on the wire.
type appointmentRow struct {
	rowID
	CalendarID  text   `json:"calendarId"`
	ContactID   text   `json:"contactId"`
	Title       text   `json:"title"`
	Status      text   `json:"appointmentStatus"`
	StatusTypo  text   `json:"appoinmentStatus"`
	Start       moment `json:"startTime"`
	End         moment `json:"endTime"`
	AssignedTo  ref    `json:"assignedUserId"`
	Address     text   `json:"address"`
	Notes       text   `json:"notes"`
	Description text   `json:"description"`
	Deleted     flag   `json:"deleted"`
	DateAdded   stamp  `json:"dateAdded"`
	DateUpdated stamp  `json:"dateUpdated"`
}

func (r appointmentRow) value() (Appointment, error) {
	if r.id() == "" {
		return Appointment{}, errNoID
	}
	return Appointment{
		ID:             AppointmentID(r.id()),
		CalendarID:     CalendarID(r.CalendarID),
		ContactID:      ContactID(r.ContactID),
		Title:          string(r.Title),
		Status:         strings.ToLower(string(cmp.Or(r.Status, r.StatusTypo))),
		Start:          r.Start.Time,
		End:            r.End.Time,
		AssignedUserID: UserID(r.AssignedTo),
		Address:        string(r.Address),
		Notes:          string(cmp.Or(r.Notes, r.Description)),
		Deleted:        bool(r.Deleted),
		DateAdded:      r.DateAdded.Time,
		DateUpdated:    r.DateUpdated.Time,
	}, nil
}

// eventRow is an appointment that was read, not written: without a start it would never be
// reminded of, so that is an error rather than a zero time.
type eventRow struct{ appointmentRow }

func (r eventRow) value() (Appointment, error) {
	a, err := r.appointmentRow.value()
	if err == nil && a.Start.IsZero() && !a.Deleted {
		err = errors.New("no startTime")
	}
	return a, err
}
