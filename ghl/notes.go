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
	n, err := fetch[noteRow](ctx, c, cl.with(fields{"body": body}), "note")
	if err == nil {
		n.ContactID = cmp.Or(n.ContactID, contact)
	}
	return n, err
}

type noteRow struct {
	rowID
	ContactID text  `json:"contactId"`
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
		Body:      string(cmp.Or(r.Body, r.BodyText)),
		UserID:    UserID(r.UserID),
		DateAdded: r.DateAdded.Time,
	}, nil
}
