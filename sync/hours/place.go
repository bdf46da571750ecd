package hours

import (
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
	From   string           // what tells it: contact, address, number, location, config
	Others []*time.Location // where they may be as well: they are texted only while it is a time for it there too
}

// PlaceOf is where a contact who is texted at a number is: in the zone that the CRM has for them; where their address is; where
// the number was given out; else at home, in a country such as US. A number that is tied to no place tells only its country, and
// nothing if that is home, or the address is there. Where address and number disagree they may be at either, and so may who has a number
// from another part of the home country and no address: people move and take their numbers along.
func PlaceOf(contact *store.Record, number string, home Place, country string) Place {
	if contact == nil {
		return home
	}
	if zone, ok := ZoneNamed(contact.Get(store.Timezone)); ok {
		return Place{Zone: zone, From: "contact"}
	}
	byNumber, of, placed := sms.Phone(number).Zones()
	byAddress, in := zonesOfAddress(contact, country, len(byNumber) > 0)
	if !placed && (of == country || of == in && len(byAddress) > 0) {
		byNumber = nil
	}
	if len(byAddress) == 0 {
		p := home.among(zonesNamed(byNumber), "number")
		if of == country && !sameClock(p.Zone, home.Zone) { // who lives near may have brought the number along
			p.Others = append(p.Others, home.Zone)
		}
		return p
	}
	zones := zonesNamed(byAddress)
	told := zonesNamed(byNumber)
	both := slices.DeleteFunc(slices.Clone(zones), func(zone *time.Location) bool {
		return !slices.ContainsFunc(told, func(other *time.Location) bool { return sameClock(zone, other) })
	})
	if len(both) == 0 {
		both = slices.Concat(zones, told)
	}
	return home.among(both, "address")
}

// zonesNamed are the zones of these names that the tz database has.
func zonesNamed(names []string) (zones []*time.Location) {
	for _, name := range names {
		if zone, ok := ZoneNamed(name); ok {
			zones = append(zones, zone)
		}
	}
	return zones
}

// ZoneNamed is the zone of a name, if the tz database has it. What was found is kept: it is read from a file.
func ZoneNamed(name string) (zone *time.Location, ok bool) {
	if kept, ok := foundZones.Load(name); ok {
		return kept.(*time.Location), true //nolint:forcetypeassert // nothing else is kept
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
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
		if !slices.ContainsFunc(zones, func(had *time.Location) bool { return sameClock(had, zone) }) {
			zones = append(zones, zone)
		}
	}
	if len(zones) == 0 {
		return p
	}
	i := max(slices.IndexFunc(zones, func(zone *time.Location) bool { return sameClock(zone, p.Zone) }), 0)
	one := Place{Zone: zones[i], From: from, Others: slices.Delete(slices.Clone(zones), i, i+1)}
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

// zonesOfAddress are those in which an address may be, and its country. A country alone, which the CRM takes from the location, says something only
// where it is not home, and nothing else does.
func zonesOfAddress(contact *store.Record, home string, known bool) (zones []string, country string) {
	country, state := strings.ToUpper(strings.TrimSpace(contact.Get("country"))), strings.TrimSpace(contact.Get("state"))
	if len(country) != 2 {
		country = "" // not the code that the CRM keeps
	}
	if country == "" && state != "" {
		if country = countryOf(state); country == "" {
			country = home
		}
	}
	code, ok := sms.StateCode(country, state)
	if !ok {
		code = strings.ToUpper(state)
	}
	if zones := zonesOfState(country+"-"+code, contact.Get("postal_code")); len(zones) > 0 {
		return zones, country
	}
	if country != home && !known {
		return sms.ZonesOf(country), country
	}
	return nil, country
}

// zonesOfState are those of a state, or of the part of it with a postal code.
func zonesOfState(region, postal string) (zones []string) {
	postal = strings.ToUpper(strings.ReplaceAll(postal, " ", ""))
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
// time, so that the hours must be asked for again when a text leaves. Where there are no such hours, those of the first place count:
// else nobody would ever be texted.
func (p Place) Within(w Week, at time.Time) Week {
	both := w
	for _, other := range p.Others {
		both = both.Within(w.as(other, p.Zone, at))
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
