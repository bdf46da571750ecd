// Package hours says when people may be texted, by their own clock. It is pure.
package hours

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"strings"

	"ghlsms/sms"
	"ghlsms/store"
)

// Texting hours are when people may be texted, by their own clock; quiet hours are the rest. Everything
// here is pure: who asks knows the zone, and what to do about a text that is due in quiet hours.

// Texting are those of everybody. Nil are [Always].
type Texting struct {
	Default Week            // where no region is known, or none of those below
	Regions map[string]Week // by ISO 3166: a state such as US-FL, or a country such as GB
}

// Region are the hours of one region, and who says so.
type Region struct {
	Code   string // by ISO 3166
	Name   string
	Hours  Week
	Source string
}

// Policy says what becomes of a text that is due in quiet hours.
type Policy string

// The policies.
const (
	Later   Policy = "later"   // it leaves when the hours begin
	Earlier Policy = "earlier" // it left shortly before the hours ended
	Nearest Policy = "nearest" // whichever of both is nearer
	Ignore  Policy = "ignore"  // it leaves
)

// Policies are all of them.
var Policies = []Policy{Later, Earlier, Nearest, Ignore}

//go:embed texting_hours.csv
var textingHours string

// Builtin are those that law is known to set, sorted by region, so that a country comes before
// its states. They are no legal advice.
func Builtin() []Region {
	r := csv.NewReader(strings.NewReader(textingHours))
	r.Comment = '#'
	rows, err := r.ReadAll()
	var all []Region
	for i, row := range rows {
		if i == 0 {
			continue // the names of the columns
		}
		hours, rerr := Parse(row[2])
		err = errors.Join(err, rerr)
		all = append(all, Region{Code: row[0], Name: row[1], Hours: hours, Source: row[3]})
	}
	if err != nil {
		panic(err) // the file is our own
	}
	return all
}

// Of are the hours of a contact, who may be nil, and of the number they are texted at. region is whose hours
// these are; empty: the default.
func (h *Texting) Of(contact *store.Record, number string) (hours Week, region string) {
	if h == nil {
		return Always, ""
	}
	if len(h.Regions) == 0 {
		return h.Default, ""
	}
	country, state := regionOf(contact, number)
	for _, region := range []string{country + "-" + state, country} {
		if hours, ok := h.Regions[region]; ok {
			return hours, region
		}
	}
	return h.Default, ""
}

// regionOf is where a contact lives, by their address, and as far as that does not tell by the number:
// the CRM often knows the country alone, which it took from the location.
func regionOf(contact *store.Record, number string) (country, state string) {
	if contact != nil {
		country, state = strings.ToUpper(contact.Get("country")), contact.Get("state")
	}
	if len(country) != 2 {
		country = "" // not the code that the CRM keeps
	}
	if country == "" || state == "" {
		of, in := sms.Phone(number).Area()
		if country == "" {
			country = of
		}
		if state == "" && country == of {
			state = in
		}
	}
	if country == "" {
		country = countryOf(state)
	}
	if code, ok := sms.StateCode(country, state); ok {
		return country, code
	}
	return country, strings.ToUpper(state)
}

// countryOf is the country of a state where nothing else tells it.
func countryOf(state string) string {
	for _, country := range []string{"US", "CA"} {
		if _, ok := sms.StateCode(country, state); ok {
			return country
		}
	}
	return ""
}
