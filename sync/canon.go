package sync

import (
	"maps"
	"slices"
	"strings"
	"time"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// The canonical form of what the CRM shows. Volatile fields (the CRM's own timestamps, its
// lower-case copies, attribution) are left out: they change without anything having changed.

func contactFields(c ghl.Contact, region string) store.Fields {
	f := store.Fields{
		store.FirstName: c.FirstName, store.LastName: c.LastName,
		store.Email: strings.ToLower(c.Email), store.Phone: record.Phone(c.Phone, region),
		"company": c.CompanyName, "address": c.Address1, "city": c.City, "state": c.State, "country": c.Country,
		"postal_code": c.PostalCode, "website": c.Website, "birthday": c.DateOfBirth,
		store.Timezone: c.Timezone, store.Source: c.Source, store.Assigned: string(c.AssignedTo),
		store.Tags: store.EncodeSet(c.Tags),
	}
	if c.DND {
		f[store.DND] = "true"
	}
	for field, channel := range record.DNDChannels {
		if s := c.DNDSettings[channel].Status; s != "inactive" {
			f[field] = s
		}
	}
	for _, cf := range c.CustomFields {
		f[record.CustomPrefix+cf.ID] = record.Custom(cf.Value)
	}
	return record.Tidy(f)
}

func taskFields(t ghl.Task) store.Fields {
	f := store.Fields{
		store.Title: t.Title, store.Body: t.Body, store.Assigned: string(t.AssignedTo),
		store.Due: record.Time(t.Due), store.Completed: "false",
	}
	if t.Completed {
		f[store.Completed] = "true"
	}
	return record.Tidy(f)
}

func appointmentFields(a ghl.Appointment) store.Fields {
	return record.Tidy(store.Fields{
		store.Calendar: string(a.CalendarID), store.Title: a.Title, store.Status: a.Status,
		store.Start: record.Time(a.Start), store.End: record.Time(a.End),
		store.Assigned: string(a.AssignedUserID), "address": a.Address, store.Notes: a.Notes,
		record.Added: record.Time(a.DateAdded),
	})
}

func noteFields(n ghl.Note) store.Fields {
	return record.Tidy(store.Fields{
		store.Title: n.Title, store.Body: n.Body, record.Author: string(n.UserID), record.Added: record.Time(n.DateAdded),
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
		if id, ok := strings.CutPrefix(name, record.CustomPrefix); ok {
			p.CustomFields = append(p.CustomFields, ghl.CustomField{ID: id, Value: record.CustomJSON(changed[name])})
		}
		if _, ok := record.DNDChannels[name]; ok && p.DNDSettings == nil {
			p.DNDSettings = dndSettings(changed, value)
		}
	}
	return p
}

// dndSettings are the channels that changed, and those on which the contact must not be
// disturbed. The others are left out: "inactive" would take back what somebody just entered.
func dndSettings(changed, value store.Fields) map[string]ghl.DNDSetting {
	all := map[string]ghl.DNDSetting{}
	for field, channel := range record.DNDChannels {
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
