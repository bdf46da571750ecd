package ghl

import (
	"context"
	"net/http"
	"strings"
)

// Tags reads all tags that the location knows. With a [*RowsError] they are good but not all.
//
// Scope locations/tags.readonly, GET /locations/{id}/tags.
func (c *Client) Tags(ctx context.Context) ([]Tag, error) {
	return all[tagRow](ctx, c, c.read(apiLocations, http.MethodGet, "/locations/{id}/tags", string(c.location)), "tags")
}

// Tag reads one tag.
//
// Scope locations/tags.readonly, GET /locations/{id}/tags/{id}.
func (c *Client) Tag(ctx context.Context, id TagID) (Tag, error) {
	cl := c.read(apiLocations, http.MethodGet, "/locations/{id}/tags/{id}", string(c.location), string(id))
	return fetch[tagRow](ctx, c, cl, "tag")
}

// CreateTag makes a tag known to the location. A contact that gets a new tag does so by itself.
//
// Scope locations/tags.write, POST /locations/{id}/tags.
func (c *Client) CreateTag(ctx context.Context, name string) (Tag, error) {
	return c.tag(ctx, c.write(apiLocations, http.MethodPost, "/locations/{id}/tags", string(c.location)), name)
}

// RenameTag changes the name of a tag. What becomes of the contacts that have it is not documented.
//
// Scope locations/tags.write, PUT /locations/{id}/tags/{id}.
func (c *Client) RenameTag(ctx context.Context, id TagID, name string) (Tag, error) {
	return c.tag(ctx, c.write(apiLocations, http.MethodPut, "/locations/{id}/tags/{id}", string(c.location), string(id)), name)
}

// DeleteTag takes a tag from the location. What becomes of the contacts that have it is not
// documented.
//
// Scope locations/tags.write, DELETE /locations/{id}/tags/{id}.
func (c *Client) DeleteTag(ctx context.Context, id TagID) error {
	return c.effect(ctx, c.write(apiLocations, http.MethodDelete, "/locations/{id}/tags/{id}", string(c.location), string(id)))
}

func (c *Client) tag(ctx context.Context, cl call, name string) (Tag, error) {
	if strings.TrimSpace(name) == "" {
		return Tag{}, invalid(cl, "empty tag")
	}
	return fetch[tagRow](ctx, c, cl.with(fields{"name": name}), "tag")
}

type tagRow struct {
	rowID
	Name text `json:"name"`
}

func (r tagRow) value() (Tag, error) {
	if r.id() == "" {
		return Tag{}, errNoID
	}
	return Tag{ID: TagID(r.id()), Name: string(r.Name)}, nil
}

// FieldDefinitions reads the custom fields that the location defines for its contacts; by their
// ids the values in [Contact.CustomFields] get a meaning. With a [*RowsError] they are good but
// not all.
//
// Scope locations/customFields.readonly, GET /locations/{id}/customFields.
func (c *Client) FieldDefinitions(ctx context.Context) ([]FieldDefinition, error) {
	cl := c.read(apiLocations, http.MethodGet, "/locations/{id}/customFields", string(c.location)).ask("model", "contact")
	return all[fieldRow](ctx, c, cl, "customFields")
}

type fieldRow struct {
	rowID
	Name        text    `json:"name"`
	Key         text    `json:"fieldKey"`
	DataType    text    `json:"dataType"`
	Placeholder text    `json:"placeholder"`
	Options     choices `json:"picklistOptions"`
	Position    number  `json:"position"`
}

func (r fieldRow) value() (FieldDefinition, error) {
	if r.id() == "" {
		return FieldDefinition{}, errNoID
	}
	return FieldDefinition{
		ID:          r.id(),
		Name:        string(r.Name),
		Key:         string(r.Key),
		DataType:    string(r.DataType),
		Placeholder: string(r.Placeholder),
		Options:     r.Options,
		Position:    int(r.Position),
	}, nil
}
