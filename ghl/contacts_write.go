package ghl

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// DeleteContact deletes a contact. A person can bring it back, under the same id, for 60 days.
// The search goes on showing it for a while; [Client.Contact] does not.
//
// Scope contacts.write, DELETE /contacts/{id}.
func (c *Client) DeleteContact(ctx context.Context, id ContactID) error {
	return c.effect(ctx, c.write(apiContacts, http.MethodDelete, "/contacts/{id}", string(id)))
}

// UpsertContact creates a contact, or changes the one that the location takes for the same person;
// created tells which. What is empty in the patch is left out. It refuses Tags, which would
// overwrite all tags.
//
// The engine does not use it, and neither should you if the contact may be there already. Where
// email and phone belong to two contacts it changes one and drops the other value without a word
// (highlevel-api-docs#37); where the email matches a contact's second one it replaces the first,
// which is lost (#337). [Client.CreateContact] says [*DuplicateError] and leaves it to you.
//
// Scope contacts.write, POST /contacts/upsert.
func (c *Client) UpsertContact(ctx context.Context, p ContactPatch) (contact Contact, created bool, err error) {
	cl := c.write(apiContacts, http.MethodPost, "/contacts/upsert")
	cl.newContact = true
	body := p.newFields()
	switch {
	case p.Tags != nil:
		return Contact{}, false, invalid(cl, "tags would overwrite all tags")
	case len(body) == 0:
		return Contact{}, false, invalid(cl, "empty contact")
	}
	if p.CompanyName != nil && *p.CompanyName != "" {
		body["companyName"] = *p.CompanyName
	}
	body["locationId"] = c.location
	up, err := fetch[upsertRow](ctx, c, cl.with(body), "")
	return up.contact, up.created, err
}

type upsertRow struct {
	Contact contactRow `json:"contact"`
	New     flag       `json:"new"`
}

type upserted struct {
	contact Contact
	created bool
}

func (r upsertRow) value() (upserted, error) {
	contact, err := r.Contact.value()
	return upserted{contact: contact, created: bool(r.New)}, err
}

// BulkTags is what a change of many contacts' tags came to.
type BulkTags struct {
	Errors    int      // contacts that were not changed
	Responses []string // what the API says of them, in no documented form
}

// AddTagsToMany adds tags to contacts and leaves their others. Doing it twice is as good as once.
//
// Scope contacts.write, POST /contacts/bulk/tags/update/add.
func (c *Client) AddTagsToMany(ctx context.Context, contacts []ContactID, tags []string) (BulkTags, error) {
	return c.bulkTags(ctx, "add", contacts, tags)
}

// RemoveTagsFromMany removes tags from contacts and leaves their others. Doing it twice is as good
// as once.
//
// Scope contacts.write, POST /contacts/bulk/tags/update/remove.
func (c *Client) RemoveTagsFromMany(ctx context.Context, contacts []ContactID, tags []string) (BulkTags, error) {
	return c.bulkTags(ctx, "remove", contacts, tags)
}

func (c *Client) bulkTags(ctx context.Context, how string, contacts []ContactID, tags []string) (BulkTags, error) {
	cl := c.write(apiContacts, http.MethodPost, "/contacts/bulk/tags/update/{id}", how)
	switch {
	case len(tags) == 0 || slices.Contains(tags, ""):
		return BulkTags{}, invalid(cl, "no tag, or an empty one")
	case len(contacts) == 0 || slices.Contains(contacts, ""):
		return BulkTags{}, invalid(cl, "no contact, or one without id")
	}
	body := fields{"contacts": contacts, "tags": tags, "locationId": c.location}
	return fetch[bulkRow](ctx, c, cl.with(body), "")
}

type bulkRow struct {
	Errors    *number `json:"errorCount"`
	Responses choices `json:"responses"`
}

func (r bulkRow) value() (BulkTags, error) {
	if r.Errors == nil {
		return BulkTags{}, errors.New("no errorCount")
	}
	return BulkTags{Errors: int(*r.Errors), Responses: r.Responses}, nil
}

// maxBusinessContacts is how many contacts one call may give to a business.
const maxBusinessContacts = 50

// SetBusiness makes at most 50 contacts belong to a business, or, if it is empty, to none. Doing it
// twice is as good as once.
//
// Scope contacts.write, POST /contacts/bulk/business.
func (c *Client) SetBusiness(ctx context.Context, contacts []ContactID, business BusinessID) error {
	cl := c.write(apiContacts, http.MethodPost, "/contacts/bulk/business")
	if n := len(contacts); n == 0 || n > maxBusinessContacts || slices.Contains(contacts, "") {
		return invalid(cl, "not 1 to 50 contacts, or one without id")
	}
	body := fields{"locationId": c.location, "ids": contacts}
	body.clearable("businessId", (*string)(&business))
	return c.effect(ctx, cl.with(body))
}
