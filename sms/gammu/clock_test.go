package gammu

import (
	"testing"
	"time"
)

func TestOffsetZone(t *testing.T) {
	t.Parallel()
	for offset, want := range map[time.Duration]time.Duration{
		0:                               0,
		-5 * time.Hour:                  -5 * time.Hour,
		-5*time.Hour - 70*time.Second:   -5 * time.Hour, // a status a minute old
		5*time.Hour + 45*time.Minute:    5*time.Hour + 45*time.Minute,
		-3*time.Hour - 7*time.Minute:    0, // an old status
		-90*24*time.Hour - 7*time.Hour:  0, // a very old one that looks like a zone
		14*time.Hour + 15*time.Minute:   0,
		-10 * time.Second:               0,
		-(12*time.Hour - 1*time.Second): -12 * time.Hour,
	} {
		_, got := time.Now().In(offsetZone(offset)).Zone()
		if time.Duration(got)*time.Second != want {
			t.Errorf("%s: %ds, want %s", offset, got, want)
		}
	}
}
