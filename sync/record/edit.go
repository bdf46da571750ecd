package record

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// Editable are the fields that a person may change here, by entity. Custom fields of contacts
// are editable too.
var Editable = map[store.Entity][]string{
	store.Contact: {
		store.FirstName, store.LastName, store.Email, store.Phone, "address", "city", "state", "country", "postal_code",
		"website", "birthday", store.Timezone, store.Source, store.Assigned, store.Tags,
	},
	store.Task:        {store.Title, store.Body, store.Due, store.Completed, store.Assigned},
	store.Appointment: {store.Status, store.Title, store.Start, store.End, store.Assigned, "address", store.Notes},
	store.Note:        {store.Body, store.Title},
}

// Required are fields that a record cannot be without.
var Required = []string{store.Title, store.Due, store.Start, store.End, store.Status, store.Completed}

// statuses are those that an appointment can be set to.
var statuses = []string{"new", "confirmed", "cancelled", "showed", "noshow", "invalid"}

// Canonical checks a value that a person wants a field to have, and brings it into
// canonical form. Times without a zone are read in zone.
func Canonical(e store.Entity, field, value, region string, zone *time.Location) (string, error) {
	value = strings.TrimSpace(sms.Clean(value))
	custom := e == store.Contact && strings.HasPrefix(field, CustomPrefix) && field != CustomPrefix
	if !slices.Contains(Editable[e], field) && !custom {
		return "", fmt.Errorf("%ss have no field %q to change: there are %s", e, field, strings.Join(Editable[e], ", "))
	}
	if value == "" {
		if slices.Contains(Required, field) || e == store.Note && field == store.Body {
			return "", errors.New("this cannot be empty")
		}
		return "", nil
	}
	if custom {
		return Custom(CustomJSON(value)), nil // as it will be read back
	}
	switch field {
	case store.Phone:
		p, err := sms.ParsePhone(value, region)
		if err != nil {
			return "", fmt.Errorf("%q: %w; write it like +15550100", value, err)
		}
		return string(p), nil
	case store.Email:
		a, err := mail.ParseAddress(value)
		if err != nil {
			return "", fmt.Errorf("%q is no email address", value)
		}
		return strings.ToLower(a.Address), nil
	case store.Due, store.Start, store.End:
		return canonicalMoment(value, zone)
	case store.Tags:
		return store.EncodeSet(splitTags(value)), nil
	case store.Completed:
		return oneOf(value, "true", "false")
	case store.Status:
		return oneOf(value, statuses...)
	case store.Timezone:
		if _, err := time.LoadLocation(value); err != nil || value == "Local" {
			return "", fmt.Errorf("%q is no time zone: write America/New_York", value)
		}
	case store.Title:
		return strings.Join(strings.Fields(value), " "), nil
	}
	return value, nil
}

func splitTags(s string) []string {
	var tags []string
	for tag := range strings.SplitSeq(s, ",") {
		tags = append(tags, strings.ToLower(strings.TrimSpace(tag)))
	}
	return tags
}

func oneOf(value string, known ...string) (string, error) {
	if slices.Contains(known, value) {
		return value, nil
	}
	return "", fmt.Errorf("%q %s", value, NoneOf(value, known))
}

// moments are the ways in which a person may write a time.
var moments = []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"}

func canonicalMoment(value string, zone *time.Location) (string, error) {
	for _, form := range moments {
		if t, err := time.ParseInLocation(form, value, zone); err == nil {
			return Time(t), nil
		}
	}
	return "", fmt.Errorf("%q is no time: write 2026-11-24 15:00", value)
}
