package hours

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"slices"
	"strings"
	gosync "sync"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// Whose clock a text keeps.
type Whose string

// Whose clocks there are.
const (
	Recipient Whose = "recipient" // as far as it is known where they are
	Location  Whose = "location"  // everybody's is the location's: who comes in person lives near
)

// Clocks are all of them.
var Clocks = []Whose{Recipient, Location}

// Place is where somebody's clock runs.
type Place struct {
	Zone   *time.Location
	From   string  // what tells it: contact, address, number, address and number, location, config
	Others []Other // where they may be as well: they are texted only while it is a time for it there too
}

// Other is another zone in which somebody may be: where their address may be too, or as their number tells.
type Other struct {
	Zone     *time.Location
	ByNumber bool
}

// PlaceOf is where a contact who is texted at a number is: in the zone that the CRM has for them; where their address is; where
// the number was given out; else at home, in a country such as US. A number that is tied to no place tells only its country, and
// nothing if the address is there, or nothing else is known and that is home. Where address and number disagree they may be at either, and
// so may who has a number from another part of the home country and no address: people move and take their numbers along.
func PlaceOf(contact *store.Record, number string, home Place, country string) Place {
	if contact == nil {
		return home
	}
	if zone, ok := ZoneNamed(contact.Get(store.Timezone)); ok {
		return Place{Zone: zone, From: "contact"}
	}
	told, of, placed := zonesOfNumber(number, home, country)
	lives := addressOf(contact, country, of)
	zones := lives.zones(home, country)
	if len(zones) == 0 {
		if len(told) == 0 || !placed && of == country {
			return home
		}
		p := home.among(told, "number")
		if of == country && !sameClock(p.Zone, home.Zone) {
			p.Others = append(p.Others, Other{Zone: home.Zone})
		}
		return p
	}
	if len(told) == 0 || !placed && of == lives.country {
		return home.among(zones, "address")
	}
	both := slices.DeleteFunc(slices.Clone(zones), func(zone *time.Location) bool { return !has(told, zone) })
	switch {
	case len(both) > 0 && lives.postal == "": // the number tells where in the state
		return home.among(both, "address")
	case len(both) > 0:
		return home.among(zones, "address")
	}
	p := home.among(zones, "address and number")
	for _, zone := range told {
		if !sameClock(zone, p.Zone) {
			p.Others = append(p.Others, Other{Zone: zone, ByNumber: true})
		}
	}
	return p
}

// zonesOfNumber are those that a number tells, first the likeliest, with its country and whether it is tied to a place there.
func zonesOfNumber(number string, home Place, country string) (zones []*time.Location, of string, placed bool) {
	names, of, placed := sms.Phone(number).Zones()
	switch {
	case placed:
	case of == country && of != "":
		return []*time.Location{home.Zone}, of, false
	case of != "":
		names = slices.Concat(names, sms.ZonesOf(of))
	}
	return zonesNamed(names), of, placed
}

// has tells that a clock is among those of some zones.
func has(zones []*time.Location, zone *time.Location) bool {
	return slices.ContainsFunc(zones, func(other *time.Location) bool { return sameClock(zone, other) })
}

// zonesNamed are the zones of these names that the tz database has.
func zonesNamed(names []string) (zones []*time.Location) {
	for _, name := range names {
		if zone, ok := ZoneNamed(cmp.Or(usualNames[name], name)); ok {
			zones = append(zones, zone)
		}
	}
	return zones
}

// usualNames are what zones are called today.
var usualNames = map[string]string{
	"Europe/Guernsey": "Europe/London", "Europe/Isle_of_Man": "Europe/London", "Europe/Jersey": "Europe/London", "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu",
	"Asia/Saigon": "Asia/Ho_Chi_Minh", "Asia/Rangoon": "Asia/Yangon",
}

// ZoneNamed is the zone of a name, if the tz database has it. What was found is kept: it is read from a file.
func ZoneNamed(name string) (zone *time.Location, ok bool) {
	if name == "" || name == "Local" { // which would be this machine's
		return nil, false
	}
	if kept, ok := foundZones.Load(name); ok {
		return kept.(*time.Location), true //nolint:forcetypeassert // nothing else is kept
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	foundZones.Store(name, zone)
	return zone, true
}

var foundZones gosync.Map

// among is a place in one of some zones: that with the clock of p, which is home, if it is among them, else the first. Without any it is p.
func (p Place) among(all []*time.Location, from string) Place {
	var zones []*time.Location
	for _, zone := range all {
		if !has(zones, zone) {
			zones = append(zones, zone)
		}
	}
	if len(zones) == 0 {
		return p
	}
	i := max(slices.IndexFunc(zones, func(zone *time.Location) bool { return sameClock(zone, p.Zone) }), 0)
	one := Place{Zone: zones[i], From: from}
	for _, zone := range slices.Delete(slices.Clone(zones), i, i+1) {
		one.Others = append(one.Others, Other{Zone: zone})
	}
	if sameClock(one.Zone, p.Zone) {
		one.Zone = p.Zone // by the name that people know
	}
	return one
}

// sameClock tells that two zones have the same time all year, by the rules of a late one.
func sameClock(a, b *time.Location) bool {
	if a.String() == b.String() {
		return true
	}
	for month := range 12 {
		at := time.Date(lateYear, time.Month(month+1), 15, 12, 0, 0, 0, time.UTC)
		_, x := at.In(a).Zone()
		_, y := at.In(b).Zone()
		if x != y {
			return false
		}
	}
	return true
}

const lateYear = 2026

// address is what of an address tells a zone.
type address struct {
	country, state, postal string
	more                   bool // there is more of it than the country
}

// addressOf reads an address as people write it. Where it has no country, its state is one of the country of the number, or of home,
// or of North America.
func addressOf(contact *store.Record, home, of string) (a address) {
	state, _, _ := strings.Cut(contact.Get("state"), ",")
	a.country, a.postal = sms.CountryCode(contact.Get("country")), strings.ToUpper(strings.ReplaceAll(contact.Get("postal_code"), " ", ""))
	words := strings.Fields(state)
	if n := len(words); n > 1 && strings.ContainsAny(words[n-1], "0123456789") { // CA 90001
		a.postal = cmp.Or(a.postal, words[n-1])
		words = words[:n-1]
	}
	a.state = strings.Join(words, " ")
	a.more = a.state != "" || a.postal != "" || contact.Get("city") != ""
	if a.country == "" && a.more {
		a.country = home
		for _, country := range []string{home, of} {
			if a.state != "" && len(zonesOfState(country+"-"+stateCode(country, a.state), "")) > 0 {
				a.country = country
				return a
			}
		}
		if home == "US" || home == "CA" {
			a.country = cmp.Or(countryOf(a.state), home)
		}
	}
	return a
}

func stateCode(country, state string) string {
	if code, ok := sms.StateCode(country, state); ok {
		return code
	}
	return strings.ToUpper(state)
}

// zones are those in which it may be. A country alone, which the CRM takes from the location, says something only where it is not home.
func (a address) zones(home Place, country string) []*time.Location {
	state := stateCode(a.country, a.state)
	names := zonesOfState(a.country+"-"+state, a.postal)
	if len(names) == 0 {
		names = zonesOfState(a.country+"-"+sms.StateOfPostal(a.country, a.postal), a.postal)
	}
	switch {
	case len(names) > 0:
		return zonesNamed(names)
	case a.country != country:
		return zonesNamed(sms.ZonesOf(a.country))
	case a.more:
		return []*time.Location{home.Zone}
	}
	return nil
}

// zonesOfState are those of a state, or of the part of it with a postal code.
func zonesOfState(region, postal string) (zones []string) {
	for _, row := range stateZones() {
		switch {
		case row.region != region:
		case postal == "":
			zones = append(zones, row.zones...)
		case len(row.postal) == 0, slices.ContainsFunc(row.postal, func(begins string) bool { return strings.HasPrefix(postal, begins) }):
			return row.zones // what is for some postal codes stands before what is for the rest
		}
	}
	return zones
}

// zonesRow are the zones of a state, or of the places in it whose postal codes begin in one of these ways.
type zonesRow struct {
	region        string
	postal, zones []string
}

//go:embed zones.csv
var zonesTable string

var stateZones = gosync.OnceValue(func() (all []zonesRow) {
	r := csv.NewReader(strings.NewReader(zonesTable))
	r.Comment = '#'
	rows, err := r.ReadAll()
	for i, row := range rows {
		if i == 0 {
			continue // the names of the columns
		}
		zones := strings.Fields(row[2])
		all = append(all, zonesRow{region: row[0], postal: strings.Fields(row[1]), zones: zones})
	}
	if err != nil {
		panic(err) // the file is our own
	}
	return all
})

// Within narrows hours to those that are hours in all places where somebody may be, by the clock of the first: as the clocks are at a
// time, so that the hours must be asked for again when a text leaves. Where their number is the hours are others. Where there are no such
// hours, those of the first place count: else nobody would ever be texted.
func (p Place) Within(w, byNumber Week, at time.Time) Week {
	both := w
	for _, other := range p.Others {
		there := w
		if other.ByNumber {
			there = byNumber
		}
		both = both.Within(there.as(other.Zone, p.Zone, at))
	}
	if both == (Week{}) {
		return w
	}
	return both
}

// as are the hours of one zone by the clock of another, as the two are at a time.
func (w Week) as(of, in *time.Location, at time.Time) (shifted Week) {
	_, a := at.In(of).Zone()
	_, b := at.In(in).Zone()
	later := Clock((b - a) / 60)
	if later == 0 {
		return w
	}
	for d := range time.Weekday(7) {
		for _, s := range w[d] {
			if s.none() {
				continue
			}
			for day, from := d-1+7, s.From+later+midnight; day <= d+1+7; day, from = day+1, from-midnight { // the part in each day
				until := from + s.Until - s.From
				shifted[day%7].add(Span{max(from, 0), min(until, midnight)})
			}
		}
	}
	return shifted
}
