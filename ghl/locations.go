package ghl

import (
	"context"
	"net/http"
	"strings"
)

// Location reads the location itself, whose time zone and rules for duplicates matter.
//
// Scope locations.readonly, GET /locations/{id}.
func (c *Client) Location(ctx context.Context) (Location, error) {
	cl := c.read(apiLocations, http.MethodGet, "/locations/{id}", string(c.location))
	return fetch[locationRow](ctx, c, cl, "location")
}

// Users reads the location's members of staff. With a [*RowsError] they are good but not all.
//
// Scope users.readonly, GET /users/.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	cl := c.read(apiUsers, http.MethodGet, "/users/").ask("locationId", string(c.location))
	return all[userRow](ctx, c, cl, "users")
}

type locationRow struct {
	rowID
	CompanyID text `json:"companyId"`
	Name      text `json:"name"`
	Timezone  text `json:"timezone"`
	Phone     text `json:"phone"`
	Email     text `json:"email"`
	Country   text `json:"country"`
	Settings  struct {
		AllowDuplicates   flag  `json:"allowDuplicateContact"`
		UniqueIdentifiers words `json:"contactUniqueIdentifiers"`
	} `json:"settings"`
}

func (r locationRow) value() (Location, error) {
	if r.id() == "" {
		return Location{}, errNoID
	}
	return Location{
		ID:                LocationID(r.id()),
		CompanyID:         string(r.CompanyID),
		Name:              string(r.Name),
		Timezone:          string(r.Timezone),
		Phone:             string(r.Phone),
		Email:             string(r.Email),
		Country:           string(r.Country),
		AllowDuplicates:   bool(r.Settings.AllowDuplicates),
		UniqueIdentifiers: r.Settings.UniqueIdentifiers,
	}, nil
}

type userRow struct {
	rowID
	Name      text `json:"name"`
	FirstName text `json:"firstName"`
	LastName  text `json:"lastName"`
	Email     text `json:"email"`
	Phone     text `json:"phone"`
	Deleted   flag `json:"deleted"`
}

func (r userRow) value() (User, error) {
	if r.id() == "" {
		return User{}, errNoID
	}
	u := User{
		ID:        UserID(r.id()),
		Name:      string(r.Name),
		FirstName: string(r.FirstName),
		LastName:  string(r.LastName),
		Email:     string(r.Email),
		Phone:     string(r.Phone),
		Deleted:   bool(r.Deleted),
	}
	if u.Name == "" {
		u.Name = strings.TrimSpace(u.FirstName + " " + u.LastName)
	}
	return u, nil
}
