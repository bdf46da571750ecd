package ghltest

import (
	"encoding/json"
	"net/http"
)

var updateBusinessDTO = dto{fields: map[string]kind{
	"name": text, "phone": text, "email": email, "postalCode": text, "website": text, "address": text,
	"state": text, "city": text, "country": text, "description": text,
}}

var createBusinessDTO = updateBusinessDTO.with(map[string]kind{"locationId": text}, "name", "locationId")

func (s *Sandbox) enterBusiness(b Business) Business {
	if b.ID == "" {
		b.ID = s.newID("business")
	}
	if b.DateAdded.IsZero() {
		b.DateAdded = clock()
	}
	b.DateUpdated = b.DateAdded
	s.businesses.add(b.ID, "", &b)
	return b
}

func (s *Sandbox) businessWire(b *Business) obj {
	o := obj{
		"id": b.ID, "name": b.Name, "locationId": s.opt.Location,
		"createdAt": stamp(b.DateAdded), "updatedAt": stamp(b.DateUpdated),
	}
	for key, value := range b.texts() {
		set(o, key, *value)
	}
	return o
}

func (b *Business) texts() map[string]*string {
	return map[string]*string{
		"name": &b.Name, "phone": &b.Phone, "email": &b.Email, "website": &b.Website, "address": &b.Address,
		"city": &b.City, "state": &b.State, "postalCode": &b.PostalCode, "country": &b.Country,
		"description": &b.Description,
	}
}

func (b *Business) apply(given body) {
	for key, dst := range b.texts() {
		given.text(key, dst)
	}
}

func (s *Sandbox) business(id string) (*Business, error) {
	b := s.businesses.byID[id]
	if b == nil || b.Deleted {
		return nil, notFound("Business", id)
	}
	return b, nil
}

func (s *Sandbox) listBusinesses(c *call) (reply, error) {
	if err := s.ours(c.query.Get("locationId")); err != nil {
		return reply{}, err
	}
	skip, limit, err := c.place("skip", 100)
	if err != nil {
		return reply{}, err
	}
	rows := []obj{}
	for _, b := range s.businesses.all {
		if !b.Deleted {
			rows = append(rows, s.businessWire(b))
		}
	}
	return ok(obj{"businesses": slice(rows, skip, limit)})
}

func (s *Sandbox) getBusiness(c *call) (reply, error) {
	b, err := s.business(c.PathValue("business"))
	if err != nil {
		return reply{}, err
	}
	return ok(obj{"business": s.businessWire(b)})
}

func (s *Sandbox) createBusiness(c *call) (reply, error) {
	given, err := createBusinessDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	if err := s.ours(given.str("locationId")); err != nil {
		return reply{}, err
	}
	var b Business
	b.apply(given)
	b = s.enterBusiness(b)
	return done("business.create", b.ID, http.StatusCreated, obj{"success": true, "buiseness": s.businessWire(&b)})
}

func (s *Sandbox) updateBusiness(c *call) (reply, error) {
	given, err := updateBusinessDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	b, err := s.business(c.PathValue("business"))
	if err != nil {
		return reply{}, err
	}
	b.apply(given)
	b.DateUpdated = clock()
	return done("business.update", b.ID, http.StatusOK, obj{"success": true, "buiseness": s.businessWire(b)})
}

func (s *Sandbox) deleteBusiness(c *call) (reply, error) {
	b, err := s.business(c.PathValue("business"))
	if err != nil {
		return reply{}, err
	}
	b.Deleted = true
	b.DateUpdated = clock()
	return done("business.delete", b.ID, http.StatusOK, obj{"success": true})
}

// businessContacts shows rows as the search does, in order of creation.
func (s *Sandbox) businessContacts(c *call) (reply, error) {
	if err := s.ours(c.query.Get("locationId")); err != nil {
		return reply{}, err
	}
	skip, limit, err := c.place("skip", 25)
	if err != nil {
		return reply{}, err
	}
	b, err := s.business(c.PathValue("part"))
	if err != nil {
		return reply{}, err
	}
	words := lower(c.query.Get("query"))
	rows := []contactRow{}
	for _, p := range s.people {
		if !p.Deleted && p.BusinessID == b.ID && p.mentions(words) {
			rows = append(rows, s.searchRow(p, nil))
		}
	}
	return ok(obj{"contacts": slice(rows, skip, limit), "count": len(rows)})
}

const maxBulkBusiness = 50

// bulkBusiness gives contacts to a business, or, with null, takes them from theirs.
func (s *Sandbox) bulkBusiness(c *call) (reply, error) {
	d := dto{
		fields:   map[string]kind{"locationId": text, "ids": words, "businessId": text},
		required: []string{"locationId", "ids"},
	}
	b, err := d.read(c)
	if err != nil {
		return reply{}, err
	}
	if err := s.ours(b.str("locationId")); err != nil {
		return reply{}, err
	}
	var ids []string
	b.into("ids", &ids)
	if len(ids) > maxBulkBusiness || !b.has("businessId") {
		return reply{}, unprocessable("ids must contain no more than 50 elements and businessId must be a string")
	}
	if id := b.str("businessId"); id != "" {
		if _, err := s.business(id); err != nil {
			return reply{}, err
		}
	}
	for _, id := range ids {
		if old, err := s.find(id); err == nil {
			next := old.copy()
			next.BusinessID = b.str("businessId")
			s.touch(next)
		}
	}
	list, _ := json.Marshal(ids) // strings always have a JSON
	return reply{
		status: http.StatusOK, body: obj{"success": true, "ids": json.RawMessage(list)}, effect: "contact.business bulk",
	}, nil
}
