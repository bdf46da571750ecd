package ghltest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

var updateContactDTO = dto{fields: map[string]kind{
	"firstName": text, "lastName": text, "name": text, "email": email, "phone": text, "address1": text,
	"city": text, "state": text, "postalCode": text, "website": text, "timezone": text, "dnd": flag,
	"dndSettings": object, "inboundDndSettings": object, "tags": words, "customFields": array,
	"source": text, "dateOfBirth": text, "country": text, "assignedTo": text,
}}

var createContactDTO = updateContactDTO.with(map[string]kind{
	"locationId": text, "gender": text, "companyName": text,
}, "locationId")

var upsertContactDTO = createContactDTO.with(map[string]kind{"createNewIfDuplicateAllowed": flag}, "locationId")

func (s *Sandbox) getContact(c *call) (reply, error) {
	found, err := s.find(c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	return ok(obj{"contact": s.record(found)})
}

func (s *Sandbox) createContact(c *call) (reply, error) {
	b, err := s.readContact(createContactDTO, c)
	if err != nil {
		return reply{}, err
	}
	fresh := &contact{viaAPI: true}
	if err := s.apply(b, fresh); err != nil {
		return reply{}, err
	}
	if err := s.checkUnique(fresh); err != nil {
		return reply{}, err
	}
	s.enter(fresh, clock())
	return done("contact.create", fresh.ID, http.StatusCreated, obj{"contact": s.created(fresh)})
}

func (s *Sandbox) readContact(d dto, c *call) (body, error) {
	b, err := d.read(c)
	if err != nil {
		return nil, err
	}
	return b, s.ours(b.str("locationId"))
}

// checkUnique refuses a contact whose email or phone another one has, if the location does.
func (s *Sandbox) checkUnique(c *contact) error {
	if s.opt.AllowDuplicates {
		return nil
	}
	twin, field := s.live.twin(c, c.ID)
	if twin == nil {
		return nil
	}
	return &refusal{
		status:  http.StatusBadRequest,
		message: "This location does not allow duplicated contacts.",
		meta:    obj{"contactId": twin.ID, "contactName": twin.fullName(), "matchingField": field},
	}
}

func (s *Sandbox) updateContact(c *call) (reply, error) {
	b, err := updateContactDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	old, err := s.find(c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	next := old.copy()
	if err := s.apply(b, next); err != nil {
		return reply{}, err
	}
	if b.has("email") || b.has("phone") {
		if err := s.checkUnique(next); err != nil {
			return reply{}, err
		}
	}
	s.touch(next)
	answer := succeeded()
	answer["contact"] = s.record(next)
	return done("contact.update", next.ID, http.StatusOK, answer)
}

// touch stores a changed contact.
func (s *Sandbox) touch(c *contact) {
	now := clock()
	c.DateUpdated = now
	s.put(c, now)
}

func (s *Sandbox) deleteContact(c *call) (reply, error) {
	old, err := s.find(c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	next := old.copy()
	next.Deleted = true
	s.touch(next)
	return done("contact.delete", next.ID, http.StatusOK, succeeded())
}

// upsertContact updates the contact that matches in the first configured identifier. If another
// one matches in the second, that value is silently ignored.
func (s *Sandbox) upsertContact(c *call) (reply, error) {
	b, err := s.readContact(upsertContactDTO, c)
	if err != nil {
		return reply{}, err
	}
	like := &contact{viaAPI: true}
	if err := s.apply(b, like); err != nil {
		return reply{}, err
	}
	var wantNew bool
	b.into("createNewIfDuplicateAllowed", &wantNew)
	old, field := s.live.twin(like, "")
	if old == nil || (wantNew && s.opt.AllowDuplicates) {
		s.enter(like, clock())
		return s.upserted("contact.create", like, true)
	}
	if field == "email" && s.live.match("phone", normalPhone(like.Phone), old.ID) != nil {
		delete(b, "phone")
	}
	next := old.copy()
	if err := s.apply(b, next); err != nil {
		return reply{}, err
	}
	s.touch(next)
	return s.upserted("contact.update", next, false)
}

func (s *Sandbox) upserted(effect string, c *contact, isNew bool) (reply, error) {
	answer := succeeded()
	answer["new"] = isNew
	answer["contact"] = s.record(c)
	return done(effect, c.ID, http.StatusOK, answer)
}

// apply writes a body that fits its dto over a contact.
func (s *Sandbox) apply(b body, c *contact) error {
	if b.has("name") && !b.has("firstName") && !b.has("lastName") {
		c.FirstName, c.LastName, _ = strings.Cut(b.str("name"), " ")
	}
	for key, dst := range map[string]*string{
		"firstName": &c.FirstName, "lastName": &c.LastName, "email": &c.Email, "phone": &c.Phone,
		"address1": &c.Address1, "city": &c.City, "state": &c.State, "postalCode": &c.PostalCode,
		"website": &c.Website, "timezone": &c.Timezone, "source": &c.Source, "country": &c.Country,
		"assignedTo": &c.AssignedTo, "companyName": &c.CompanyName,
	} {
		b.text(key, dst)
	}
	b.into("dnd", &c.DND)
	if b.has("tags") { // overwrites
		c.Tags = nil
		b.into("tags", &c.Tags)
	}
	if b.has("dateOfBirth") {
		date, good := birthday(b.str("dateOfBirth"))
		if !good {
			return unprocessable("dateOfBirth must be a valid date")
		}
		c.DateOfBirth = date
	}
	if err := applyDND(b, c); err != nil {
		return err
	}
	return s.applyFields(b, c)
}

func birthday(given string) (string, bool) {
	if given == "" {
		return "", true
	}
	date, _, _ := strings.Cut(given, "T")
	date = strings.NewReplacer("/", "-", ".", "-", "_", "-").Replace(date)
	for _, layout := range []string{"2006-01-02", "01-02-2006"} {
		if t, err := time.Parse(layout, date); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

var (
	channels    = []string{"Call", "Email", "SMS", "WhatsApp", "GMB", "FB", "RCS"}
	dndStatuses = []string{"active", "inactive", "permanent"}
)

// applyDND merges the given channels over those that are there. What is permanent stays so.
func applyDND(b body, c *contact) error {
	var given map[string]json.RawMessage
	b.into("dndSettings", &given)
	for _, channel := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(channels, channel) {
			return unprocessable("dndSettings.property " + channel + " should not exist")
		}
		var setting DNDSetting
		dec := json.NewDecoder(bytes.NewReader(given[channel]))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&setting); err != nil || !slices.Contains(dndStatuses, setting.Status) {
			return unprocessable("dndSettings." + channel + ".status must be one of the following values: " +
				strings.Join(dndStatuses, ", "))
		}
		if c.DNDSettings == nil {
			c.DNDSettings = map[string]DNDSetting{}
		}
		if c.DNDSettings[channel].Status != "permanent" {
			c.DNDSettings[channel] = setting
		}
	}
	return nil
}

// applyFields merges the given custom fields over those that are there. An empty value removes.
func (s *Sandbox) applyFields(b body, c *contact) error {
	var given []map[string]any
	b.into("customFields", &given)
	for _, in := range given {
		for _, key := range slices.Sorted(maps.Keys(in)) {
			if key != "id" && key != "key" && key != "field_value" {
				return unprocessable("customFields.property " + key + " should not exist")
			}
		}
		id, _ := in["id"].(string)
		key, _ := in["key"].(string)
		if id = cmp.Or(id, s.fieldID(key)); id == "" {
			continue // unknown fields are dropped without a word
		}
		value := in["field_value"]
		c.CustomFields = slices.DeleteFunc(c.CustomFields, func(f CustomField) bool { return f.ID == id })
		if value != nil && value != "" {
			c.CustomFields = append(c.CustomFields, CustomField{ID: id, Value: value})
		}
	}
	return nil
}

var tagsDTO = dto{fields: map[string]kind{"tags": words}, required: []string{"tags"}}

func (s *Sandbox) addTags(c *call) (reply, error) {
	next, given, err := s.readTags(c)
	if err != nil {
		return reply{}, err
	}
	added := slices.DeleteFunc(given, func(tag string) bool { return slices.Contains(next.Tags, tag) })
	next.Tags = append(next.Tags, added...)
	if len(added) > 0 {
		s.touch(next)
	}
	return done("contact.tags.add", next.ID, http.StatusCreated, obj{"tags": list(next.Tags), "tagsAdded": list(added)})
}

func (s *Sandbox) removeTags(c *call) (reply, error) {
	next, given, err := s.readTags(c)
	if err != nil {
		return reply{}, err
	}
	removed := slices.DeleteFunc(given, func(tag string) bool { return !slices.Contains(next.Tags, tag) })
	next.Tags = slices.DeleteFunc(next.Tags, func(tag string) bool { return slices.Contains(removed, tag) })
	if len(removed) > 0 {
		s.touch(next)
	}
	return done("contact.tags.remove", next.ID, http.StatusOK, obj{"tags": list(next.Tags), "tagsRemoved": list(removed)})
}

// readTags returns a copy of the contact to change and the tags that are given.
func (s *Sandbox) readTags(c *call) (*contact, []string, error) {
	b, err := tagsDTO.read(c)
	if err != nil {
		return nil, nil, err
	}
	old, err := s.find(c.PathValue("id"))
	if err != nil {
		return nil, nil, err
	}
	var given []string
	b.into("tags", &given)
	return old.copy(), normalTags(given), nil
}
