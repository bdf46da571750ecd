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

var stateFolds = strings.NewReplacer(".", "", ",", "", "é", "e", "'", "", "ʻ", "", "’", "")

// states are the names by the codes of ISO 3166-2, first the usual one.
var states = map[string]map[string]string{
	"US": {
		"AL": "Alabama|Ala", "AK": "Alaska", "AZ": "Arizona|Ariz", "AR": "Arkansas|Ark", "CA": "California|Calif|Cal", "CO": "Colorado|Colo", "CT": "Connecticut|Conn",
		"DE": "Delaware|Del", "DC": "District of Columbia|Washington DC", "FL": "Florida|Fla", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho",
		"IL": "Illinois|Ill", "IN": "Indiana|Ind", "IA": "Iowa", "KS": "Kansas|Kan|Kans", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine",
		"MD": "Maryland|Md", "MA": "Massachusetts|Mass", "MI": "Michigan|Mich", "MN": "Minnesota|Minn", "MS": "Mississippi|Miss", "MO": "Missouri",
		"MT": "Montana|Mont", "NE": "Nebraska|Neb|Nebr", "NV": "Nevada|Nev", "NH": "New Hampshire|N Hampshire", "NJ": "New Jersey|N Jersey", "NM": "New Mexico|N Mexico|N Mex", "NY": "New York|N York",
		"NC": "North Carolina|N Carolina|No Carolina", "ND": "North Dakota|N Dakota|N Dak", "OH": "Ohio", "OK": "Oklahoma|Okla", "OR": "Oregon|Ore|Oreg", "PA": "Pennsylvania|Penn|Penna",
		"RI": "Rhode Island", "SC": "South Carolina|S Carolina|So Carolina", "SD": "South Dakota|S Dakota|S Dak", "TN": "Tennessee|Tenn", "TX": "Texas|Tex", "UT": "Utah",
		"VT": "Vermont", "VA": "Virginia", "WA": "Washington|Washington State|Wash", "WV": "West Virginia|W Virginia|W Va", "WI": "Wisconsin|Wis|Wisc", "WY": "Wyoming|Wyo",
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
		placed = phonenumbers.GetLengthOfGeographicalAreaCode(n) > 0 // as in Brazil
	default:
		return nil, "", false
	}
	if area := strconv.FormatUint(n.GetNationalNumber(), 10); n.GetCountryCode() == 1 && len(area) == 10 && splitAreas[area[:3]] != "" {
		return strings.Fields(splitAreas[area[:3]]), phonenumbers.GetRegionCodeForNumber(n), true
	}
	zones, err = phonenumbers.GetTimezonesForNumber(n)
	if err != nil || len(zones) == 1 && zones[0] == phonenumbers.UNKNOWN_TIMEZONE {
		return nil, "", false
	}
	return zones, phonenumbers.GetRegionCodeForNumber(n), placed
}

// splitAreas are the zones of the area codes of North America that lie in several, first that of most people.
var splitAreas = map[string]string{
	"208": "America/Boise America/Los_Angeles", "986": "America/Boise America/Los_Angeles", "250": "America/Vancouver America/Edmonton America/Dawson_Creek",
	"270": "America/Chicago America/New_York", "364": "America/Chicago America/New_York", "306": "America/Regina America/Edmonton", "639": "America/Regina America/Edmonton",
	"308": "America/Chicago America/Denver", "423": "America/New_York America/Chicago", "432": "America/Chicago America/Denver", "541": "America/Los_Angeles America/Boise",
	"458": "America/Los_Angeles America/Boise", "574": "America/New_York America/Chicago", "605": "America/Chicago America/Denver", "620": "America/Chicago America/Denver",
	"701": "America/Chicago America/Denver", "709": "America/St_Johns America/Goose_Bay", "879": "America/St_Johns America/Goose_Bay", "775": "America/Los_Angeles America/Denver",
	"785": "America/Chicago America/Denver", "807": "America/Toronto America/Winnipeg", "812": "America/New_York America/Chicago", "930": "America/New_York America/Chicago",
	"850": "America/New_York America/Chicago", "448": "America/New_York America/Chicago", "906": "America/Detroit America/Chicago", "907": "America/Anchorage America/Adak",
	"928": "America/Phoenix America/Denver", "931": "America/Chicago America/New_York",
}

// CountryCode is the code of a country, two letters such as GB, by that code or a name in common use; empty: not known.
func CountryCode(country string) string {
	key := stateKey(country)
	if code, ok := countryNames[key]; ok {
		return code
	}
	if code := strings.ToUpper(key); len(code) == 2 && phonenumbers.GetCountryCodeForRegion(code) != 0 {
		return code
	}
	return ""
}

var countryNames = map[string]string{
	"usa": "US", "united states": "US", "united states of america": "US", "america": "US", "estados unidos": "US", "canada": "CA", "mexico": "MX", "méxico": "MX",
	"uk": "GB", "united kingdom": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "ireland": "IE", "gbr": "GB", "can": "CA", "aus": "AU",
	"australia": "AU", "new zealand": "NZ", "germany": "DE", "deutschland": "DE", "austria": "AT", "österreich": "AT", "switzerland": "CH", "schweiz": "CH", "suisse": "CH",
	"france": "FR", "spain": "ES", "españa": "ES", "espana": "ES", "portugal": "PT", "italy": "IT", "italia": "IT", "netherlands": "NL", "the netherlands": "NL", "nederland": "NL",
	"holland": "NL", "belgium": "BE", "belgië": "BE", "belgique": "BE", "luxembourg": "LU", "denmark": "DK", "danmark": "DK", "sweden": "SE", "sverige": "SE", "norway": "NO", "norge": "NO",
	"finland": "FI", "poland": "PL", "polska": "PL", "czech republic": "CZ", "czechia": "CZ", "hungary": "HU", "romania": "RO", "greece": "GR", "turkey": "TR", "türkiye": "TR",
	"india": "IN", "pakistan": "PK", "bangladesh": "BD", "nepal": "NP", "sri lanka": "LK", "philippines": "PH", "singapore": "SG", "malaysia": "MY", "hong kong": "HK", "japan": "JP",
	"china": "CN", "south korea": "KR", "united arab emirates": "AE", "uae": "AE", "saudi arabia": "SA", "israel": "IL", "egypt": "EG", "south africa": "ZA", "nigeria": "NG", "kenya": "KE",
	"brazil": "BR", "brasil": "BR", "argentina": "AR", "chile": "CL", "colombia": "CO", "peru": "PE", "perú": "PE", "venezuela": "VE", "puerto rico": "PR", "jamaica": "JM",
}

// StateOfPostal is the state of the United States or the province of Canada of a postal code, as far as the code tells; empty: not known.
func StateOfPostal(country, postal string) string {
	if postal == "" {
		return ""
	}
	if country == "CA" {
		return map[byte]string{
			'A': "NL", 'B': "NS", 'C': "PE", 'E': "NB", 'G': "QC", 'H': "QC", 'J': "QC", 'K': "ON", 'L': "ON", 'M': "ON", 'N': "ON", 'P': "ON", 'R': "MB", 'S': "SK", 'T': "AB", 'V': "BC", 'Y': "YT",
		}[postal[0]]
	}
	if country != "US" || len(postal) < 5 {
		return ""
	}
	zip, err := strconv.Atoi(postal[:3])
	if err != nil {
		return ""
	}
	state := ""
	for _, from := range zipCodes {
		if zip >= from.first {
			state = from.state
		}
	}
	return state
}

// zipCodes are the states by the first three digits from which their codes begin.
var zipCodes = []struct {
	first int
	state string
}{
	{5, "NY"}, {6, "PR"}, {10, "MA"}, {28, "RI"}, {30, "NH"}, {39, "ME"}, {50, "VT"}, {60, "CT"}, {70, "NJ"}, {90, ""}, {100, "NY"}, {150, "PA"}, {197, "DE"}, {200, "DC"}, {206, "MD"}, {220, "VA"},
	{247, "WV"}, {270, "NC"}, {290, "SC"}, {300, "GA"}, {320, "FL"}, {340, ""}, {341, "FL"}, {350, "AL"}, {370, "TN"}, {386, "MS"}, {398, "GA"}, {400, "KY"}, {430, "OH"}, {460, "IN"}, {480, "MI"}, {500, "IA"},
	{530, "WI"}, {550, "MN"}, {570, "SD"}, {580, "ND"}, {590, "MT"}, {600, "IL"}, {630, "MO"}, {660, "KS"}, {680, "NE"}, {700, "LA"}, {716, "AR"}, {730, "OK"}, {750, "TX"}, {800, "CO"}, {820, "WY"}, {832, "ID"},
	{840, "UT"}, {850, "AZ"}, {870, "NM"}, {885, "TX"}, {889, "NV"}, {900, "CA"}, {962, ""}, {967, "HI"}, {969, ""}, {970, "OR"}, {980, "WA"}, {995, "AK"},
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
