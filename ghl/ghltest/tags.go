package ghltest

import (
	"net/http"
	"slices"
)

// A tag is known to the location, whether or not a contact has it.
type tag struct{ id, name string }

func (s *Sandbox) newTag(name string) *tag {
	s.tagKnown[name] = true
	t := &tag{id: s.newID("tag"), name: name}
	s.tags = append(s.tags, t)
	return t
}

func (s *Sandbox) tagWire(t *tag) obj {
	return obj{"id": t.id, "name": t.name, "locationId": s.opt.Location}
}

func (s *Sandbox) listTags(c *call) (reply, error) {
	if err := s.ours(c.PathValue("location")); err != nil {
		return reply{}, err
	}
	rows := []obj{}
	for _, t := range s.tags {
		rows = append(rows, s.tagWire(t))
	}
	return ok(obj{"tags": rows})
}

// tagOf returns the tag that a path names, and its place.
func (s *Sandbox) tagOf(c *call) (*tag, int, error) {
	if err := s.ours(c.PathValue("location")); err != nil {
		return nil, 0, err
	}
	i := slices.IndexFunc(s.tags, func(t *tag) bool { return t.id == c.PathValue("tag") })
	if i < 0 {
		return nil, 0, notFound("Tag", c.PathValue("tag"))
	}
	return s.tags[i], i, nil
}

func (s *Sandbox) getTag(c *call) (reply, error) {
	t, _, err := s.tagOf(c)
	if err != nil {
		return reply{}, err
	}
	return ok(obj{"tag": s.tagWire(t)})
}

var tagDTO = dto{fields: map[string]kind{"name": text}, required: []string{"name"}}

// tagName reads a name that no other tag has.
func (s *Sandbox) tagName(c *call) (string, error) {
	b, err := tagDTO.read(c)
	if err != nil {
		return "", err
	}
	name := normalTags([]string{b.str("name")})
	if len(name) == 0 {
		return "", unprocessable("name should not be empty")
	}
	if s.tagKnown[name[0]] {
		return "", badRequest("The tag name is already exist.")
	}
	return name[0], nil
}

func (s *Sandbox) createTag(c *call) (reply, error) {
	if err := s.ours(c.PathValue("location")); err != nil {
		return reply{}, err
	}
	name, err := s.tagName(c)
	if err != nil {
		return reply{}, err
	}
	t := s.newTag(name)
	return done("tag.create", t.id, http.StatusOK, obj{"tag": s.tagWire(t)})
}

// renameTag renames it on the contacts as well, without moving their date.
func (s *Sandbox) renameTag(c *call) (reply, error) {
	t, _, err := s.tagOf(c)
	if err != nil {
		return reply{}, err
	}
	name, err := s.tagName(c)
	if err != nil {
		return reply{}, err
	}
	s.retag(t.name, name)
	t.name = name
	return done("tag.update", t.id, http.StatusOK, obj{"tag": s.tagWire(t)})
}

// deleteTag takes it from the contacts as well, without moving their date.
func (s *Sandbox) deleteTag(c *call) (reply, error) {
	t, i, err := s.tagOf(c)
	if err != nil {
		return reply{}, err
	}
	s.tags = slices.Delete(s.tags, i, i+1)
	s.retag(t.name, "")
	return done("tag.delete", t.id, http.StatusOK, succeeded())
}

func (s *Sandbox) retag(from, to string) {
	delete(s.tagKnown, from)
	if to != "" {
		s.tagKnown[to] = true
	}
	for _, old := range s.people {
		if i := slices.Index(old.Tags, from); i >= 0 {
			next := old.copy()
			next.Tags[i] = to
			s.put(next, clock())
		}
	}
}

var bulkTagsDTO = dto{
	fields:   map[string]kind{"contacts": words, "tags": words, "locationId": text, "removeAllTags": flag},
	required: []string{"contacts", "tags", "locationId"},
}

func (s *Sandbox) bulkTags(c *call) (reply, error) {
	b, err := bulkTagsDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	how := c.PathValue("type")
	if how != "add" && how != "remove" {
		return reply{}, unprocessable("type must be one of the following values: add, remove")
	}
	if err := s.ours(b.str("locationId")); err != nil {
		return reply{}, err
	}
	var ids, tags []string
	b.into("contacts", &ids)
	b.into("tags", &tags)
	responses, failed := []string{}, 0
	for _, id := range ids {
		old, err := s.find(id)
		if err != nil {
			responses, failed = append(responses, "Contact not found for id:"+id), failed+1
			continue
		}
		s.tagOne(old.copy(), how, normalTags(tags))
		responses = append(responses, id)
	}
	answer := obj{"succeded": true, "errorCount": failed, "responses": responses}
	return reply{status: http.StatusCreated, body: answer, effect: "contact.tags." + how + " bulk"}, nil
}

func (s *Sandbox) tagOne(c *contact, how string, tags []string) {
	if how == "add" {
		c.Tags = append(c.Tags, tags...)
	} else {
		c.Tags = slices.DeleteFunc(c.Tags, func(t string) bool { return slices.Contains(tags, t) })
	}
	s.touch(c)
}
