package term_test

import (
	"slices"
	"strings"
	"testing"

	"ghlsms/cmd/ghlsms/term"
)

// Lines break between words and are never wider than asked for; a word that is wider is broken, between characters.
func TestWrap(t *testing.T) {
	for text, want := range map[string][]string{
		"":                     nil,
		"one two three":        {"one two", "three"},
		"a  b\nc":              {"a b c"},
		"see abcdefghijkl now": {"see", "abcdefgh", "ijkl now"},
		"日本語日本語":               {"日本語日", "本語"},
		"👩‍👧👩‍👧👩‍👧👩‍👧👩‍👧": {"👩‍👧👩‍👧👩‍👧👩‍👧", "👩‍👧"},
	} {
		if got := term.Wrap(text, 8); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		for _, line := range term.Wrap(text, 3) {
			if term.Width(line) > 3 || strings.TrimSpace(line) == "" {
				t.Errorf("%q has a line %q", text, line)
			}
		}
	}
}

// A command that somebody is to copy stays on one line.
func TestWrapKeepsCommandsWhole(t *testing.T) {
	for text, want := range map[string][]string{
		"see: ghlsms report texts; then: ghlsms trouble ack x": {"see:", "ghlsms report texts;", "then:", "ghlsms trouble ack x"},
		"see: ghlsms reminders list --decision skipped":        {"see: ghlsms reminders", "list --decision skipped"}, // too long for a line
		"what ghlsms did is told":                              {"what ghlsms did is told"},
	} {
		if got := term.Wrap(text, 23); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
