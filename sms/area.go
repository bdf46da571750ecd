package sms

import (
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Area is where the number was given out: the country, two letters such as US, and in the United
// States and Canada the code of the state or province, such as FL. Each is empty where it is not known,
// as the state of a toll-free number is. People move and take their numbers along, so an address that the
// contact told wins over this.
func (p Phone) Area() (country, state string) {
	n, err := phonenumbers.Parse(string(p), "")
	if err != nil {
		return "", ""
	}
	country = phonenumbers.GetRegionCodeForNumber(n)
	if country == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		return "", ""
	}
	if states[country] == nil {
		return country, "" // without the names of all places, 14 MB that stay
	}
	place, err := phonenumbers.GetGeocodingForNumber(n, "en")
	if err != nil {
		return country, ""
	}
	state, _ = StateCode(country, place[strings.LastIndex(place, ",")+1:]) // "Florida", or "Miami, FL"
	return country, state
}

// StateCode is the code of a state of the United States or a province of Canada, such as FL, by its code or its
// English name, in whatever case. ok is false for what is none, and for all other countries.
func StateCode(country, name string) (code string, ok bool) {
	key := stateKey(name)
	for code, names := range states[country] {
		if key == strings.ToLower(code) {
			return code, true
		}
		for name := range strings.SplitSeq(names, "|") {
			if key == stateKey(name) {
				return code, true
			}
		}
	}
	return "", false
}

// stateKey is a name without case, dots and accents as far as names of states have any.
func stateKey(name string) string {
	return strings.Join(strings.Fields(stateFolds.Replace(strings.ToLower(name))), " ")
}

var stateFolds = strings.NewReplacer(".", "", ",", "", "é", "e")

// states are the names by the codes of ISO 3166-2, first the usual one.
var states = map[string]map[string]string{
	"US": {
		"AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado", "CT": "Connecticut",
		"DE": "Delaware", "DC": "District of Columbia|Washington DC", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho",
		"IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine",
		"MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri",
		"MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
		"NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania",
		"RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah",
		"VT": "Vermont", "VA": "Virginia", "WA": "Washington|Washington State", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
	},
	"CA": {
		"AB": "Alberta", "BC": "British Columbia", "MB": "Manitoba", "NB": "New Brunswick", "NL": "Newfoundland and Labrador|Newfoundland",
		"NS": "Nova Scotia", "NT": "Northwest Territories", "NU": "Nunavut", "ON": "Ontario", "PE": "Prince Edward Island",
		"QC": "Quebec", "SK": "Saskatchewan", "YT": "Yukon",
	},
}

// Zones are the time zones in which the number may be, by the names of the tz database, as far as it tells: that of a toll-free
// one, and of one that nobody can have, tells nothing; one that is not tied to a place, with placed false, only its country, two
// letters such as US. People move and take their numbers along.
func (p Phone) Zones() (zones []string, country string, placed bool) {
	n, err := phonenumbers.Parse(string(p), "")
	if err != nil {
		return nil, "", false
	}
	switch kind := phonenumbers.GetNumberType(n); kind {
	case phonenumbers.FIXED_LINE, phonenumbers.FIXED_LINE_OR_MOBILE:
		placed = true
	case phonenumbers.MOBILE:
	default:
		return nil, "", false
	}
	zones, err = phonenumbers.GetTimezonesForNumber(n)
	if err != nil || len(zones) == 1 && zones[0] == phonenumbers.UNKNOWN_TIMEZONE {
		return nil, "", false
	}
	return zones, phonenumbers.GetRegionCodeForNumber(n), placed
}

// ZonesOf are the time zones of a country, two letters such as GB; none where it is not known.
func ZonesOf(country string) []string {
	code := phonenumbers.GetCountryCodeForRegion(country)
	if code == 0 || code == 1 { // whose zones are those of all who share it
		return nil
	}
	zones, err := phonenumbers.GetTimezonesForPrefix(strconv.Itoa(code))
	if err != nil || len(zones) == 1 && zones[0] == phonenumbers.UNKNOWN_TIMEZONE {
		return nil
	}
	return zones
}
