package record

import (
	"strings"
	"testing"

	"ghlsms/store"
	"ghlsms/sync/scenario"
)

func TestCanonicalEdit(t *testing.T) {
	const c, k, a = store.Contact, store.Task, store.Appointment
	for _, tt := range []struct {
		entity             store.Entity
		field, value, want string
	}{
		{c, store.FirstName, "  Jane ", "Jane"},
		{c, store.FirstName, "Ja\x00ne\u202e", "Jane"},
		{c, store.LastName, "", ""},
		{c, store.Email, "Jane@Example.COM", "jane@example.com"},
		{c, store.Email, "Jane Doe <jane@example.com>", "jane@example.com"},
		{c, store.Email, "", ""},
		{c, store.Phone, "(202) 555-0143", "+12025550143"},
		{c, store.Phone, "+44 20 7183 8750", "+442071838750"},
		{c, store.Phone, "", ""},
		{c, store.Timezone, "Europe/Berlin", "Europe/Berlin"},
		{c, store.Timezone, "", ""},
		{c, store.Tags, "VIP, new ,,vip", `["new","vip"]`},
		{c, store.Tags, "two words", `["two words"]`},
		{c, store.Tags, " , ", ""},
		{c, store.Tags, "", ""},
		{c, "cf.abc123", " blue ", "blue"},
		{c, "cf.abc123", "", ""},
		{c, "postal_code", "02108", "02108"},
		{k, store.Title, "Call Jane", "Call Jane"},
		{k, store.Body, "line\r\nline", "line\nline"},
		{k, store.Completed, "true", "true"},
		{k, store.Completed, "false", "false"},
		{k, store.Due, "2026-11-24 15:00", "2026-11-24T20:00:00Z"},
		{k, store.Due, "2026-11-24T15:00", "2026-11-24T20:00:00Z"},
		{k, store.Due, "2026-11-24", "2026-11-24T05:00:00Z"},
		{k, store.Due, "2026-11-24T15:00:00+01:00", "2026-11-24T14:00:00Z"},
		{k, store.Due, "2026-07-24 15:00", "2026-07-24T19:00:00Z"},
		{a, store.Start, "2026-11-24T20:00:00Z", "2026-11-24T20:00:00Z"},
		{a, store.End, "2026-11-24 15:30", "2026-11-24T20:30:00Z"},
		{a, store.Status, "confirmed", "confirmed"},
		{a, "address", "1 Main St", "1 Main St"},
	} {
		got, err := Canonical(tt.entity, tt.field, tt.value, "US", scenario.Zone("America/New_York"))
		if err != nil || got != tt.want {
			t.Errorf("%s %s=%q: %q, %v, want %q", tt.entity, tt.field, tt.value, got, err, tt.want)
			continue
		}
		if again, err := Canonical(tt.entity, tt.field, got, "US", scenario.Zone("Asia/Tokyo")); tt.field != store.Tags && (err != nil || again != got) {
			t.Errorf("%s %s=%q: %q, %v, once more", tt.entity, tt.field, got, again, err)
		}
	}
}

// An error says what is wrong with which value, and what would be right.
func TestCanonicalEditRefuses(t *testing.T) {
	const c, k, a = store.Contact, store.Task, store.Appointment
	for _, tt := range []struct {
		entity             store.Entity
		field, value, want string
	}{
		{c, "firstname", "Jane", `contacts have no field "firstname" to change: there are first_name, last_name,`},
		{c, store.DNDSMS, "", `no field "dnd_sms"`},
		{c, store.DND, "true", `no field "dnd"`},
		{c, "company", "Acme", `no field "company"`},
		{c, "", "x", `no field ""`},
		{k, "cf.abc123", "x", `tasks have no field "cf.abc123" to change: there are title, body, due, completed, assigned_to`},
		{k, store.Phone, "+12025550143", `tasks have no field "phone"`},
		{a, store.Due, "2026-11-24", `appointments have no field "due"`},
		{a, "added", "x", `no field "added"`},
		{c, store.Email, "jane", `"jane" is no email address`},
		{c, store.Email, "jane@example.com, bob@example.com", "is no email address"},
		{c, store.Phone, "555-0143", "area code"},
		{c, store.Phone, "front desk", `"front desk": not a phone number; write it like +15550100`},
		{store.Note, store.Body, " ", "this cannot be empty"},
		{c, store.Timezone, "Mars/Olympus", `"Mars/Olympus" is no time zone: write America/New_York`},
		{k, store.Title, "", "this cannot be empty"},
		{a, store.Title, " \x00 ", "this cannot be empty"},
		{k, store.Completed, "yes", `"yes" is none of true, false`},
		{k, store.Due, "", "this cannot be empty"},
		{k, store.Due, "tomorrow", `"tomorrow" is no time: write 2026-11-24 15:00`},
		{k, store.Due, "2026-02-30", `"2026-02-30" is no time`},
		{a, store.Start, "", "this cannot be empty"},
		{a, store.End, "", "this cannot be empty"},
		{a, store.Status, "", "this cannot be empty"},
		{k, store.Completed, "", "this cannot be empty"},
		{c, store.Timezone, "Local", "is no time zone"},
		{c, "cf.", "x", `no field "cf."`},
		{a, store.Start, "24.11.2026 15:00", "is no time"},
		{a, store.Status, "canceled", `"canceled" is none of new, confirmed, cancelled, showed, noshow, invalid`},
	} {
		got, err := Canonical(tt.entity, tt.field, tt.value, "US", scenario.Zone("America/New_York"))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s=%q: %q, %v, want %q in it", tt.entity, tt.field, tt.value, got, err, tt.want)
		}
	}
}
