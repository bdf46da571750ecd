package when

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestFindOfAnyWords reads sentences of nothing but words that dates are made of, in any order: it never says a time
// that has passed, and what it says is the same in capitals and with more space between the words.
func TestFindOfAnyWords(t *testing.T) {
	signs := []string{",", ".", "-", "3", "10", "12/3", "3pm", "15:30", "2027", "3rd", "(", "\n", "Jane", "room"}
	vocabulary := map[string][]string{}
	for code := range lexicons {
		vocabulary[code] = append(slices.Sorted(maps.Keys(lexicons[code]().words)), signs...)
	}
	codes := slices.Sorted(maps.Keys(vocabulary))
	zones := []*time.Location{zone(t, "America/New_York"), zone(t, "Pacific/Auckland"), zone(t, "Asia/Kolkata"), time.UTC}
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom(codes).Draw(t, "language")
		words := rapid.SliceOfN(rapid.SampledFrom(vocabulary[code]), 1, 12).Draw(t, "words")
		now := time.Unix(rapid.Int64Range(1.7e9, 2e9).Draw(t, "now"), 0).In(rapid.SampledFrom(zones).Draw(t, "zone"))
		region := rapid.SampledFrom([]string{"US", "GB", "DE", ""}).Draw(t, "region")
		l := Languages{code}
		text := strings.Join(words, " ")
		got, ok := l.Find(text, now, region)
		if ok && (got.At.Before(now) || got.Doubt != "" || got.Phrase == "" || got.At.Location() != now.Location()) {
			t.Fatalf("%s %s %s: Find(%q) = %+v", code, region, now, text, got)
		}
		if !ok && (!got.At.IsZero() || got.Rest != "") {
			t.Fatalf("%s: Find(%q) = %+v, and nothing is found", code, text, got)
		}
		wide, same := l.Find("  "+strings.Join(words, "  ")+" ", now, region)
		if spaced := strings.Contains(text, "10 ") || strings.Contains(text, "3 "); !spaced && (same != ok || ok && !wide.At.Equal(got.At)) {
			t.Fatalf("%s %s %s: Find(%q) = %+v, and with more space %+v", code, region, now, text, got, wide)
		}
		l.Visit(text, now, region)
		l.Moved(text, now, region)
		l.Read(text, now, region, true)
	})
}
