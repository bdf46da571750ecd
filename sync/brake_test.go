package sync

import (
	"strings"
	"testing"
)

func TestBrakes(t *testing.T) {
	none := Limits{}
	l := Limits{TextsPerHour: 200, TextsPerPersonPerDay: 10, NewContactsPerHour: 50, GoneShare: 0.2}
	tests := []struct {
		name string
		got  string
		want string // what the reason names; empty: none
	}{
		{"texts below", brakeText(Counts{TextsInHour: 199, TextsToPerson: 9}, l), ""},
		{"texts at the limit", brakeText(Counts{TextsInHour: 200}, l), "200 texts in an hour (limits.texts_per_hour)"},
		{"texts to one person", brakeText(Counts{TextsToPerson: 10}, l), "10 texts to one person in a day (limits.texts_per_person_per_day)"},
		{"both: the wider one is named", brakeText(Counts{TextsInHour: 300, TextsToPerson: 30}, l), "limits.texts_per_hour"},
		{"no limit", brakeText(Counts{TextsInHour: 1e6, TextsToPerson: 1e6}, none), ""},
		{"texts do not count contacts", brakeText(Counts{ContactsInHour: 1e6}, l), ""},

		{"contacts below", brakeContact(Counts{ContactsInHour: 49}, l), ""},
		{"contacts at the limit", brakeContact(Counts{ContactsInHour: 50}, l), "50 new contacts in an hour (limits.new_contacts_per_hour)"},
		{"contacts, no limit", brakeContact(Counts{ContactsInHour: 1e6}, none), ""},
		{"contacts do not count texts", brakeContact(Counts{TextsInHour: 1e6, TextsToPerson: 1e6}, l), ""},

		{"nothing vanished", brakeGone(0, 1000, l), ""},
		{"a fifth may", brakeGone(200, 1000, l), ""},
		{"more may not", brakeGone(201, 1000, l), "201 of 1000 vanished at once"},
		{"everything", brakeGone(1000, 1000, l), "limits.gone_share"},
		{"few prove nothing", brakeGone(5, 5, l), ""},
		{"six of six do", brakeGone(6, 6, l), "6 of 6"},
		{"an empty mirror", brakeGone(0, 0, l), ""},
		{"gone, no limit", brakeGone(1000, 1000, none), ""},
	}
	for _, tt := range tests {
		if (tt.want == "") != (tt.got == "") || !strings.Contains(tt.got, tt.want) {
			t.Errorf("%s: %q, want %q in it", tt.name, tt.got, tt.want)
		}
	}
}
