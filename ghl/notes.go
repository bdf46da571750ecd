package ghl

import (
	"cmp"
	"context"
	"net/http"
	"strings"
)

// ContactNotes reads all notes of a contact. With a [*RowsError] the notes are good but not all.
//
// Scope contacts.readonly, GET /contacts/{id}/notes.
func (c *Client) ContactNotes(ctx context.Context, contact ContactID) ([]Note, error) {
	cl := c.read(apiNotes, http.MethodGet, "/contacts/{id}/notes", string(contact))
	notes, err := all[noteRow](ctx, c, cl, "notes")
	for i := range notes {
		notes[i].ContactID = cmp.Or(notes[i].ContactID, contact)
	}
	return notes, err
}

// CreateNote puts a note on a contact. The API has no key against doing it twice: after
// [ErrUnknown], look for a twin in [Client.ContactNotes].
//
// Scope contacts.write, POST /contacts/{id}/notes.
func (c *Client) CreateNote(ctx context.Context, contact ContactID, body string) (Note, error) {
	cl := c.write(apiNotes, http.MethodPost, "/contacts/{id}/notes", string(contact))
	if strings.TrimSpace(body) == "" {
		return Note{}, invalid(cl, "empty note")
	}
	return c.note(ctx, contact, cl.with(fields{"body": body}))
}

// Note reads one note as it is now. [ErrNotFound] means that it, or its contact, is gone.
//
// Scope contacts.readonly, GET /contacts/{id}/notes/{id}.
func (c *Client) Note(ctx context.Context, contact ContactID, id NoteID) (Note, error) {
	return c.note(ctx, contact, c.read(apiNotes, http.MethodGet, "/contacts/{id}/notes/{id}", string(contact), string(id)))
}

// UpdateNote changes the fields that the patch has and no others.
//
// Scope contacts.write, PUT /contacts/{id}/notes/{id}.
func (c *Client) UpdateNote(ctx context.Context, contact ContactID, id NoteID, p NotePatch) (Note, error) {
	cl := c.write(apiNotes, http.MethodPut, "/contacts/{id}/notes/{id}", string(contact), string(id))
	body := p.fields()
	switch {
	case len(body) == 0:
		return Note{}, invalid(cl, "empty patch")
	case p.Body != nil && strings.TrimSpace(*p.Body) == "":
		return Note{}, invalid(cl, "empty note")
	}
	return c.note(ctx, contact, cl.with(body))
}

// DeleteNote deletes a note.
//
// Scope contacts.write, DELETE /contacts/{id}/notes/{id}.
func (c *Client) DeleteNote(ctx context.Context, contact ContactID, id NoteID) error {
	return c.effect(ctx, c.write(apiNotes, http.MethodDelete, "/contacts/{id}/notes/{id}", string(contact), string(id)))
}

func (c *Client) note(ctx context.Context, contact ContactID, cl call) (Note, error) {
	n, err := fetch[noteRow](ctx, c, cl, "note")
	if err == nil {
		n.ContactID = cmp.Or(n.ContactID, contact)
	}
	return n, err
}

func (p NotePatch) fields() fields {
	f := fields{}
	set(f, "title", p.Title)
	set(f, "body", p.Body)
	set(f, "color", p.Color)
	set(f, "pinned", p.Pinned)
	set(f, "userId", p.UserID)
	return f
}

type noteRow struct {
	rowID
	ContactID text  `json:"contactId"`
	Title     text  `json:"title"`
	Color     text  `json:"color"`
	Pinned    flag  `json:"pinned"`
	Body      text  `json:"body"`
	BodyText  text  `json:"bodyText"`
	UserID    ref   `json:"userId"`
	DateAdded stamp `json:"dateAdded"`
}

func (r noteRow) value() (Note, error) {
	if r.id() == "" {
		return Note{}, errNoID
	}
	return Note{
		ID:        NoteID(r.id()),
		ContactID: ContactID(r.ContactID),
		Title:     string(r.Title),
		Body:      string(cmp.Or(r.Body, r.BodyText)),
		Color:     string(r.Color),
		Pinned:    bool(r.Pinned),
		UserID:    UserID(r.UserID),
		DateAdded: r.DateAdded.Time,
	}, nil
}
