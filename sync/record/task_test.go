package record

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestShorten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "text"), rapid.IntRange(2, 80).Draw(t, "at")
		got := Shorten(s, n)
		if utf8.RuneCountInString(got) > n || got != strings.TrimSpace(got) || strings.Contains(got, "  ") || strings.ContainsAny(got, "\r\n") {
			t.Errorf("shorten(%q, %d) = %q", s, n, got)
		}
		if whole := strings.Join(strings.Fields(s), " "); got != whole && !strings.HasPrefix(whole, strings.TrimSuffix(got, "…")) {
			t.Errorf("shorten(%q, %d) = %q is another text", s, n, got)
		}
	})
}
