package main

import (
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/config"
)

// A time is the same whether it is written in numbers or in words, also where the clock is changed.
func TestClockArg(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		now, arg string
		of       dayTime
		want     string
	}{
		{"2027-03-13T12:00:00-05:00", "2027-03-14 02:30", dayWorks, "2027-03-14T03:30:00-04:00"},
		{"2027-03-13T12:00:00-05:00", "02:30", dayWorks, "2027-03-14T03:30:00-04:00"},
		{"2027-03-13T12:00:00-05:00", "tomorrow 2:30am", dayWorks, "2027-03-14T03:30:00-04:00"},
		{"2027-11-06T12:00:00-04:00", "2027-11-07 01:30", dayWorks, "2027-11-07T01:30:00-04:00"},
		{"2027-11-06T12:00:00-04:00", "01:30", dayWorks, "2027-11-07T01:30:00-04:00"},
		{"2027-11-06T12:00:00-04:00", "tomorrow 1:30am", dayWorks, "2027-11-07T01:30:00-04:00"},
		{"2026-11-25T11:00:00-05:00", "2026-11-27", dayWorks, "2026-11-27T17:00:00-05:00"},
		{"2026-11-25T11:00:00-05:00", "friday", dayWorks, "2026-11-27T17:00:00-05:00"},
		{"2026-11-25T18:00:00-05:00", "2026-11-25", dayWorks, "2026-11-25T23:59:00-05:00"},
		{"2026-11-25T11:00:00-05:00", "2026-11-20", dayBegan, "2026-11-20T00:00:00-05:00"},
		{"2026-11-25T11:00:00-05:00", "friday", dayEnds, "2026-11-27T23:59:00-05:00"},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		cfg := &config.Config{Region: "US"}
		if got, err := clockArg(cfg, tt.arg, now, zone, tt.of); err != nil || got.In(zone).Format(time.RFC3339) != tt.want {
			t.Errorf("at %s %q is %s, %v, want %s", tt.now, tt.arg, got.In(zone).Format(time.RFC3339), err, tt.want)
		}
	}
}
