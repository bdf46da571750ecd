package wording

import (
	"cmp"
	"strings"
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
	Calendars     map[string]string      // names by the CRM's id
	NoMove        map[string]bool        // calendars by the CRM's id whose appointments people may not move themselves
	NoCancel      map[string]bool        // or not cancel
	Users         map[string]string      // names of staff by the CRM's id, where a reminder or a rule asks for them
	Fields        record.Names           // the owner's names for fields of contacts
	Language      string                 // the owner's, by its code
	LanguageField string                 // of a contact, which names theirs; empty: none
	Hours         *hours.Texting         // at which people may be texted; nil: always
	Clock         hours.Whose            // that texts keep; empty: the recipient's
	Clocks        map[string]hours.Whose // those of texts about appointments in calendars, by their ids or names
	Born          time.Time              // when the mirror was made
	Heard         time.Time              // what was stored by then was there when texts were first read; zero: not known
	Restored      time.Time              // until when a mirror that was put back missed what happened, by anybody's clock; zero: it was not
	Noticed       time.Time              // when that was noticed
}

// FromBefore tells a text that came in before the mirror was made. The gateway's clock may be another one than ours, but what
// was there when texts were first read, from before, is from before by any clock.
func (w World) FromBefore(t *store.Inbound) bool {
	return t.ReceivedAt.Before(w.Born.Add(-record.ClockSkew)) || !w.Heard.IsZero() && t.ReceivedAt.Before(w.Born) && !t.StoredAt.After(w.Heard)
}

// ZoneOf is the zone in which a contact is told times: their own, if the CRM has one and the world's is not everybody's, else the world's.
func (w World) ZoneOf(contact *store.Record) *time.Location {
	return w.zoneBy(contact, cmp.Or(w.Clock, hours.Recipient))
}

// ZoneAt is the same of the times of an appointment.
func (w World) ZoneAt(contact, appointment *store.Record) *time.Location {
	return w.zoneBy(contact, w.ClockOf("", appointment))
}

func (w World) zoneBy(contact *store.Record, whose hours.Whose) *time.Location {
	if contact != nil && whose != hours.Location {
		if zone, ok := hours.ZoneNamed(contact.Get(store.Timezone)); ok {
			return zone
		}
	}
	return w.Zone
}

// ClockOf is whose clock a text about an appointment keeps: what says the most about it decides.
func (w World) ClockOf(rule hours.Whose, appointment *store.Record) hours.Whose {
	if rule != "" {
		return rule
	}
	if appointment != nil {
		id := appointment.Get(store.Calendar)
		for calendar, whose := range w.Clocks {
			if calendar == id || strings.EqualFold(calendar, w.Calendars[id]) {
				return whose
			}
		}
	}
	return cmp.Or(w.Clock, hours.Recipient)
}

// PlaceOf is where the clock runs that texts to a contact at a number keep.
func (w World) PlaceOf(contact *store.Record, number string, whose hours.Whose) hours.Place {
	home := hours.Place{Zone: w.Zone, From: w.ZoneFrom}
	if whose == hours.Location {
		return home
	}
	return hours.PlaceOf(contact, number, home, w.Region)
}

// HoursOf are the hours at which a contact may be texted at a number, by the clock of a place where they are, as the clocks are at a
// time.
func (w World) HoursOf(contact *store.Record, number string, p hours.Place, at time.Time) hours.Week {
	week, _ := w.Hours.Of(contact, number)
	byNumber := week
	if len(p.Others) > 0 {
		byNumber, _ = w.Hours.Of(nil, number)
	}
	return p.Within(week, byNumber, at)
}

// LanguageOf is what a contact's language is called in the field that names it; empty: not known.
func (w World) LanguageOf(contact *store.Record) string {
	field := w.Fields.Field(w.LanguageField)
	if field == "" || contact == nil {
		return ""
	}
	return record.Readable(contact.Get(field))
}
