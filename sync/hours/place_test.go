package hours

import (
	_ "embed"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
	"ghlsms/sync/scenario"
)

//go:embed testdata/places.tsv
var places string

func whoLives(zone, country, state, postal string) *store.Record {
	return &store.Record{Base: store.Fields{store.Timezone: zone, "country": country, "state": state, "postal_code": postal}}
}

func openFrom(p Place, week Week, at time.Time) time.Time {
	opens, _ := p.Within(week, week, at).Shift(at, time.Time{}, p.Zone, Later)
	return opens
}

// Nobody is texted before eight by the clock of any place where they may be.
func TestTheRecipientsClock(t *testing.T) {
	home, n := Place{Zone: scenario.Zone("America/New_York"), From: "location"}, 0
	for line := range strings.Lines(places) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		n++
		p := PlaceOf(whoLives(c[1], c[2], c[3], c[4]), c[0], home, "US")
		if got := openFrom(p, Daily(8*60, 21*60), scenario.Moment("2026-01-15T08:00:00Z")).Format("15:04"); got != c[5] {
			t.Errorf("%s: %s, want %s (%s by %s, %v)", c[6], got, c[5], p.Zone, p.From, p.Others)
		}
	}
	if n < 60 {
		t.Errorf("%d people", n)
	}
}

// In summer the clocks of one place are apart that are one in winter.
func TestTheRecipientsClockInSummer(t *testing.T) {
	home := Place{Zone: scenario.Zone("America/New_York"), From: "location"}
	p := PlaceOf(whoLives("", "US", "AZ", "86503"), "+18005551234", home, "US")
	if got := openFrom(p, Daily(8*60, 21*60), scenario.Moment("2026-07-15T05:00:00Z")).Format("15:04"); got != "15:00" {
		t.Errorf("Chinle: %s (%s, %v)", got, p.Zone, p.Others)
	}
	if open, closes := p.Within(Daily(8*60, 21*60), Daily(8*60, 21*60), scenario.Moment("2026-07-15T20:00:00Z")).Open(scenario.Moment("2026-07-15T20:00:00Z"), p.Zone); !open || closes.Format("15:04") != "03:00" {
		t.Errorf("Chinle: open %v until %s", open, closes)
	}
}

// Ordinary people near a location have its clock, and no other, whatever their address looks like to an American.
func TestWhoLivesNear(t *testing.T) {
	for _, tt := range []struct{ zone, home, number, country, state, postal string }{
		{"Australia/Perth", "AU", "+61412345678", "AU", "", ""}, {"Australia/Perth", "AU", "+61412345678", "AU", "WA", "6000"}, {"Australia/Perth", "AU", "+61412345678", "", "WA", ""},
		{"Australia/Perth", "AU", "+61412345678", "Australia", "WA", ""}, {"Australia/Perth", "AU", "+61412345678", "", "", "6000"}, {"Australia/Sydney", "AU", "+61412345678", "AU", "New South Wales", "2000"},
		{"Atlantic/Azores", "PT", "+351912345678", "PT", "", ""}, {"Europe/Rome", "IT", "+393471234567", "", "MI", "20121"}, {"Europe/Rome", "IT", "+393471234567", "Italy", "CA", ""},
		{"Europe/Rome", "IT", "+390212345678", "Italia", "CO", ""}, {"Europe/Berlin", "DE", "+491711234567", "DE", "MA", ""}, {"Asia/Kolkata", "IN", "+918012345678", "IN", "TN", "600001"},
		{"Europe/London", "GB", "+447911123456", "GB", "London", "SW1A 1AA"}, {"America/Manaus", "BR", "+5592987654321", "BR", "AM", ""}, {"America/Chicago", "US", "+18505551234", "US", "FL", ""},
		{"America/Chicago", "US", "+18505551234", "", "", ""}, {"America/Indiana/Indianapolis", "US", "+13175551234", "US", "IN", "46201"}, {"Europe/Madrid", "ES", "+34600123456", "España", "", ""},
	} {
		home := Place{Zone: scenario.Zone(tt.zone), From: "location"}
		if p := PlaceOf(whoLives("", tt.country, tt.state, tt.postal), tt.number, home, tt.home); p.Zone.String() != tt.zone || len(p.Others) > 0 && tt.zone != "America/Chicago" {
			t.Errorf("%v: %v", tt, p)
		}
	}
}

// Whose address disagrees with a number of the location's country may be at either.
func TestAnAddressElsewhereWithANumberOfHome(t *testing.T) {
	for zone, tt := range map[string][3]string{"Australia/Perth": {"AU", "+61412345678", "WA"}, "Europe/Berlin": {"DE", "+491711234567", "MA"}} {
		home := Place{Zone: scenario.Zone(zone), From: "location"}
		p := PlaceOf(whoLives("", "US", tt[2], ""), tt[1], home, tt[0])
		if len(p.Others) != 1 || p.Others[0].Zone.String() != zone || p.From != "address and number" {
			t.Errorf("%s: %v", zone, p)
		}
	}
}

// Who has a number from another part of the country, and no address, may live near all the same.
func TestNumbersThatPeopleTookAlong(t *testing.T) {
	home := Place{Zone: scenario.Zone("America/Los_Angeles"), From: "location"}
	p := PlaceOf(whoLives("", "", "", ""), "+12125551234", home, "US")
	at := scenario.Moment("2026-01-15T11:00:00Z")
	if opens := openFrom(p, Daily(8*60, 21*60), at); opens.Format("15:04") != "16:00" || p.From != "number" || p.Zone.String() != "America/New_York" {
		t.Errorf("texted at %s (%v)", opens, p) // eight in Los Angeles
	}
	if _, closes := p.Within(Daily(8*60, 21*60), Daily(8*60, 21*60), at).Open(scenario.Moment("2026-01-15T20:00:00Z"), p.Zone); closes.Format("15:04") != "02:00" {
		t.Errorf("until %s", closes) // nine in New York
	}
}

// Where no hour suits both, the first place decides: else they would never be texted.
func TestNoHourSuitsBoth(t *testing.T) {
	home := Place{Zone: scenario.Zone("America/New_York"), From: "location"}
	p := PlaceOf(whoLives("", "US", "CA", "90001"), "+918012345678", home, "US")
	if opens := openFrom(p, Daily(9*60, 18*60), scenario.Moment("2026-01-15T08:00:00Z")); opens.Format("15:04") != "17:00" {
		t.Errorf("texted at %s", opens)
	}
}

// Hours by another clock are the same moments.
func TestHoursByAnotherClock(t *testing.T) {
	week, err := ParseBetween("mon-fri 09:00-18:00, sat 22:00-02:00, sun 12:00-24:00")
	if err != nil {
		t.Fatal(err)
	}
	at := scenario.Moment("2026-01-15T05:00:00Z")
	for _, zones := range [][2]string{{"Asia/Tokyo", "America/Los_Angeles"}, {"America/Los_Angeles", "Asia/Tokyo"}, {"Asia/Kathmandu", "UTC"}, {"Pacific/Kiritimati", "Pacific/Honolulu"}, {"UTC", "UTC"}} {
		a, b := scenario.Zone(zones[0]), scenario.Zone(zones[1])
		shifted := week.as(a, b, at)
		for minutes := 0; minutes < 7*24*60; minutes += 5 {
			m := at.Add(time.Duration(minutes) * time.Minute)
			open, _ := week.Open(m, a)
			if same, _ := shifted.Open(m, b); open != same {
				t.Fatalf("%s by %s: at %s open %v, and %v by the other clock: %s", zones[0], zones[1], m, open, same, shifted)
			}
		}
	}
}

// Each row of the table is read, and a state has a row for the rest of it.
func TestZonesTable(t *testing.T) {
	rest := map[string]bool{}
	for _, row := range stateZones() {
		if len(zonesNamed(row.zones)) != len(row.zones) {
			t.Errorf("%v: no zones", row)
		}
		if len(row.zones) == 0 || rest[row.region] {
			t.Errorf("%v", row)
		}
		rest[row.region] = rest[row.region] || len(row.postal) == 0
	}
	for _, row := range stateZones() {
		if !rest[row.region] && row.region != "CA-NU" {
			t.Errorf("%s has no row for the rest of it", row.region)
		}
	}
	if len(rest) < 50+13+8 {
		t.Errorf("%d states", len(rest))
	}
}
