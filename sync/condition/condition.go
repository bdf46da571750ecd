// Package condition is what a reminder or a rule asks of an appointment, of its contact and of a text. One
// more condition is a field of [Condition] and a row of [Kinds].
package condition

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Condition is what must be so, by its keys in the config. What is empty may be anything; of several values
// one is enough, and of those under a key with not_ none may be.
type Condition struct {
	Calendar  OneOf  `yaml:"calendar,omitempty"`   // of the appointment, names or the CRM's ids
	Staff     OneOf  `yaml:"staff,omitempty"`      // whose appointment, names or the CRM's ids
	Status    OneOf  `yaml:"status,omitempty"`     // of the appointment
	NotStatus OneOf  `yaml:"not_status,omitempty"` // of the appointment
	Tag       OneOf  `yaml:"tag,omitempty"`        // of the contact
	NotTag    OneOf  `yaml:"not_tag,omitempty"`    // of the contact
	Field     Fields `yaml:"field,omitempty"`      // of the contact
	From      OneOf  `yaml:"from,omitempty"`       // whose text, some of [Senders]
}

// OneOf are values of which one is enough. In the config one alone stands without a list.
type OneOf []string

// Fields are values by the owner's names of fields or the mirror's. An empty value, or none, is a field that
// is not filled in.
type Fields map[string]OneOf

// The senders that a condition can ask for.
const (
	FromStaff   = "staff"
	FromContact = "contact"
	FromUnknown = "unknown" // whom nobody in the CRM had as a number before
)

// Senders are all of them.
var Senders = []string{FromStaff, FromContact, FromUnknown}

// Subject is what a condition is about.
type Subject uint

// The subjects.
const (
	OfContact Subject = 1 << iota
	OfAppointment
	OfSender // of a text
)

// Case is what conditions are asked about. What there is not is nil or empty.
type Case struct {
	Appointment, Contact *store.Record
	From                 string
}

// Kind is a kind of condition.
type Kind struct {
	Key     string
	Of      Subject
	Selects bool                     // where it is not met a rule is not for the appointment: there is no row in the ledger, not even a skipped one
	values  func(c *Condition) OneOf // what it asks for; nothing: it asks nothing
	valid   func(value string) error // nil: each value is
	against func(want OneOf, c *Condition, of Case, w wording.World) string
}

// Kinds are all kinds of conditions.
var Kinds = []Kind{
	{
		Key: "calendar", Of: OfAppointment, Selects: true, values: func(c *Condition) OneOf { return c.Calendar },
		against: func(want OneOf, _ *Condition, of Case, w wording.World) string {
			id := of.Appointment.Get(store.Calendar)
			return unless(want.names(id, w.Calendars[id]), "the appointment is in another calendar")
		},
	},
	{
		Key: "staff", Of: OfAppointment, Selects: true, values: func(c *Condition) OneOf { return c.Staff },
		against: func(want OneOf, _ *Condition, of Case, w wording.World) string {
			id := of.Appointment.Get(store.Assigned)
			return unless(want.names(id, w.Users[id]), "the appointment is somebody else's")
		},
	},
	{
		Key: "status", Of: OfAppointment, values: func(c *Condition) OneOf { return c.Status }, valid: validStatus,
		against: func(want OneOf, _ *Condition, of Case, _ wording.World) string {
			is := of.Appointment.Get(store.Status)
			return unless(slices.Contains(want, is), "the appointment is %s, and the rule is for %s", is, strings.Join(want, ", "))
		},
	},
	{
		Key: "not_status", Of: OfAppointment, values: func(c *Condition) OneOf { return c.NotStatus }, valid: validStatus,
		against: func(not OneOf, _ *Condition, of Case, _ wording.World) string {
			is := of.Appointment.Get(store.Status)
			return unless(!slices.Contains(not, is), "the appointment is %s", is)
		},
	},
	{
		Key: "tag", Of: OfContact, values: func(c *Condition) OneOf { return c.Tag },
		against: func(want OneOf, _ *Condition, of Case, _ wording.World) string {
			return unless(want.tagged(of.Contact) != "", "the contact does not have the tag %s", strings.Join(want, " or "))
		},
	},
	{
		Key: "not_tag", Of: OfContact, values: func(c *Condition) OneOf { return c.NotTag },
		against: func(not OneOf, _ *Condition, of Case, _ wording.World) string {
			tag := not.tagged(of.Contact)
			return unless(tag == "", "the contact has the tag %s", tag)
		},
	},
	{Key: "field", Of: OfContact, values: func(c *Condition) OneOf { return c.Field.Names() }, against: otherFields},
	{
		Key: "from", Of: OfSender, values: func(c *Condition) OneOf { return c.From }, valid: validSender,
		against: func(want OneOf, _ *Condition, of Case, _ wording.World) string {
			return unless(slices.Contains(want, of.From), "the text is from %s, and the rule is for %s", of.From, strings.Join(want, ", "))
		},
	},
}

func unless(so bool, why string, args ...any) string {
	if so {
		return ""
	}
	return fmt.Sprintf(why, args...)
}

// IsFor tells whether a rule is for an appointment at all.
func (c *Condition) IsFor(a *store.Record, w wording.World) bool {
	return c.first(Case{Appointment: a}, w, func(k Kind) bool { return k.Selects }) == ""
}

// Objection is what speaks against a case, beside the choice of appointments; empty: nothing.
func (c *Condition) Objection(of Case, w wording.World) string {
	return c.first(of, w, func(k Kind) bool { return !k.Selects })
}

// first is what the first of some kinds of conditions has against a case.
func (c *Condition) first(of Case, w wording.World, asked func(Kind) bool) string {
	for _, k := range Kinds {
		want := k.values(c)
		if !asked(k) || len(want) == 0 {
			continue
		}
		if why := k.missing(of); why != "" {
			if strings.HasPrefix(k.Key, "not_") { // what is not there is nothing of that
				continue
			}
			return why
		}
		if why := k.against(want, c, of, w); why != "" {
			return why
		}
	}
	return ""
}

// missing is why a case has nothing that a condition could be about.
func (k Kind) missing(of Case) string {
	switch {
	case k.Of == OfAppointment && of.Appointment == nil:
		return "there is no appointment"
	case k.Of == OfContact && of.Contact == nil:
		return "there is no contact"
	case k.Of == OfSender && of.From == "":
		return "there is no text"
	}
	return ""
}

func validStatus(status string) error {
	_, err := record.Canonical(store.Appointment, store.Status, status, "", time.UTC)
	return err
}

func validSender(from string) error {
	if slices.Contains(Senders, from) {
		return nil
	}
	return fmt.Errorf("%q %s", from, record.NoneOf(from, Senders))
}

// names tells whether a record of the CRM is among some that go by their names or ids.
func (o OneOf) names(id, name string) bool {
	return slices.ContainsFunc(o, func(n string) bool { return n == id || name != "" && strings.EqualFold(n, name) })
}

// tagged is the first tag that a contact has; empty: they have none of them.
func (o OneOf) tagged(contact *store.Record) string {
	for _, tag := range o {
		if record.HasTag(contact, tag) {
			return tag
		}
	}
	return ""
}

// has tells whether a value is one that is asked for.
func (o OneOf) has(value string) bool {
	return len(o) == 0 && value == "" || slices.ContainsFunc(o, func(want string) bool { return strings.EqualFold(want, value) })
}
