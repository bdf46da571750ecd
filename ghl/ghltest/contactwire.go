package ghltest

import "maps"

// contactRecord is a contact as it is read by id: keys without a value are left out.
type contactRecord struct {
	ID                 string                `json:"id"`
	Name               string                `json:"name,omitempty"`
	LocationID         string                `json:"locationId"`
	FirstName          string                `json:"firstName,omitempty"`
	LastName           string                `json:"lastName,omitempty"`
	Email              string                `json:"email,omitempty"`
	EmailLowerCase     string                `json:"emailLowerCase,omitempty"`
	FirstNameLowerCase string                `json:"firstNameLowerCase,omitempty"`
	LastNameLowerCase  string                `json:"lastNameLowerCase,omitempty"`
	FullNameLowerCase  string                `json:"fullNameLowerCase,omitempty"`
	Timezone           string                `json:"timezone,omitempty"`
	CompanyName        string                `json:"companyName,omitempty"`
	Phone              string                `json:"phone,omitempty"`
	DND                *bool                 `json:"dnd,omitempty"`
	DNDSettings        map[string]DNDSetting `json:"dndSettings,omitempty"`
	Type               string                `json:"type"`
	Source             string                `json:"source,omitempty"`
	AssignedTo         string                `json:"assignedTo,omitempty"`
	Address1           string                `json:"address1,omitempty"`
	City               string                `json:"city,omitempty"`
	State              string                `json:"state,omitempty"`
	Country            string                `json:"country,omitempty"`
	PostalCode         string                `json:"postalCode,omitempty"`
	Website            string                `json:"website,omitempty"`
	Tags               []string              `json:"tags"`
	DateOfBirth        string                `json:"dateOfBirth,omitempty"`
	BusinessID         string                `json:"businessId,omitempty"`
	DateAdded          string                `json:"dateAdded"`
	DateUpdated        string                `json:"dateUpdated"`
	CustomFields       []CustomField         `json:"customFields"`
	AdditionalEmails   []string              `json:"additionalEmails"`
	AdditionalPhones   []string              `json:"additionalPhones"`
	CreatedBy          obj                   `json:"createdBy"`
}

// contactCreated is what creating a contact answers.
type contactCreated struct {
	contactRecord
	Deleted               bool   `json:"deleted"`
	BounceEmail           bool   `json:"bounceEmail"`
	UnsubscribeEmail      bool   `json:"unsubscribeEmail"`
	ValidEmail            *bool  `json:"validEmail"`
	LastSessionActivityAt string `json:"lastSessionActivityAt"`
	LastUpdatedBy         obj    `json:"lastUpdatedBy"`
}

// contactRow is a contact as the search shows it: what has no value is null.
type contactRow struct {
	ID                    string                `json:"id"`
	PhoneLabel            *string               `json:"phoneLabel"`
	Country               *string               `json:"country"`
	Address               *string               `json:"address"`
	Source                *string               `json:"source"`
	Type                  string                `json:"type"`
	LocationID            string                `json:"locationId"`
	Website               *string               `json:"website"`
	DND                   bool                  `json:"dnd"`
	State                 *string               `json:"state"`
	BusinessName          *string               `json:"businessName"`
	CustomFields          []CustomField         `json:"customFields"`
	Tags                  []string              `json:"tags"`
	DateAdded             string                `json:"dateAdded"`
	AdditionalEmails      []string              `json:"additionalEmails"`
	Phone                 *string               `json:"phone"`
	CompanyName           *string               `json:"companyName"`
	AdditionalPhones      []string              `json:"additionalPhones"`
	DateUpdated           string                `json:"dateUpdated"`
	City                  *string               `json:"city"`
	DateOfBirth           *string               `json:"dateOfBirth"`
	FirstNameLowerCase    *string               `json:"firstNameLowerCase"`
	LastNameLowerCase     *string               `json:"lastNameLowerCase"`
	FirstName             *string               `json:"firstName"`
	LastName              *string               `json:"lastName"`
	ContactName           *string               `json:"contactName"`
	Email                 *string               `json:"email"`
	AssignedTo            *string               `json:"assignedTo"`
	Followers             []string              `json:"followers"`
	ValidEmail            *bool                 `json:"validEmail"`
	DNDSettings           map[string]DNDSetting `json:"dndSettings"`
	InboundDNDSettings    map[string]DNDSetting `json:"inboundDndSettings"`
	Opportunities         []string              `json:"opportunities"`
	PostalCode            *string               `json:"postalCode"`
	BusinessID            *string               `json:"businessId"`
	Timezone              *string               `json:"timezone"`
	AttributionSource     *string               `json:"attributionSource"`
	LastAttributionSource *string               `json:"lastAttributionSource"`
	SearchAfter           []any                 `json:"searchAfter,omitempty"`
}

func (s *Sandbox) record(c *contact) contactRecord {
	r := contactRecord{
		ID: c.ID, Name: c.fullName(), LocationID: s.opt.Location,
		FirstName: c.FirstName, LastName: c.LastName, FirstNameLowerCase: lower(c.FirstName),
		LastNameLowerCase: lower(c.LastName), FullNameLowerCase: lower(c.fullName()),
		Email: c.Email, EmailLowerCase: lower(c.Email), Phone: c.Phone, Timezone: c.Timezone,
		CompanyName: c.CompanyName, Type: "lead", Source: c.Source, AssignedTo: c.AssignedTo,
		Address1: c.Address1, City: c.City, State: c.State, Country: c.Country, PostalCode: c.PostalCode,
		Website: c.Website, Tags: list(c.Tags), DateOfBirth: c.DateOfBirth,
		BusinessID: c.BusinessID,
		DateAdded:  stamp(c.DateAdded), DateUpdated: stamp(c.DateUpdated), CustomFields: list(c.CustomFields),
		AdditionalEmails: []string{}, AdditionalPhones: []string{},
		CreatedBy: obj{"source": "WEB_USER", "channel": "APP", "timestamp": stamp(c.DateAdded)},
	}
	if c.viaAPI {
		r.CreatedBy = integration(stamp(c.DateAdded))
	}
	if c.DND || len(c.DNDSettings) > 0 {
		dnd := c.DND
		r.DND, r.DNDSettings = &dnd, c.DNDSettings
	}
	return r
}

func integration(at string) obj {
	return obj{"source": "INTEGRATION", "channel": "OAUTH", "sourceId": idFor("app", 1), "timestamp": at}
}

func (s *Sandbox) created(c *contact) contactCreated {
	r := contactCreated{
		contactRecord:         s.record(c),
		LastSessionActivityAt: stamp(c.DateUpdated),
		LastUpdatedBy:         integration(stamp(c.DateUpdated)),
	}
	r.DateOfBirth = midnight(c.DateOfBirth)
	return r
}

func (s *Sandbox) searchRow(c *contact, cursor []any) contactRow {
	dnd := map[string]DNDSetting{}
	maps.Copy(dnd, c.DNDSettings)
	return contactRow{
		ID: c.ID, Country: null(c.Country), Address: null(c.Address1), Source: null(c.Source), Type: "lead",
		LocationID: s.opt.Location, Website: null(c.Website), DND: c.DND, State: null(c.State),
		BusinessName: null(c.CompanyName), CustomFields: list(c.CustomFields), Tags: list(c.Tags),
		DateAdded: stamp(c.DateAdded), AdditionalEmails: []string{}, Phone: null(c.Phone),
		CompanyName: null(c.CompanyName), AdditionalPhones: []string{}, DateUpdated: stamp(c.indexed()),
		City: null(c.City), DateOfBirth: null(midnight(c.DateOfBirth)),
		FirstNameLowerCase: null(lower(c.FirstName)), LastNameLowerCase: null(lower(c.LastName)),
		FirstName: null(c.FirstName), LastName: null(c.LastName), ContactName: null(c.fullName()),
		Email: null(c.Email), AssignedTo: null(c.AssignedTo), Followers: []string{},
		DNDSettings: dnd, InboundDNDSettings: map[string]DNDSetting{}, Opportunities: []string{},
		PostalCode: null(c.PostalCode), BusinessID: null(c.BusinessID), Timezone: null(c.Timezone), SearchAfter: cursor,
	}
}

// midnight is a day as some endpoints write it.
func midnight(date string) string {
	if date == "" {
		return ""
	}
	return date + "T00:00:00.000Z"
}
