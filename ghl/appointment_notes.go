package ghl

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"strings"
	"unicode/utf8"
)

const (
	maxAppointmentNotes = 20   // of a page
	maxAppointmentNote  = 5000 // characters
)

// AppointmentNotes enumerates the notes on an appointment, one request per page of at most 20.
//
// Scope calendars/events.readonly, GET /calendars/appointments/{id}/notes.
func (c *Client) AppointmentNotes(ctx context.Context, id AppointmentID, q PageQuery) iter.Seq2[Page[AppointmentNote], error] {
	cl := c.read(apiCalendars, http.MethodGet, "/calendars/appointments/{id}/notes", string(id))
	limit := min(pageLimit(q.PageLimit, maxAppointmentNotes), maxAppointmentNotes)
	return enumerate[appointmentNoteRow](ctx, c, cl, skipped{rows: "notes", skip: "offset", limit: limit}, q.After)
}

// CreateAppointmentNote puts a note of at most 5000 characters on an appointment. The API has no
// key against doing it twice: after [ErrUnknown], look for a twin in [Client.AppointmentNotes].
//
// Scope calendars/events.write, POST /calendars/appointments/{id}/notes.
func (c *Client) CreateAppointmentNote(ctx context.Context, id AppointmentID, body string) (AppointmentNote, error) {
	cl := c.write(apiCalendars, http.MethodPost, "/calendars/appointments/{id}/notes", string(id))
	return c.appointmentNote(ctx, cl, body)
}

// UpdateAppointmentNote changes what a note on an appointment says.
//
// Scope calendars/events.write, PUT /calendars/appointments/{id}/notes/{id}.
func (c *Client) UpdateAppointmentNote(ctx context.Context, id AppointmentID, note NoteID, body string) (AppointmentNote, error) {
	cl := c.write(apiCalendars, http.MethodPut, "/calendars/appointments/{id}/notes/{id}", string(id), string(note))
	return c.appointmentNote(ctx, cl, body)
}

// DeleteAppointmentNote deletes a note on an appointment.
//
// Scope calendars/events.write, DELETE /calendars/appointments/{id}/notes/{id}.
func (c *Client) DeleteAppointmentNote(ctx context.Context, id AppointmentID, note NoteID) error {
	return c.effect(ctx, c.write(apiCalendars, http.MethodDelete, "/calendars/appointments/{id}/notes/{id}", string(id), string(note)))
}

func (c *Client) appointmentNote(ctx context.Context, cl call, body string) (AppointmentNote, error) {
	if strings.TrimSpace(body) == "" || utf8.RuneCountInString(body) > maxAppointmentNote {
		return AppointmentNote{}, invalid(cl, "a note on an appointment has 1 to 5000 characters")
	}
	return fetch[appointmentNoteRow](ctx, c, cl.with(fields{"body": body}), "note")
}

type appointmentNoteRow struct {
	noteRow
	CreatedBy struct {
		rowID
		Name text `json:"name"`
	} `json:"createdBy"`
}

func (r appointmentNoteRow) value() (AppointmentNote, error) {
	n, err := r.noteRow.value()
	return AppointmentNote{
		ID:            n.ID,
		ContactID:     n.ContactID,
		Body:          n.Body,
		UserID:        n.UserID,
		CreatedBy:     UserID(cmp.Or(r.CreatedBy.id(), string(n.UserID))),
		CreatedByName: string(r.CreatedBy.Name),
		DateAdded:     n.DateAdded,
	}, err
}
