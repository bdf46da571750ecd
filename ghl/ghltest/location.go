package ghltest

import (
	"slices"
	"strconv"
	"strings"
)

func (s *Sandbox) companyID() string { return idFor("company", 1) }

func (s *Sandbox) getLocation(c *call) (reply, error) {
	if err := s.ours(c.PathValue("location")); err != nil {
		return reply{}, err
	}
	return ok(obj{"location": obj{
		"id": s.opt.Location, "companyId": s.companyID(), "name": s.opt.Name, "timezone": s.opt.Timezone,
		"phone": "+12025550100", "email": "desk@sandbox.example", "country": "US",
		"business": obj{"name": s.opt.Name, "timezone": s.opt.Timezone, "country": "US"},
		"settings": obj{
			"allowDuplicateContact": s.opt.AllowDuplicates, "allowDuplicateOpportunity": false,
			"allowFacebookNameMerge": false, "disableContactTimezone": false,
			"contactUniqueIdentifiers": identifiers,
		},
	}})
}

func (s *Sandbox) listFields(c *call) (reply, error) {
	if err := s.ours(c.PathValue("location")); err != nil {
		return reply{}, err
	}
	rows := []obj{}
	if model := c.query.Get("model"); model != "opportunity" {
		for i, f := range s.fields {
			rows = append(rows, obj{
				"id": f.ID, "name": f.Name, "fieldKey": f.Key, "dataType": f.DataType, "position": 50 * (i + 1),
				"model": "contact", "locationId": s.opt.Location, "placeholder": "",
			})
		}
	}
	return ok(obj{"customFields": rows})
}

// fieldID returns the id of the custom field with that key, with or without its model.
func (s *Sandbox) fieldID(key string) string {
	for _, f := range s.fields {
		if key != "" && (f.Key == key || f.Key == "contact."+key) {
			return f.ID
		}
	}
	return ""
}

func (s *Sandbox) user(id string) *User {
	i := slices.IndexFunc(s.users, func(u *User) bool { return u.ID == id })
	if i < 0 {
		return nil
	}
	return s.users[i]
}

func (s *Sandbox) userWire(u *User) obj {
	o := obj{
		"id": u.ID, "name": u.fullName(), "firstName": u.FirstName, "lastName": u.LastName, "email": u.Email,
		"deleted": u.Deleted,
		"roles":   obj{"type": "account", "role": "user", "locationIds": []string{s.opt.Location}},
	}
	set(o, "phone", u.Phone)
	return o
}

func (s *Sandbox) getUser(c *call) (reply, error) {
	u := s.user(c.PathValue("user"))
	if u == nil {
		return reply{}, notFound("User", c.PathValue("user"))
	}
	return ok(s.userWire(u))
}

// listUsers is deprecated and knows only the location.
func (s *Sandbox) listUsers(c *call) (reply, error) {
	if err := s.ours(c.query.Get("locationId")); err != nil {
		return reply{}, err
	}
	rows := []obj{}
	for _, u := range s.users {
		rows = append(rows, s.userWire(u))
	}
	return ok(obj{"users": rows})
}

func (s *Sandbox) searchUsers(c *call) (reply, error) {
	if c.query.Get("companyId") != s.companyID() {
		return reply{}, unprocessable("companyId should not be empty")
	}
	if id := c.query.Get("locationId"); id != "" {
		if err := s.ours(id); err != nil {
			return reply{}, err
		}
	}
	skip, limit, err := c.place("skip", 25)
	if err != nil {
		return reply{}, err
	}
	query, ids := lower(c.query.Get("query")), c.query.Get("ids")
	rows, count := []obj{}, 0
	for _, u := range s.users {
		if ids != "" && !slices.Contains(strings.Split(ids, ","), u.ID) {
			continue
		}
		if !strings.Contains(lower(u.fullName()+"\n"+u.Email+"\n"+u.Phone), query) {
			continue
		}
		if count++; count > skip && len(rows) < limit {
			rows = append(rows, s.userWire(u))
		}
	}
	return ok(obj{"users": rows, "count": count})
}

// place reads how many rows to leave out and how many to show.
func (c *call) place(skipKey string, otherwise int) (skip, limit int, err error) {
	limit = otherwise
	for key, dst := range map[string]*int{skipKey: &skip, "limit": &limit} {
		if given := c.query.Get(key); given != "" {
			n, err := strconv.Atoi(given)
			if err != nil || n < 0 {
				return 0, 0, unprocessable(key + " must be a number string")
			}
			*dst = n
		}
	}
	return skip, limit, nil
}

// slice is the part of the rows that is to be shown.
func slice[R any](rows []R, skip, limit int) []R {
	rows = rows[min(skip, len(rows)):]
	return rows[:min(limit, len(rows))]
}
