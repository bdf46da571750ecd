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
	opens, _ := p.Within(week, at).Shift(at, time.Time{}, p.Zone, Later)
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
	if open, closes := p.Within(Daily(8*60, 21*60), scenario.Moment("2026-07-15T20:00:00Z")).Open(scenario.Moment("2026-07-15T20:00:00Z"), p.Zone); !open || closes.Format("15:04") != "03:00" {
		t.Errorf("Chinle: open %v until %s", open, closes)
	}
}

// Where the location is in the country of a mobile, and knows no more, people are near it.
func TestMobilesOfTheCountryAreNear(t *testing.T) {
	for zone, number := range map[string]string{"Australia/Perth": "+61412345678", "Atlantic/Azores": "+351912345678", "America/Manaus": "+5592987654321"} {
		home := Place{Zone: scenario.Zone(zone), From: "location"}
		country := map[string]string{"Australia/Perth": "AU", "Atlantic/Azores": "PT", "America/Manaus": "BR"}[zone]
		if p := PlaceOf(whoLives("", country, "", ""), number, home, country); p.Zone.String() != zone || len(p.Others) > 0 || p.From != "location" {
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
	if _, closes := p.Within(Daily(8*60, 21*60), at).Open(scenario.Moment("2026-01-15T20:00:00Z"), p.Zone); closes.Format("15:04") != "02:00" {
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
