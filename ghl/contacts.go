package ghl

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"time"
)

// ContactQuery says which contacts to enumerate, and from where on.
type ContactQuery struct {
	// UpdatedSince leaves out contacts that the index last saw changed before; the result is then
	// ordered by that change, oldest first. The zero time means every contact, in the order in
	// which they were added.
	UpdatedSince time.Time
	// NewestFirst turns the order round. It goes with a zero UpdatedSince only.
	NewestFirst bool
	PageLimit   int             // rows per page, at most 500; 0 means 100
	After       json.RawMessage // the Next of a page of the same query, to go on after it
}

// SearchContacts enumerates the location's contacts, one request per page. If the loop ends
// without an error, the enumeration was complete, save for the rows in Page.Bad. The index lags
// behind the records by seconds, in both directions: it may show deleted ones.
//
// Scope contacts.readonly, POST /contacts/search.
func (c *Client) SearchContacts(ctx context.Context, q ContactQuery) iter.Seq2[Page[Contact], error] {
	limit := pageLimit(q.PageLimit, 100)
	search := pager[Contact]{
		limit: limit,
		last:  emptyIsLast,
		call: func(after json.RawMessage) call {
			return c.read(apiContacts, http.MethodPost, "/contacts/search").with(c.contactSearch(q, limit, after))
		},
		list: func(ctx context.Context, cl call) (Page[Contact], error) {
			return list[contactRow](ctx, c, cl, "contacts")
		},
	}
	return search.from(ctx, q.After)
}

func (c *Client) contactSearch(q ContactQuery, limit int, after json.RawMessage) fields {
	body := fields{"locationId": c.location, "pageLimit": limit}
	sortBy := "dateAdded"
	if !q.UpdatedSince.IsZero() {
		sortBy = "dateUpdated"
		since := fields{"gte": q.UpdatedSince.UTC().Format(isoMillis)}
		body["filters"] = []fields{{"field": sortBy, "operator": "range", "value": since}}
	}
	direction := "asc"
	if q.NewestFirst && q.UpdatedSince.IsZero() {
		direction = "desc"
	}
	body["sort"] = []fields{{"field": sortBy, "direction": direction}}
	if len(after) > 0 {
		body["searchAfter"] = after
	}
	return body
}

// Contact reads one contact as it is now. [ErrNotFound] means that it was deleted or merged away.
//
// Scope contacts.readonly, GET /contacts/{id}.
func (c *Client) Contact(ctx context.Context, id ContactID) (Contact, error) {
	cl := c.read(apiContacts, http.MethodGet, "/contacts/{id}", string(id))
	return fetch[contactRow](ctx, c, cl, "contact")
}

// FindContact looks for the contact that the location would take for the same person. Either
// argument may be empty. If they match two contacts, the location's own order decides. False is
// not a proof: the index lags, and has missed contacts by exact phone number.
//
// Scope contacts.readonly, GET /contacts/search/duplicate.
func (c *Client) FindContact(ctx context.Context, phone, email string) (Contact, bool, error) {
	cl := c.read(apiContacts, http.MethodGet, "/contacts/search/duplicate").ask("locationId", string(c.location))
	if phone == "" && email == "" {
		return Contact{}, false, invalid(cl, "neither phone nor email")
	}
	if phone != "" {
		cl.query.Set("number", phone)
	}
	if email != "" {
		cl.query.Set("email", email)
	}
	a, err := c.do(ctx, cl)
	switch {
	case errors.Is(err, ErrNotFound):
		return Contact{}, false, nil
	case err != nil:
		return Contact{}, false, err
	}
	found, err := decodeOne[contactRow](a.body, "contact")
	if errors.Is(err, errAbsent) {
		return Contact{}, false, nil
	}
	if err != nil {
		return Contact{}, false, cl.unreadable(a.status, err)
	}
	return found, true, nil
}

// CreateContact creates a contact. [*DuplicateError] names the one that is already there. A 422
// is [ErrUnknown], as GHL has refused contacts in words and created them all the same.
//
// Scope contacts.write, POST /contacts/.
func (c *Client) CreateContact(ctx context.Context, p ContactPatch) (Contact, error) {
	cl := c.write(apiContacts, http.MethodPost, "/contacts/")
	cl.newContact = true
	body := p.newFields()
	if len(body) == 0 {
		return Contact{}, invalid(cl, "empty contact")
	}
	if p.CompanyName != nil && *p.CompanyName != "" {
		body["companyName"] = *p.CompanyName
	}
	if len(p.Tags) > 0 {
		body["tags"] = p.Tags
	}
	body["locationId"] = c.location
	return fetch[contactRow](ctx, c, cl.with(body), "contact")
}

// newFields leaves out what is empty: there is nothing to clear yet.
func (p ContactPatch) newFields() fields {
	f := p.fields()
	maps.DeleteFunc(f, func(_ string, v any) bool { return v == nil || v == "" })
	return f
}

// UpdateContact changes the fields that the patch has and no others. It refuses CompanyName,
// which the API does not take here, and Tags, which would overwrite all tags: see
// [Client.AddTags]. Of DNDSettings the six channels that the API takes are sent.
//
// Scope contacts.write, PUT /contacts/{id}.
func (c *Client) UpdateContact(ctx context.Context, id ContactID, p ContactPatch) (Contact, error) {
	cl := c.write(apiContacts, http.MethodPut, "/contacts/{id}", string(id))
	body := p.fields()
	switch {
	case p.Tags != nil:
		return Contact{}, invalid(cl, "tags would overwrite all tags")
	case p.CompanyName != nil:
		return Contact{}, invalid(cl, "companyName can only be created")
	case len(body) == 0:
		return Contact{}, invalid(cl, "empty patch")
	}
	return fetch[contactRow](ctx, c, cl.with(body), "contact")
}

// AddTags adds tags and leaves the others. Doing it twice is as good as once.
//
// Scope contacts.write, POST /contacts/{id}/tags.
func (c *Client) AddTags(ctx context.Context, id ContactID, tags []string) error {
	return c.tags(ctx, http.MethodPost, id, tags)
}

// RemoveTags removes tags and leaves the others. Doing it twice is as good as once.
//
// Scope contacts.write, DELETE /contacts/{id}/tags.
func (c *Client) RemoveTags(ctx context.Context, id ContactID, tags []string) error {
	return c.tags(ctx, http.MethodDelete, id, tags)
}

func (c *Client) tags(ctx context.Context, method string, id ContactID, tags []string) error {
	cl := c.write(apiContacts, method, "/contacts/{id}/tags", string(id))
	if len(tags) == 0 || slices.Contains(tags, "") {
		return invalid(cl, "no tag, or an empty one")
	}
	return c.effect(ctx, cl.with(fields{"tags": tags}))
}

// fields is the patch as both endpoints take it: without tags, company and location. Of the
// strings that the API documents as nullable, the empty one is sent as null.
func (p ContactPatch) fields() fields {
	f := fields{}
	f.clearable("firstName", p.FirstName)
	f.clearable("lastName", p.LastName)
	f.clearable("email", p.Email)
	f.clearable("phone", p.Phone)
	f.clearable("address1", p.Address1)
	f.clearable("city", p.City)
	f.clearable("state", p.State)
	f.clearable("website", p.Website)
	f.clearable("dateOfBirth", p.DateOfBirth)
	f.clearable("timezone", p.Timezone)
	f.clearable("source", p.Source)
	f.clearable("assignedTo", p.AssignedTo)
	set(f, "country", p.Country)
	set(f, "postalCode", p.PostalCode)
	set(f, "dnd", p.DND)
	if settings := p.writableDND(); len(settings) > 0 {
		f["dndSettings"] = settings
	}
	if len(p.CustomFields) > 0 {
		f["customFields"] = customFieldInput(p.CustomFields)
	}
	return f
}

// writableDND leaves out channels that are only read, such as RCS: one of them would have the
// whole update refused. The API merges, so they stay as they are.
func (p ContactPatch) writableDND() map[string]DNDSetting {
	settings := map[string]DNDSetting{}
	for _, name := range channelNames {
		if s, ok := p.DNDSettings[name]; ok {
			settings[name] = s
		}
	}
	return settings
}

func customFieldInput(values []CustomField) []fields {
	var in []fields
	for _, v := range values {
		f := fields{"id": v.ID, "field_value": ""}
		if len(v.Value) > 0 {
			f["field_value"] = v.Value
		}
		in = append(in, f)
	}
	return in
}

// contactRow reads a contact of a search, a GET or a write; each has keys of its own.
type contactRow struct {
	rowID
	cursor
	FirstName    text          `json:"firstName"`
	LastName     text          `json:"lastName"`
	Email        text          `json:"email"`
	Phone        text          `json:"phone"`
	CompanyName  text          `json:"companyName"`
	Address1     text          `json:"address1"`
	Address      text          `json:"address"`
	City         text          `json:"city"`
	State        text          `json:"state"`
	Country      text          `json:"country"`
	PostalCode   text          `json:"postalCode"`
	Website      text          `json:"website"`
	DateOfBirth  birthday      `json:"dateOfBirth"`
	Timezone     text          `json:"timezone"`
	Source       text          `json:"source"`
	AssignedTo   ref           `json:"assignedTo"`
	BusinessID   ref           `json:"businessId"`
	Tags         words         `json:"tags"`
	DND          flag          `json:"dnd"`
	DNDSettings  channels      `json:"dndSettings"`
	CustomFields []customValue `json:"customFields"`
	DateAdded    stamp         `json:"dateAdded"`
	DateUpdated  stamp         `json:"dateUpdated"`
	Deleted      flag          `json:"deleted"`
}

type customValue struct {
	ID    text            `json:"id"`
	Value json.RawMessage `json:"value"`
	Field json.RawMessage `json:"fieldValue"`
}

func (r contactRow) value() (Contact, error) {
	if r.id() == "" {
		return Contact{}, errNoID
	}
	c := Contact{
		ID:          ContactID(r.id()),
		FirstName:   string(r.FirstName),
		LastName:    string(r.LastName),
		Email:       string(r.Email),
		Phone:       string(r.Phone),
		CompanyName: string(r.CompanyName),
		Address1:    string(cmp.Or(r.Address1, r.Address)),
		City:        string(r.City),
		State:       string(r.State),
		Country:     string(r.Country),
		PostalCode:  string(r.PostalCode),
		Website:     string(r.Website),
		DateOfBirth: string(r.DateOfBirth),
		Timezone:    string(r.Timezone),
		Source:      string(r.Source),
		AssignedTo:  UserID(r.AssignedTo),
		BusinessID:  BusinessID(r.BusinessID),
		Tags:        r.Tags,
		DND:         bool(r.DND),
		DNDSettings: r.DNDSettings,
		DateAdded:   r.DateAdded.Time,
		DateUpdated: r.DateUpdated.Time,
		Deleted:     bool(r.Deleted),
	}
	for i, f := range r.CustomFields {
		if f.ID == "" {
			return Contact{}, fmt.Errorf("customFields[%d]: %w", i, errNoID)
		}
		c.CustomFields = append(c.CustomFields, f.value())
	}
	return c, nil
}

func (f customValue) value() CustomField {
	v := f.Value
	if len(v) == 0 {
		v = f.Field
	}
	if isNull(v) {
		v = nil
	}
	return CustomField{ID: string(f.ID), Value: v}
}
