package ghltest

import "net/http"

var visitNoteDTO = dto{fields: map[string]kind{"userId": text, "body": text}, required: []string{"body"}}

const (
	maxVisitNotes = 20
	maxVisitNote  = 5000
)

func (s *Sandbox) visitNoteWire(n *AppointmentNote) obj {
	o := obj{"id": n.ID, "body": n.Body, "dateAdded": stamp(n.DateAdded)}
	set(o, "userId", n.UserID)
	if a := s.appointments.byID[n.AppointmentID]; a != nil {
		o["contactId"] = a.ContactID
	}
	by := obj{"id": idFor("app", 1), "name": "Sandbox App"}
	if u := s.user(n.UserID); u != nil {
		by = obj{"id": u.ID, "name": u.fullName()}
	}
	o["createdBy"] = by
	return o
}

// listAppointmentNotes wants both a limit and an offset.
func (s *Sandbox) listAppointmentNotes(c *call) (reply, error) {
	a, err := s.appointment(c.PathValue("event"))
	if err != nil {
		return reply{}, err
	}
	skip, limit, err := c.place("offset", -1)
	switch {
	case err != nil:
		return reply{}, err
	case limit < 0 || limit > maxVisitNotes || c.query.Get("offset") == "":
		return reply{}, unprocessable("limit must not be greater than 20", "offset should not be empty")
	}
	rows := []obj{}
	for _, n := range s.visitNotes.of[a.ID] {
		if !n.Deleted {
			rows = append(rows, s.visitNoteWire(n))
		}
	}
	return ok(obj{"notes": slice(rows, skip, limit), "hasMore": skip+limit < len(rows)})
}

func readVisitNote(c *call) (body, error) {
	b, err := visitNoteDTO.read(c)
	if err == nil && len([]rune(b.str("body"))) > maxVisitNote {
		err = unprocessable("body must be shorter than or equal to 5000 characters")
	}
	return b, err
}

func (s *Sandbox) createAppointmentNote(c *call) (reply, error) {
	b, err := readVisitNote(c)
	if err != nil {
		return reply{}, err
	}
	a, err := s.appointment(c.PathValue("event"))
	if err != nil {
		return reply{}, err
	}
	n := AppointmentNote{ID: s.newID("visitnote"), AppointmentID: a.ID, DateAdded: clock()}
	b.text("body", &n.Body)
	b.text("userId", &n.UserID)
	s.visitNotes.add(n.ID, a.ID, &n)
	return done("appointment.note.create", n.ID, http.StatusCreated, obj{"note": s.visitNoteWire(&n)})
}

// visitNoteOf returns the note that a path names.
func (s *Sandbox) visitNoteOf(c *call) (*AppointmentNote, error) {
	n := s.visitNotes.byID[c.PathValue("note")]
	if n == nil || n.Deleted || n.AppointmentID != c.PathValue("event") {
		return nil, notFound("Note", c.PathValue("note"))
	}
	return n, nil
}

func (s *Sandbox) updateAppointmentNote(c *call) (reply, error) {
	b, err := readVisitNote(c)
	if err != nil {
		return reply{}, err
	}
	n, err := s.visitNoteOf(c)
	if err != nil {
		return reply{}, err
	}
	b.text("body", &n.Body)
	b.text("userId", &n.UserID)
	return done("appointment.note.update", n.ID, http.StatusOK, obj{"note": s.visitNoteWire(n)})
}

func (s *Sandbox) deleteAppointmentNote(c *call) (reply, error) {
	n, err := s.visitNoteOf(c)
	if err != nil {
		return reply{}, err
	}
	n.Deleted = true
	return done("appointment.note.delete", n.ID, http.StatusOK, obj{"success": true})
}
