package record

import (
	"encoding/json"
	"slices"
	"strings"

	"ghlsms/sms"
	"ghlsms/store"
)

// HasTag tells whether a contact has a tag, whatever its case.
func HasTag(contact *store.Record, tag string) bool {
	return slices.ContainsFunc(contact.Value().Set(store.Tags), func(t string) bool { return strings.EqualFold(t, tag) })
}

// Blocked tells whether a contact's own record forbids texting.
func Blocked(contact *store.Record) bool {
	return contact != nil && (IsBlock(store.DND, contact.Get(store.DND)) || IsBlock(store.DNDSMS, contact.Get(store.DNDSMS)))
}

// IsBlock tells whether a value of a do-not-disturb field means opted out.
func IsBlock(field, value string) bool {
	if field == store.DND {
		return value == "true"
	}
	return value == "active" || value == "permanent"
}

// IsDND tells whether a field of contacts is one of do-not-disturb.
func IsDND(field string) bool {
	_, channel := DNDChannels[field]
	return channel || field == store.DND
}

// TakesPlace tells whether an appointment in a status still takes place. An unknown status does:
// a reminder too many is better than a person who is not told.
func TakesPlace(status string) bool {
	switch status {
	case "cancelled", "noshow", "showed", "invalid", "completed":
		return false
	}
	return true
}

// Reachable is the number to text a contact at, or the reason not to.
func Reachable(contact *store.Record, optedOut bool) (number, reason string) {
	number = contact.Get(store.Phone)
	switch {
	case !contact.GoneAt.IsZero():
		return "", "the contact was deleted"
	case number == "":
		return "", "the contact has no phone number"
	case !Textable(number):
		return "", "the contact's phone number cannot be texted"
	case optedOut, Blocked(contact):
		return "", "the contact opted out"
	}
	return number, ""
}

// Readable undoes what the canonical form of a value does to texts that look like JSON, and
// writes several values side by side.
func Readable(value string) string {
	var text string
	if strings.HasPrefix(value, `"`) && json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	var several []string
	if strings.HasPrefix(value, "[") && json.Unmarshal([]byte(value), &several) == nil {
		return strings.Join(several, ", ")
	}
	return value
}

// Name is the full name of a person, as far as there is one.
func Name(contact *store.Record) string {
	return strings.TrimSpace(contact.Get(store.FirstName) + " " + contact.Get(store.LastName))
}

// NameOrNumber is what a person is called, or their number, masked, where there is no name.
func NameOrNumber(contact *store.Record) string {
	if name := Name(contact); name != "" {
		return name
	}
	return sms.Phone(contact.Get(store.Phone)).Masked()
}
