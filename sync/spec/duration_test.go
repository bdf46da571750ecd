package spec

import "testing"

func TestDuration(t *testing.T) {
	for text, want := range map[string]string{
		"30s": "30s", "90s": "1m30s", "2m": "2m", "1h": "1h", "24h": "24h", "1d": "24h", "2d": "2d", "48h": "2d",
		"1d12h": "36h", "1h30m": "1h30m", "20m": "20m", "60d": "60d", "0s": "0s", "1.5h": "1h30m", "-1h": "-1h",
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || d.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "2", "d", "1.5d", "-2d", "1d-2h", "2d3d", "1d30h", "99999d", "1w", "1 d", "9999999h"} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: got %s", text, d)
		}
	}
}
