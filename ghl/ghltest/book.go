package ghltest

import (
	"slices"
	"strings"
	"time"
)

// A contact of the sandbox. A stored one is never changed but replaced, so that the search index may show an
// older version.
type contact struct {
	Contact
	seq    int // its place in Sandbox.people
	viaAPI bool
	merged bool // absorbed by another one, not to be undeleted
}

func (c *contact) copy() *contact {
	next := *c
	next.Contact = c.Contact.clone()
	return &next
}

// find returns the contact with that id, or the API's way to say that there is none.
func (s *Sandbox) find(id string) (*contact, error) {
	c := s.contacts[id]
	if c == nil || c.Deleted {
		return nil, notFound("Contact", id)
	}
	return c, nil
}

// enter stores a new contact.
func (s *Sandbox) enter(c *contact, now time.Time) *contact {
	if c.ID == "" {
		c.ID = s.newID("contact")
	}
	if s.contacts[c.ID] != nil {
		panic("ghltest: there is already a contact " + c.ID)
	}
	if c.DateAdded.IsZero() {
		c.DateAdded = now
	}
	if c.DateUpdated.IsZero() {
		c.DateUpdated = c.DateAdded
	}
	c.seq = len(s.people)
	s.people = append(s.people, nil)
	s.put(c, now)
	return c
}

// put replaces a stored contact, normalized, and updates the index.
func (s *Sandbox) put(c *contact, now time.Time) {
	c.tidy()
	if old := s.people[c.seq]; old != nil && !old.Deleted {
		s.live.drop(old)
	}
	if !c.Deleted {
		s.live.add(c)
	}
	s.people[c.seq], s.contacts[c.ID] = c, c
	s.index.note(now, c)
	for _, tag := range c.Tags {
		s.useTag(tag)
	}
}

func (s *Sandbox) useTag(name string) {
	if !s.tagKnown[name] {
		s.newTag(name)
	}
}

// tidy writes a contact as the CRM keeps it.
func (c *contact) tidy() {
	for _, field := range []*string{&c.FirstName, &c.LastName, &c.Email, &c.CompanyName, &c.Address1, &c.City} {
		*field = strings.TrimSpace(*field)
	}
	c.Phone = normalPhone(c.Phone)
	c.Tags = normalTags(c.Tags)
	c.DateAdded = c.DateAdded.UTC().Truncate(time.Millisecond)
	c.DateUpdated = c.DateUpdated.UTC().Truncate(time.Millisecond)
}

// normalPhone is E.164 for what people in the USA write down, with or without country code.
func normalPhone(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	switch {
	case digits == "":
		return ""
	case strings.HasPrefix(strings.TrimSpace(s), "+"):
		return "+" + digits
	case len(digits) == 10:
		return "+1" + digits
	case len(digits) == 11 && digits[0] == '1':
		return "+" + digits
	}
	return digits
}

// normalTags is lower case, trimmed, each tag once, in the given order.
func normalTags(tags []string) []string {
	var clean []string
	for _, tag := range tags {
		tag = strings.ToLower(strings.TrimSpace(tag))
		if tag != "" && !slices.Contains(clean, tag) {
			clean = append(clean, tag)
		}
	}
	return clean
}

// identifiers are what makes a contact unique, in the order in which the CRM matches.
var identifiers = []string{"email", "phone"}

// A lookup finds contacts by identifier.
type lookup map[[2]string][]*contact

func newLookup() lookup { return lookup{} }

func (l lookup) add(c *contact) {
	for _, key := range c.identity() {
		l[key] = append(l[key], c)
	}
}

func (l lookup) drop(c *contact) {
	for _, key := range c.identity() {
		rest := slices.DeleteFunc(l[key], func(other *contact) bool { return other.ID == c.ID })
		if len(rest) == 0 {
			delete(l, key)
		} else {
			l[key] = rest
		}
	}
}

func (c *contact) identity() (keys [][2]string) {
	if c.Email != "" {
		keys = append(keys, [2]string{"email", strings.ToLower(c.Email)})
	}
	if c.Phone != "" {
		keys = append(keys, [2]string{"phone", c.Phone})
	}
	return keys
}

// match returns the oldest contact with that identifier that is not the one to ignore.
func (l lookup) match(field, value, ignore string) (found *contact) {
	if value == "" {
		return nil
	}
	for _, c := range l[[2]string{field, value}] {
		if c.ID != ignore && (found == nil || c.seq < found.seq) {
			found = c
		}
	}
	return found
}

// twin returns the contact that has one of the given identifiers, and which.
func (l lookup) twin(c *contact, ignore string) (*contact, string) {
	values := map[string]string{"email": strings.ToLower(strings.TrimSpace(c.Email)), "phone": normalPhone(c.Phone)}
	for _, field := range identifiers {
		if found := l.match(field, values[field], ignore); found != nil {
			return found, field
		}
	}
	return nil, ""
}
