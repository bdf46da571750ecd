package sms

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// A Phone is a telephone number in E.164 form, such as +12025550143, made by [ParsePhone].
// It is personal data: log [Phone.Masked].
type Phone string

// What ParsePhone answers; none of them quotes the input, so they may be logged.
var (
	errNoPhone    = errors.New("no phone number")
	errNotPhone   = errors.New("not a phone number")
	errNoRegion   = errors.New("not an international phone number, and no region to read it in")
	errBadRegion  = errors.New("unknown phone region, want two letters such as US")
	errPhoneShort = errors.New("phone number is too short")
	errPhoneLong  = errors.New("phone number is too long")
	errPhoneLocal = errors.New("phone number lacks its area code")
)

// ParsePhone brings a number as people write it into E.164 form. The region, two letters such
// as "US", says how to read a number without a country code; with an empty region only
// international numbers are accepted.
//
// A number needs to be possible, not assigned: numbers made up for tests, such as
// +1 555 010 0001, pass. Letters before the number and short codes do not. An extension is
// dropped. Errors never contain the input.
func ParsePhone(s, region string) (Phone, error) {
	s = strings.TrimSpace(Clean(s))
	if len(s) >= 4 && strings.EqualFold(s[:4], "tel:") {
		s = s[4:]
	}
	if s == "" {
		return "", errNoPhone
	}
	if hasLeadingLetter(s) {
		return "", errNotPhone
	}
	region = strings.ToUpper(region)
	n, err := phonenumbers.Parse(s, region)
	if err != nil {
		return "", parsePhoneError(err, region)
	}
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.IS_POSSIBLE:
	case phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		// Whoever writes a country code means the whole number; whoever does not left out
		// the area code, and we cannot know which.
		if !isInternational(s) {
			return "", errPhoneLocal
		}
	case phonenumbers.TOO_SHORT:
		return "", errPhoneShort
	case phonenumbers.TOO_LONG:
		return "", errPhoneLong
	case phonenumbers.INVALID_COUNTRY_CODE, phonenumbers.INVALID_LENGTH:
		return "", errNotPhone
	default:
		return "", errNotPhone
	}
	p := phonenumbers.Format(n, phonenumbers.E164)
	// Leading zeros may be read as a prefix the next time: what does not read as itself would be
	// two numbers.
	again, err := phonenumbers.Parse(p, "")
	if err != nil || phonenumbers.Format(again, phonenumbers.E164) != p {
		return "", errNotPhone
	}
	return Phone(p), nil
}

func parsePhoneError(err error, region string) error {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && region == "":
		return errNoRegion
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && !phonenumbers.GetSupportedRegions()[region]:
		return errBadRegion
	case errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD):
		return errPhoneShort
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return errPhoneLong
	}
	return errNotPhone
}

// hasLeadingLetter tells a sender name or a sentence from a number: only vanity numbers and
// extensions have letters, and they have them behind digits.
func hasLeadingLetter(s string) bool {
	i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	if i < 0 {
		return true
	}
	return strings.IndexFunc(s[i:], unicode.IsLetter) == 0
}

func isInternational(s string) bool {
	return strings.HasPrefix(strings.TrimLeft(s, " ("), "+")
}

// Masked is the number for logs and reports: country code and last four digits, with the same
// number of stars for every number between, as in +1*****0143. Short numbers show less, and
// what is not a number shows nothing.
func (p Phone) Masked() string {
	const stars = "*****"
	n, err := phonenumbers.Parse(string(p), "")
	if err != nil {
		return stars
	}
	national := phonenumbers.GetNationalSignificantNumber(n)
	show := 4
	if len(national) < 7 {
		show = 2
	}
	if len(national) <= show {
		return stars
	}
	return "+" + strconv.Itoa(int(n.GetCountryCode())) + stars + national[len(national)-show:]
}

// Timezones are the IANA names of the zones the number may be in, sorted. A number can be
// ported and carried, so a zone that the contact told wins over these. A number of which only
// the country is known has all zones of the country; nil means that nothing is known.
func (p Phone) Timezones() []string {
	n, err := phonenumbers.Parse(string(p), "")
	if err != nil {
		return nil
	}
	zones, err := phonenumbers.GetTimezonesForNumber(n)
	if err != nil || slices.Contains(zones, phonenumbers.UNKNOWN_TIMEZONE) {
		return nil
	}
	zones = slices.Clone(zones) // theirs is shared
	slices.Sort(zones)
	return slices.Compact(zones)
}

var numberLike = Pattern(`^\+?[0-9][0-9 ().\-/]*$`)

// Answerable tells whether a text back to this sender can reach somebody. Names ("PAYPAL") and
// short codes (three to eight digits without a plus sign) cannot be answered, and numbers
// withheld cannot either.
func Answerable(from string) bool {
	from = strings.TrimSpace(from)
	if !numberLike().MatchString(from) {
		return false
	}
	digits := 0
	for _, r := range from {
		if '0' <= r && r <= '9' {
			digits++
		}
	}
	if from[0] == '+' {
		return digits >= 7 && digits <= 15
	}
	return digits >= 9 && digits <= 17 // 00 or 011 may come before the country code
}
