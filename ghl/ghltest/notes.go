package ghltest

import "net/http"

var updateNoteDTO = dto{fields: map[string]kind{
	"body": text, "userId": text, "title": text, "color": text, "pinned": flag,
}}

var createNoteDTO = updateNoteDTO.with(nil, "body")

func (s *Sandbox) enterNote(n Note) Note {
	if n.ID == "" {
		n.ID = s.newID("note")
	}
	if n.DateAdded.IsZero() {
		n.DateAdded = clock()
	}
	n.DateUpdated = n.DateAdded
	s.notes.add(n.ID, n.ContactID, &n)
	return n
}

// wire is a note as the API shows it: nothing tells when it was changed.
func (n *Note) wire() obj {
	o := obj{
		"id": n.ID, "body": n.Body, "bodyText": n.Body, "userId": null(n.UserID), "contactId": n.ContactID,
		"dateAdded": stamp(n.DateAdded), "relations": []any{}, "pinned": n.Pinned,
	}
	set(o, "title", n.Title)
	set(o, "color", n.Color)
	return o
}

func (s *Sandbox) listNotes(c *call) (reply, error) {
	owner, err := s.find(c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	rows := []obj{}
	for _, n := range s.notes.of[owner.ID] {
		if !n.Deleted {
			rows = append(rows, n.wire())
		}
	}
	return ok(obj{"notes": rows})
}

// noteOf returns the note that a path names.
func (s *Sandbox) noteOf(c *call) (*Note, error) {
	owner, err := s.find(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	n := s.notes.byID[c.PathValue("note")]
	if n == nil || n.Deleted || n.ContactID != owner.ID {
		return nil, notFound("Note", c.PathValue("note"))
	}
	return n, nil
}

func (s *Sandbox) getNote(c *call) (reply, error) {
	n, err := s.noteOf(c)
	if err != nil {
		return reply{}, err
	}
	return ok(obj{"note": n.wire()})
}

func (n *Note) apply(b body) {
	b.text("body", &n.Body)
	b.text("userId", &n.UserID)
	b.text("title", &n.Title)
	b.text("color", &n.Color)
	b.into("pinned", &n.Pinned)
}

func (s *Sandbox) createNote(c *call) (reply, error) {
	b, err := createNoteDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	owner, err := s.find(c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	n := Note{ContactID: owner.ID}
	n.apply(b)
	n = s.enterNote(n)
	return done("note.create", n.ID, http.StatusCreated, obj{"note": n.wire()})
}

func (s *Sandbox) updateNote(c *call) (reply, error) {
	b, err := updateNoteDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	n, err := s.noteOf(c)
	if err != nil {
		return reply{}, err
	}
	n.apply(b)
	n.DateUpdated = clock()
	return done("note.update", n.ID, http.StatusOK, obj{"note": n.wire()})
}

func (s *Sandbox) deleteNote(c *call) (reply, error) {
	n, err := s.noteOf(c)
	if err != nil {
		return reply{}, err
	}
	n.Deleted = true
	n.DateUpdated = clock()
	return done("note.delete", n.ID, http.StatusOK, succeeded())
}
