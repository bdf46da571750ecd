package sms

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParsePhone(t *testing.T) {
	tests := []struct{ in, region, want string }{
		{"(202) 555-0143", "US", "+12025550143"},
		{"202.555.0143", "us", "+12025550143"},
		{"1 202 555 0143", "US", "+12025550143"},
		{"+1 202-555-0143", "", "+12025550143"},
		{"+1 (555) 010-0001", "US", "+15550100001"},
		{"+15550100", "", "+15550100"},
		{"+15550111", "DE", "+15550111"},
		{"tel:+12025550143", "", "+12025550143"},
		{"202 555 0143 ext. 7", "US", "+12025550143"},
		{"\u202a+1 202 555 0143\u202c", "", "+12025550143"},
		{"＋１２０２５５５０１４３", "", "+12025550143"},
		{"020 7946 0018", "GB", "+442079460018"},
		{"0044 20 7946 0018", "DE", "+442079460018"},
		{"030 901820", "DE", "+4930901820"},
		{"06 698 12345", "IT", "+390669812345"},
		{"+357 99 123456", "US", "+35799123456"},
		{"1-800-FLOWERS", "US", "+18003569377"},
	}
	for _, tt := range tests {
		got, err := ParsePhone(tt.in, tt.region)
		if err != nil || string(got) != tt.want {
			t.Errorf("ParsePhone(%q, %q) = %q, %v, want %q", tt.in, tt.region, got, err, tt.want)
		}
		again, err := ParsePhone(string(got), "")
		if again != got || err != nil {
			t.Errorf("ParsePhone(%q) again = %q, %v", got, again, err)
		}
	}
}

func TestParsePhoneRefuses(t *testing.T) {
	tests := []struct{ in, region, want string }{
		{"", "US", "no phone number"},
		{"  \u200b ", "US", "no phone number"},
		{"72345", "US", "too short"},
		{"555-0143", "US", "area code"},
		{"202 555 0143", "", "no region"},
		{"202 555 0143", "XX", "unknown phone region"},
		{"+1 202 555 0143 999", "US", "too long"},
		{"+9991234567890", "US", "not a phone number"},
		{"+12", "US", "not a phone number"},
		{"PAYPAL", "US", "not a phone number"},
		{"Order 2025550143", "US", "not a phone number"},
		{"jane@example.com", "US", "not a phone number"},
		{"---", "US", "not a phone number"},
		{strings.Repeat("1", 400), "US", "too long"},
	}
	for _, tt := range tests {
		got, err := ParsePhone(tt.in, tt.region)
		if err == nil || got != "" {
			t.Errorf("ParsePhone(%q, %q) = %q, want an error", tt.in, tt.region, got)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParsePhone(%q, %q): %v, want %q", tt.in, tt.region, err, tt.want)
		}
		if strings.ContainsAny(err.Error(), "0123456789@") {
			t.Errorf("error shows the number: %v", err)
		}
	}
}

func TestMasked(t *testing.T) {
	tests := map[Phone]string{
		"+12025550143":  "+1*****0143",
		"+15550100":     "+1*****0100",
		"+442079460018": "+44*****0018",
		"+35799123456":  "+357*****3456",
		"+29022222":     "+290*****22",
		"":              "*****",
		"PAYPAL":        "*****",
		"2025550143":    "*****",
	}
	for p, want := range tests {
		if got := p.Masked(); got != want {
			t.Errorf("Phone(%q).Masked() = %q, want %q", string(p), got, want)
		}
	}
}

func TestAnswerable(t *testing.T) {
	for _, s := range []string{"+12025550143", "12025550143", "2025550143", "+15550100", "0044 20 7946 0018", "+290 2222 2"} {
		if !Answerable(s) {
			t.Errorf("Answerable(%q) = false", s)
		}
	}
	for _, s := range []string{"", "911", "72345", "262966", "12345678", "PAYPAL", "AMAZON2024", "+", "+12", "anonymous", "+1202555014312345"} {
		if Answerable(s) {
			t.Errorf("Answerable(%q) = true", s)
		}
	}
}

func TestTimezones(t *testing.T) {
	if got := Phone("+12025550143").Timezones(); !slices.Equal(got, []string{"America/New_York"}) {
		t.Errorf("Washington: %v", got)
	}
	if got := Phone("+15550100001").Timezones(); len(got) < 10 || !slices.Contains(got, "America/Los_Angeles") {
		t.Errorf("a number of no area has every zone of its country: %v", got)
	}
	if got := Phone("PAYPAL").Timezones(); got != nil {
		t.Errorf("a name: %v", got)
	}
}

func FuzzParsePhone(f *testing.F) {
	f.Add("(202) 555-0143", "US")
	f.Add("+1;ext=7", "")
	f.Add("0000000", "AU")
	f.Fuzz(func(t *testing.T, s, region string) {
		p, err := ParsePhone(s, region)
		_ = p.Masked()
		_ = Answerable(s)
		if err != nil {
			return
		}
		if again, err := ParsePhone(string(p), ""); err != nil || again != p {
			t.Errorf("ParsePhone(%q) = %q, but then %q, %v", s, p, again, err)
		}
	})
}

func BenchmarkMasked(b *testing.B) {
	for b.Loop() {
		_ = Phone("+12025550143").Masked()
	}
}

// What a number tells of the time where it is.
func TestZones(t *testing.T) {
	for number, want := range map[Phone]string{
		"+18085550143": "[Pacific/Honolulu] US true", "+442071234567": "[Europe/London] GB true", "+491711234567": "[Europe/Berlin] DE false",
		"+18005550143": "[]  false", "+15550100143": "[]  false", "": "[]  false", "nonsense": "[]  false",
	} {
		zones, country, placed := number.Zones()
		if got := fmt.Sprintf("%v %s %v", zones, country, placed); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
	if got := ZonesOf("DE"); !slices.Equal(got, []string{"Europe/Berlin"}) || ZonesOf("US") != nil || ZonesOf("XX") != nil {
		t.Errorf("%v", got)
	}
}
