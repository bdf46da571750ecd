package record

import (
	"testing"
	"time"

	"ghlsms/sync/scenario"
)

func TestCanonicalTime(t *testing.T) {
	if got := Time(time.Time{}); got != "" {
		t.Errorf("zero: %q", got)
	}
	at := time.Date(2026, 11, 1, 1, 30, 0, 999, scenario.Zone("America/New_York"))
	if got := Time(at); got != "2026-11-01T05:30:00Z" {
		t.Errorf("%s: %q", at, got)
	}
}
