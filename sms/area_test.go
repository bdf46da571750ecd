package sms

import (
	"fmt"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

func TestArea(t *testing.T) {
	for number, want := range map[Phone]string{
		"+13055550143": "US FL", "+14078221234": "US FL", "+12013334444": "US NJ", "+12145550143": "US TX", "+12125550143": "US NY",
		"+12065550143": "US WA", "+12025550143": "US DC", "+19185550143": "US OK", "+14015550143": "US RI", "+13075550143": "US WY",
		"+18005550143": "US ", "+18445550143": "US ", "+15005550143": "US ", // toll-free, and people's own
		"+14165550143": "CA ON", "+15145550143": "CA QC",
		"+17875550143": "PR ", "+442079460018": "GB ", "+35799123456": "CY ",
		"+15550100001": " ", "+80012345678": " ", "": " ", "PAYPAL": " ", // nobody's
	} {
		if country, state := number.Area(); country+" "+state != want {
			t.Errorf("%s is in %q %q, want %q", number, country, state, want)
		}
	}
}

// Each area code of the United States is in a state that we know, and each state has one.
func TestAreaCodes(t *testing.T) {
	states := map[string]bool{}
	for code := 201; code <= 999; code++ {
		n, err := phonenumbers.Parse(fmt.Sprintf("+1%d5550143", code), "")
		if err != nil || phonenumbers.GetNumberType(n) != phonenumbers.FIXED_LINE_OR_MOBILE {
			continue
		}
		country, state := Phone(phonenumbers.Format(n, phonenumbers.E164)).Area()
		if country != "US" {
			continue
		}
		if state == "" {
			t.Errorf("the area code %d is in no state", code)
		}
		states[state] = true
	}
	if len(states) != 51 {
		t.Errorf("%d states: %v", len(states), states)
	}
}

func TestStateCode(t *testing.T) {
	for _, tt := range []struct{ country, name, want string }{
		{"US", "FL", "FL"}, {"US", "fl", "FL"}, {"US", "Florida", "FL"}, {"US", " FLORIDA ", "FL"}, {"US", "new  york", "NY"}, {"US", "D.C.", "DC"},
		{"US", "Washington D.C.", "DC"}, {"US", "Washington", "WA"}, {"CA", "Québec", "QC"}, {"CA", "QUÉBEC", "QC"},
		{"US", "", ""}, {"US", "Florid", ""}, {"US", "ON", ""}, {"CA", "FL", ""}, {"AU", "WA", ""}, {"", "FL", ""}, {"US", "|", ""},
	} {
		if code, ok := StateCode(tt.country, tt.name); code != tt.want || ok != (tt.want != "") {
			t.Errorf("StateCode(%q, %q) = %q, %v, want %q", tt.country, tt.name, code, ok, tt.want)
		}
	}
	if n := len(states["US"]); n != 51 {
		t.Errorf("%d states", n)
	}
}
