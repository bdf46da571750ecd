package sms

import (
	"os"
	"os/exec"
	"strings"
	gosync "sync"
	"testing"
	"unicode/utf16"
)

func TestSegments(t *testing.T) {
	tests := []struct {
		name    string
		text    string
		parts   int
		unicode bool
	}{
		{"empty", "", 0, false},
		{"one", "a", 1, false},
		{"full part", strings.Repeat("a", 160), 1, false},
		{"just over", strings.Repeat("a", 161), 2, false},
		{"two full parts", strings.Repeat("a", 306), 2, false},
		{"three", strings.Repeat("a", 307), 3, false},
		{"extension fits", strings.Repeat("€", 80), 1, false},
		{"extension over", strings.Repeat("€", 81), 2, false},
		{"escape pair is not split", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), 3, false},
		{"extension table", `|^€{}[]~\`, 1, false},
		{"GSM letters", "Ñandú à la façade", 1, true}, // ç is not in the alphabet, Ç is
		{"GSM accents", "ÑÄÖÜäöüàèéìòùåÅæÆøØß¿¡£¥§", 1, false},
		{"newline", "a\nb", 1, false},
		{"tab", "a\tb", 1, true},
		{"full Unicode part", strings.Repeat("ż", 70), 1, true},
		{"Unicode over", strings.Repeat("ż", 71), 2, true},
		{"two Unicode parts", strings.Repeat("ż", 134), 2, true},
		{"three Unicode parts", strings.Repeat("ż", 135), 3, true},
		{"emoji fit", strings.Repeat("😀", 35), 1, true},
		{"emoji over", strings.Repeat("😀", 36), 2, true},
		{"surrogate pair is not split", strings.Repeat("ż", 66) + "😀" + strings.Repeat("ż", 66), 3, true},
		{"stray quote", strings.Repeat("a", 159) + "’", 3, true},
		{"bad bytes", "a\xff", 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parts, unicode := Segments(tt.text)
			if parts != tt.parts || unicode != tt.unicode {
				t.Errorf("Segments = %d, %v, want %d, %v", parts, unicode, tt.parts, tt.unicode)
			}
		})
	}
}

func TestPlain(t *testing.T) {
	tests := map[string]string{
		"don’t “quote” me – or — else…":  `don't "quote" me - or - else...`,
		"see you\u00a0at 5\u202fpm":      "see you at 5 pm",
		"• one\t«two»":                   `* one "two"`,
		"zero\u200bwidth\u00adhere":      "zerowidthhere",
		"José Núñez costs 5 € 😀 日本":      "José Núñez costs 5 € 😀 日本",
		"it`s":                           "it's",
		"a\r\nb":                         "a\nb",
		"":                               "",
		"plain text stays; it's [fine]~": "plain text stays; it's [fine]~",
	}
	for in, want := range tests {
		if got := Plain(in); got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
	}
	if parts, unicode := Segments(Plain(strings.Repeat("a", 159) + "’")); parts != 1 || unicode {
		t.Errorf("a plain text of 160 characters: %d parts, Unicode %v", parts, unicode)
	}
}

func TestDear(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Hi Jane, €5 [ok] é à ñ": "", "sáb 15:00": "á", "Zoë 😀 ok 😀 –": "ë😀–", "\xff": "\uFFFD",
	} {
		if got := string(Dear(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if _, unicode := Segments(text); unicode != (want != "") {
			t.Errorf("%q: %t", text, unicode)
		}
	}
}

func FuzzSegments(f *testing.F) {
	f.Add(strings.Repeat("😀", 40))
	f.Add("\x00\x1b€\f")
	f.Fuzz(func(t *testing.T, text string) {
		parts, unicode := Segments(text)
		if (parts == 0) != (text == "") {
			t.Errorf("%d parts of %q", parts, text)
		}
		text = strings.ToValidUTF8(text, "\uFFFD")
		units := len(utf16.Encode([]rune(text)))
		if unicode && units <= 70 && units > 0 && parts != 1 {
			t.Errorf("%d Unicode units in %d parts", units, parts)
		}
		if unicode && units > 70 && (parts < (units+66)/67 || parts > units/66+1) {
			t.Errorf("%d Unicode units in %d parts", units, parts)
		}
	})
}

// The alphabet's tables are there before anybody counts: texts are counted by several goroutines.
// Seen by -race alone, and only in a process in which nobody counted before.
func TestSegmentsAtOnce(t *testing.T) {
	if os.Getenv("GHLSMS_COUNT_FIRST") == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestSegmentsAtOnce$")
		cmd.Env = append(os.Environ(), "GHLSMS_COUNT_FIRST=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	var all gosync.WaitGroup
	for range 8 {
		all.Go(func() {
			if parts, unicode := Segments("see you at [10] for 5 €"); parts != 1 || unicode {
				t.Errorf("%d parts, Unicode %v", parts, unicode)
			}
			Dear("ça va")
		})
	}
	all.Wait()
}
