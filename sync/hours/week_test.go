package hours

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"ghlsms/sync/scenario"
)

func between(t *testing.T, s string) Week {
	t.Helper()
	w, err := ParseBetween(s)
	if err != nil {
		t.Fatalf("%q %v", s, err)
	}
	return w
}

func TestParseBetween(t *testing.T) {
	for s, want := range map[string]string{
		"09:00-20:00":                          "09:00-20:00",
		"9:00 - 20:00":                         "09:00-20:00",
		"mon-fri 09:00 -18:00, sat 9:00-12:00": "mon-fri 09:00-18:00, sat 09:00-12:00",
		"22:00-06:00":                          "00:00-06:00 and 22:00-24:00",
		"22:00-00:00":                          "22:00-24:00",
		"12:00-11:00":                          "00:00-11:00 and 12:00-24:00",
		"fri 22:00-02:00":                      "fri 22:00-24:00, sat 00:00-02:00",
		"sat 10:00-12:00, fri 22:00-02:00":     "fri 22:00-24:00, sat 00:00-02:00 and 10:00-12:00",
		"sat 01:00-12:00, fri 22:00-02:00":     "fri 22:00-24:00, sat 00:00-12:00",
		"sat 02:00-12:00, fri 22:00-02:00":     "fri 22:00-24:00, sat 00:00-12:00",
	} {
		if got := between(t, s).String(); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
	for _, s := range []string{"", "09:00", "09:00-09:00", "9-17", "09:00-25:00", "mon 22:00-06:00, mon 09:00-10:00"} {
		if w, err := ParseBetween(s); err == nil {
			t.Errorf("%q is %q", s, w)
		}
	}
}

func TestOverMidnight(t *testing.T) {
	in := scenario.Zone("America/New_York")
	for _, tt := range []struct{ hours, at, opens, closes string }{
		{"09:00-20:00", "2026-11-25 09:00", "2026-11-25 09:00", "2026-11-25 20:00"},
		{"09:00-20:00", "2026-11-25 19:50", "2026-11-25 19:50", "2026-11-25 20:00"},
		{"09:00-20:00", "2026-11-25 19:51", "2026-11-26 09:00", "2026-11-26 20:00"}, // a moment is too little
		{"09:00-20:00", "2026-11-25 20:00", "2026-11-26 09:00", "2026-11-26 20:00"},
		{"22:00-06:00", "2026-11-25 23:00", "2026-11-25 23:00", "2026-11-26 06:00"},
		{"22:00-06:00", "2026-11-26 05:00", "2026-11-26 05:00", "2026-11-26 06:00"},
		{"22:00-06:00", "2026-11-26 05:55", "2026-11-26 22:00", "2026-11-27 06:00"},
		{"22:00-06:00", "2026-11-26 12:00", "2026-11-26 22:00", "2026-11-27 06:00"},
		{"fri 22:00-02:00", "2026-11-28 01:00", "2026-11-28 01:00", "2026-11-28 02:00"}, // a Saturday
		{"fri 22:00-02:00", "2026-11-28 03:00", "2026-12-04 22:00", "2026-12-05 02:00"},
		{"22:00-06:00", "2026-03-08T04:00:00Z", "2026-03-08T04:00:00Z", "2026-03-08T10:00:00Z"}, // an hour less
		{"22:00-06:00", "2026-11-01T03:00:00Z", "2026-11-01T03:00:00Z", "2026-11-01T11:00:00Z"}, // an hour more
	} {
		opens, closes, ok := between(t, tt.hours).Next(wall(t, tt.at, in), in)
		if !ok || !opens.Equal(wall(t, tt.opens, in)) || !closes.Equal(wall(t, tt.closes, in)) {
			t.Errorf("%s at %s: %s until %s, %v", tt.hours, tt.at, opens.In(in), closes.In(in), ok)
		}
	}
	if _, _, ok := (Week{}).Next(wall(t, "2026-11-25 09:00", in), in); ok {
		t.Error("a week without hours has some")
	}
}

// What is within two hours is open when both are, minute by minute.
func TestWithinIsBoth(t *testing.T) {
	in := time.UTC
	monday := scenario.Moment("2026-11-23T00:00:00Z")
	rapid.Check(t, func(t *rapid.T) {
		texting := anyWeek.Draw(t, "texting hours")
		clock := func(name string) Clock { return Clock(rapid.IntRange(0, 1439).Draw(t, name)) }
		rule := Daily(clock("from"), clock("until"))
		both := texting.Within(rule)
		if both != rule.Within(texting) {
			t.Fatalf("%s and %s have either %s or %s in common", texting, rule, both, rule.Within(texting))
		}
		for _, w := range []Week{both, rule} {
			for _, d := range w {
				if !d[1].none() && d[1].From <= d[0].Until {
					t.Fatalf("the spans of a day touch or stand the wrong way: %s", w)
				}
			}
		}
		for range 50 {
			at := monday.Add(time.Duration(rapid.IntRange(0, 7*24*60-1).Draw(t, "minute")) * time.Minute)
			a, _ := texting.Open(at, in)
			b, _ := rule.Open(at, in)
			if got, _ := both.Open(at, in); got != (a && b) {
				t.Fatalf("%s: %s is %v, %s is %v, both are %v", at, texting, a, rule, b, got)
			}
		}
	})
}
