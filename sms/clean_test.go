package sms

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "Hello", "Hello"},
		{"space around", " \t\nHello \r\n", "Hello"},
		{"line ends", "a\r\nb\rc\u2028d", "a\nb\nc\nd"},
		{"tab and newline stay", "a\tb\nc", "a\tb\nc"},
		{"control characters", "a\x00b\x07c\x1b[31md\u0090e\x7f", "abc[31mde"},
		{"bad bytes", "a\xff\xfeb", "a\uFFFDb"},
		{"bidirectional", "a\u202eb\u2066c\u200fd", "abcd"},
		{"zero width", "S\u200bT\u2060O\ufeffP", "STOP"},
		{"joiner inside ASCII", "S\u200dT\u200cOP", "STOP"},
		{"family emoji", "👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"},
		{"Persian", "می\u200cخواهم", "می\u200cخواهم"},
		{"joiner at the end", "می\u200c", "می"},
		{"joiner then space", "می\u200c \u200d", "می"},
		{"hidden tags", "hi\U000E0041\U000E0042", "hi"},
		{"accents and CJK", "José 日本", "José 日本"},
		{"empty", "\x00\u200b", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("é\u200d\u200da")
	f.Add("\xf0\u200c ")
	f.Fuzz(func(t *testing.T, in string) {
		got := Clean(in)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, Unsafe) {
			t.Errorf("Clean(%q) = %q", in, got)
		}
		if again := Clean(got); again != got {
			t.Errorf("Clean(%q) = %q, then %q", in, got, again)
		}
	})
}
