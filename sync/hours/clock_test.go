package hours

import (
	"testing"
	"time"

	"ghlsms/sync/scenario"
)

// What package time makes of a time that comes twice is the first in some zones and the second in others.
func TestClockThatComesTwiceOrNever(t *testing.T) {
	for _, tt := range []struct {
		zone, day string
		at        Clock
		want      string
	}{
		{"America/New_York", "2026-11-01", 90, "2026-11-01T05:30:00Z"},
		{"Europe/Berlin", "2026-10-25", 150, "2026-10-25T00:30:00Z"},
		{"Europe/Berlin", "2026-10-25", 179, "2026-10-25T00:59:00Z"},
		{"Europe/Berlin", "2026-10-25", 180, "2026-10-25T02:00:00Z"},
		{"Europe/Berlin", "2026-10-25", 119, "2026-10-24T23:59:00Z"},
		{"Australia/Lord_Howe", "2026-04-05", 105, "2026-04-04T14:45:00Z"}, // half an hour
		{"Australia/Lord_Howe", "2026-04-05", 120, "2026-04-04T15:30:00Z"},
		{"Europe/Berlin", "2026-03-29", 150, "2026-03-29T01:30:00Z"}, // never
		{"America/New_York", "2026-03-08", 150, "2026-03-08T07:30:00Z"},
		{"Europe/Berlin", "2026-07-01", 150, "2026-07-01T00:30:00Z"},
		{"UTC", "2026-03-29", 150, "2026-03-29T02:30:00Z"},
	} {
		day, err := time.ParseInLocation(time.DateOnly, tt.day, scenario.Zone(tt.zone))
		if err != nil {
			t.Fatal(err)
		}
		for days := -1; days <= 1; days++ {
			if got := tt.at.On(day.AddDate(0, 0, days), -days); !got.Equal(scenario.Moment(tt.want)) {
				t.Errorf("%d minutes of %s in %s, from %d days off: %s, want %s", tt.at, tt.day, tt.zone, days, got.UTC().Format(time.RFC3339), tt.want)
			}
		}
	}
}

func TestParseClock(t *testing.T) {
	for s, want := range map[string]Clock{"00:00": 0, "9:05": 545, "23:59": 1439} {
		if got, err := ParseClock(s); got != want || err != nil {
			t.Errorf("%q is %d (%v), want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "9", "24:00", "12:60", "noon"} {
		if got, err := ParseClock(s); err == nil {
			t.Errorf("%q is %d", s, got)
		}
	}
}
