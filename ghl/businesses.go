package ghl

import (
	"context"
	"iter"
	"net/http"
)

// Businesses enumerates the companies of the location, one request per page. No event and no
// filter tells of their changes: to learn of them, read them all.
//
// Scope businesses.readonly, GET /businesses/.
func (c *Client) Businesses(ctx context.Context, q PageQuery) iter.Seq2[Page[Business], error] {
	cl := c.read(apiBusinesses, http.MethodGet, "/businesses/").ask("locationId", string(c.location))
	s := skipped{rows: "businesses", skip: "skip", limit: min(pageLimit(q.PageLimit, 100), 100)}
	return enumerate[businessRow](ctx, c, cl, s, q.After)
}

// Business reads one company as it is now.
//
// Scope businesses.readonly, GET /businesses/{id}.
func (c *Client) Business(ctx context.Context, id BusinessID) (Business, error) {
	return fetch[businessRow](ctx, c, c.read(apiBusinesses, http.MethodGet, "/businesses/{id}", string(id)), "business")
}

// CreateBusiness creates a company; it needs a name. The API has no key against doing it twice:
// after [ErrUnknown], look for a twin in [Client.Businesses].
//
// Scope businesses.write, POST /businesses/.
func (c *Client) CreateBusiness(ctx context.Context, p BusinessPatch) (Business, error) {
	cl := c.write(apiBusinesses, http.MethodPost, "/businesses/")
	if p.Name == nil || *p.Name == "" {
		return Business{}, invalid(cl, "a business needs a name")
	}
	body := p.fields()
	body["locationId"] = c.location
	return c.writtenBusiness(ctx, cl.with(body))
}

// UpdateBusiness changes the fields that the patch has and no others.
//
// Scope businesses.write, PUT /businesses/{id}.
func (c *Client) UpdateBusiness(ctx context.Context, id BusinessID, p BusinessPatch) (Business, error) {
	cl := c.write(apiBusinesses, http.MethodPut, "/businesses/{id}", string(id))
	body := p.fields()
	switch {
	case len(body) == 0:
		return Business{}, invalid(cl, "empty patch")
	case p.Name != nil && *p.Name == "":
		return Business{}, invalid(cl, "a business needs a name")
	}
	return c.writtenBusiness(ctx, cl.with(body))
}

// DeleteBusiness deletes a company. Its contacts stay.
//
// Scope businesses.write, DELETE /businesses/{id}.
func (c *Client) DeleteBusiness(ctx context.Context, id BusinessID) error {
	return c.effect(ctx, c.write(apiBusinesses, http.MethodDelete, "/businesses/{id}", string(id)))
}

// writtenBusiness reads what a write answers, which is spelt wrong in the API's description.
func (c *Client) writtenBusiness(ctx context.Context, cl call) (Business, error) {
	return fetch[businessRow](ctx, c, cl, "buiseness", "business")
}

func (p BusinessPatch) fields() fields {
	f := fields{}
	set(f, "name", p.Name)
	set(f, "phone", p.Phone)
	set(f, "email", p.Email)
	set(f, "website", p.Website)
	set(f, "address", p.Address)
	set(f, "city", p.City)
	set(f, "state", p.State)
	set(f, "postalCode", p.PostalCode)
	set(f, "country", p.Country)
	set(f, "description", p.Description)
	return f
}

type businessRow struct {
	rowID
	Name        text  `json:"name"`
	Phone       text  `json:"phone"`
	Email       text  `json:"email"`
	Website     text  `json:"website"`
	Address     text  `json:"address"`
	City        text  `json:"city"`
	State       text  `json:"state"`
	PostalCode  text  `json:"postalCode"`
	Country     text  `json:"country"`
	Description text  `json:"description"`
	CreatedAt   stamp `json:"createdAt"`
	UpdatedAt   stamp `json:"updatedAt"`
}

func (r businessRow) value() (Business, error) {
	if r.id() == "" {
		return Business{}, errNoID
	}
	return Business{
		ID:          BusinessID(r.id()),
		Name:        string(r.Name),
		Phone:       string(r.Phone),
		Email:       string(r.Email),
		Website:     string(r.Website),
		Address:     string(r.Address),
		City:        string(r.City),
		State:       string(r.State),
		PostalCode:  string(r.PostalCode),
		Country:     string(r.Country),
		Description: string(r.Description),
		DateAdded:   r.CreatedAt.Time,
		DateUpdated: r.UpdatedAt.Time,
	}, nil
}
