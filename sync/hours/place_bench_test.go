package hours

import (
	"testing"

	"ghlsms/sync/scenario"
)

// What it costs to tell where somebody is, for each text.
func BenchmarkPlaceOf(b *testing.B) {
	home := Place{Zone: scenario.Zone("America/New_York"), From: "location"}
	for who, state := range map[string]string{"address": "TX", "number": ""} {
		b.Run(who, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				PlaceOf(whoLives("", "", state, ""), "+12025550101", home, "US")
			}
		})
	}
}
