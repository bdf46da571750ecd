package sync

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
)

// The canonical form of what the CRM shows. Volatile fields (the CRM's own timestamps, its
// lower-case copies, attribution) are left out: they change without anything having changed.

// customPrefix starts the names of custom fields; the CRM's id of the field follows.
const customPrefix = "cf."

// dndChannels are the CRM's spellings by canonical field name.
var dndChannels = map[string]string{
	store.DNDSMS: "SMS", "dnd_email": "Email", "dnd_call": "Call", "dnd_whatsapp": "WhatsApp", "dnd_gmb": "GMB", "dnd_fb": "FB",
}

func contactFields(c ghl.Contact, region string) store.Fields {
	f := store.Fields{
		store.FirstName: c.FirstName, store.LastName: c.LastName,
		store.Email: strings.ToLower(c.Email), store.Phone: canonicalPhone(c.Phone, region),
		"company": c.CompanyName, "address": c.Address1, "city": c.City, "state": c.State, "country": c.Country,
		"postal_code": c.PostalCode, "website": c.Website, "birthday": c.DateOfBirth,
		store.Timezone: c.Timezone, store.Source: c.Source, store.Assigned: string(c.AssignedTo),
		store.Tags: store.EncodeSet(c.Tags),
	}
	if c.DND {
		f[store.DND] = "true"
	}
	for field, channel := range dndChannels {
		if s := c.DNDSettings[channel].Status; s != "inactive" {
			f[field] = s
		}
	}
	for _, cf := range c.CustomFields {
		f[customPrefix+cf.ID] = canonicalCustom(cf.Value)
	}
	return tidy(f)
}

// canonicalPhone is E.164. A number that is none in the region may be an international one whose
// plus sign was lost. What is no number at all is kept as it is: it cannot be texted, but it
// must not look changed.
func canonicalPhone(s, region string) string {
	if s == "" {
		return ""
	}
	for _, try := range []struct{ number, region string }{{s, region}, {"+" + strings.TrimPrefix(s, "00"), ""}} {
		if p, err := sms.ParsePhone(try.number, try.region); err == nil {
			return string(p)
		}
	}
	return s
}

// textable tells whether texts can be sent to a number, and be known by it when they come back.
func textable(number string) bool {
	p, err := sms.ParsePhone(number, "")
	return err == nil && string(p) == number && sms.Answerable(number)
}

// canonicalCustom is a text's own characters, and the compact JSON of anything else.
func canonicalCustom(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if s != "" && strings.ContainsRune(`[{"`, rune(s[0])) {
			return string(raw) // quoted, so that it does not read as JSON of its own
		}
		return s
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.String() == "null" {
		return ""
	}
	return b.String()
}

func taskFields(t ghl.Task) store.Fields {
	f := store.Fields{
		store.Title: t.Title, store.Body: t.Body, store.Assigned: string(t.AssignedTo),
		store.Due: canonicalTime(t.Due), store.Completed: "false",
	}
	if t.Completed {
		f[store.Completed] = "true"
	}
	return tidy(f)
}

func appointmentFields(a ghl.Appointment) store.Fields {
	return tidy(store.Fields{
		store.Calendar: string(a.CalendarID), store.Title: a.Title, store.Status: a.Status,
		store.Start: canonicalTime(a.Start), store.End: canonicalTime(a.End),
		store.Assigned: string(a.AssignedUserID), "address": a.Address, store.Notes: a.Notes,
		fieldAdded: canonicalTime(a.DateAdded),
	})
}

// fieldAdded is when an appointment was booked, or a note was written.
const fieldAdded = "added"

// fieldUser is who wrote a note.
const fieldUser = "user"

func noteFields(n ghl.Note) store.Fields {
	return tidy(store.Fields{
		store.Title: n.Title, store.Body: n.Body, fieldUser: string(n.UserID), fieldAdded: canonicalTime(n.DateAdded),
	})
}

func notePatch(changed store.Fields) ghl.NotePatch {
	var p ghl.NotePatch
	if v, ok := changed[store.Body]; ok {
		p.Body = &v
	}
	if v, ok := changed[store.Title]; ok {
		p.Title = &v
	}
	return p
}

func canonicalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(store.TimeForm)
}

// tidy trims values and leaves empty ones out.
func tidy(f store.Fields) store.Fields {
	for k, v := range f {
		if v = strings.TrimSpace(v); v == "" {
			delete(f, k)
		} else {
			f[k] = v
		}
	}
	return f
}

// contactPatch turns changed fields into what the CRM is sent. value is the whole contact:
// with one do-not-disturb channel go all that are blocked.
func contactPatch(changed, value store.Fields) ghl.ContactPatch {
	text := func(name string) *string {
		if v, ok := changed[name]; ok {
			return &v
		}
		return nil
	}
	p := ghl.ContactPatch{
		FirstName: text(store.FirstName), LastName: text(store.LastName), Email: text(store.Email), Phone: text(store.Phone),
		CompanyName: text("company"), Address1: text("address"), City: text("city"), State: text("state"),
		Country: text("country"), PostalCode: text("postal_code"), Website: text("website"), DateOfBirth: text("birthday"),
		Timezone: text(store.Timezone), Source: text(store.Source), AssignedTo: text(store.Assigned),
	}
	if v, ok := changed[store.DND]; ok {
		p.DND = new(v == "true")
	}
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if id, ok := strings.CutPrefix(name, customPrefix); ok {
			p.CustomFields = append(p.CustomFields, ghl.CustomField{ID: id, Value: customValue(changed[name])})
		}
		if _, ok := dndChannels[name]; ok && p.DNDSettings == nil {
			p.DNDSettings = dndSettings(changed, value)
		}
	}
	return p
}

func customValue(s string) json.RawMessage {
	if s != "" && strings.ContainsRune(`[{"`, rune(s[0])) && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return b
}

// dndSettings are the channels that changed, and those on which the contact must not be
// disturbed. The others are left out: "inactive" would take back what somebody just entered.
func dndSettings(changed, value store.Fields) map[string]ghl.DNDSetting {
	all := map[string]ghl.DNDSetting{}
	for field, channel := range dndChannels {
		status, sent := changed[field]
		switch {
		case sent && status == "":
			all[channel] = ghl.DNDSetting{Status: "inactive"}
		case sent:
			all[channel] = ghl.DNDSetting{Status: status}
		case value[field] != "":
			all[channel] = ghl.DNDSetting{Status: value[field]}
		}
	}
	return all
}

func taskPatch(changed store.Fields) ghl.TaskPatch {
	var p ghl.TaskPatch
	if v, ok := changed[store.Title]; ok {
		p.Title = &v
	}
	if v, ok := changed[store.Body]; ok {
		p.Body = &v
	}
	if v, ok := changed[store.Assigned]; ok {
		p.AssignedTo = &v
	}
	if v, ok := changed[store.Completed]; ok {
		p.Completed = new(v == "true")
	}
	if t, err := time.Parse(store.TimeForm, changed[store.Due]); err == nil {
		p.Due = &t
	}
	return p
}

func appointmentPatch(changed store.Fields) ghl.AppointmentPatch {
	var p ghl.AppointmentPatch
	if v, ok := changed[store.Status]; ok {
		p.Status = &v
	}
	if v, ok := changed[store.Title]; ok {
		p.Title = &v
	}
	if v, ok := changed["address"]; ok {
		p.Address = &v
	}
	if v, ok := changed[store.Notes]; ok {
		p.Notes = &v
	}
	if v, ok := changed[store.Assigned]; ok {
		p.AssignedUserID = new(ghl.UserID(v))
	}
	if t, err := time.Parse(store.TimeForm, changed[store.Start]); err == nil {
		p.Start = &t
	}
	if t, err := time.Parse(store.TimeForm, changed[store.End]); err == nil {
		p.End = &t
	}
	return p
}

// blocked tells whether a contact's own record forbids texting.
func blocked(contact *store.Record) bool {
	return contact != nil && (isBlock(store.DND, contact.Get(store.DND)) || isBlock(store.DNDSMS, contact.Get(store.DNDSMS)))
}

// isBlock tells whether a value of a do-not-disturb field means opted out.
func isBlock(field, value string) bool {
	if field == store.DND {
		return value == "true"
	}
	return value == "active" || value == "permanent"
}

func isDND(field string) bool {
	_, channel := dndChannels[field]
	return channel || field == store.DND
}
