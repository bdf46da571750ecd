package wording

import (
	"time"

	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
)

// Task is a task that is made, in its owner's words.
type Task struct {
	Title    *Template
	Body     *Template     // nil: none
	Due      time.Duration // after it is made
	AssignTo string        // a CRM user id; empty: nobody
}

// Render words the task with data, made at a time. The error is that of a template.
func (t *Task) Render(data any, at time.Time) (store.Fields, error) {
	title, err := t.Title.Render(data)
	body := ""
	if err == nil && t.Body != nil {
		body, err = t.Body.Render(data)
	}
	if err != nil {
		return nil, err
	}
	return record.NewTask(title, body, at.Add(t.Due), t.AssignTo), nil
}

// World is what the planners know of the place they plan for.
type World struct {
	Zone          *time.Location // the location's, else the config's
	Region        string         // ISO 3166 country of numbers without +
	ZoneFrom      string         // which of both: location, config
	Business      string
	Calendars     map[string]string // names by the CRM's id
	NoMove        map[string]bool   // calendars by the CRM's id whose appointments people may not move themselves
	NoCancel      map[string]bool   // or not cancel
	Users         map[string]string // names of staff by the CRM's id, where a reminder or a rule asks for them
	Fields        record.Names      // the owner's names for fields of contacts
	Language      string            // the owner's, by its code
	LanguageField string            // of a contact, which names theirs; empty: none
	Hours         *hours.Texting    // at which people may be texted; nil: always
	Born          time.Time         // when the mirror was made
	Heard         time.Time         // what was stored by then was there when texts were first read; zero: not known
	Restored      time.Time         // until when a mirror that was put back missed what happened, by anybody's clock; zero: it was not
	Noticed       time.Time         // when that was noticed
}

// FromBefore tells a text that came in before the mirror was made. The gateway's clock may be another one than ours, but what
// was there when texts were first read, from before, is from before by any clock.
func (w World) FromBefore(t *store.Inbound) bool {
	return t.ReceivedAt.Before(w.Born.Add(-record.ClockSkew)) || !w.Heard.IsZero() && t.ReceivedAt.Before(w.Born) && !t.StoredAt.After(w.Heard)
}

// ZoneOf is where a contact's clock runs: their own zone, else the world's.
func (w World) ZoneOf(contact *store.Record) *time.Location {
	zone, _ := w.ZoneAndSource(contact)
	return zone
}

// ZoneAndSource is the same, and whose zone it is: contact, location, config.
func (w World) ZoneAndSource(contact *store.Record) (zone *time.Location, from string) {
	if contact != nil && contact.Get(store.Timezone) != "" {
		if loc, err := time.LoadLocation(contact.Get(store.Timezone)); err == nil {
			return loc, "contact"
		}
	}
	return w.Zone, w.ZoneFrom
}

// LanguageOf is what a contact's language is called in the field that names it; empty: not known.
func (w World) LanguageOf(contact *store.Record) string {
	field := w.Fields.Field(w.LanguageField)
	if field == "" || contact == nil {
		return ""
	}
	return record.Readable(contact.Get(field))
}
