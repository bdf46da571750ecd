package sms

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes a text from outside fit to store and to show: valid UTF-8 (bad bytes become
// U+FFFD), lines end in \n, no control characters but \n and \t, nothing invisible that
// reorders or hides text, no space around. Cleaning twice changes nothing more.
//
// The joiners U+200C and U+200D stay between non-ASCII characters, where Persian, Indic
// scripts and emoji need them.
func Clean(text string) string {
	text = Visible(text)
	// Dropping a joiner can bring space to an end, and trimming can leave a joiner without
	// its neighbour.
	for {
		out := strings.TrimSpace(dropJoiners(text))
		if out == text {
			return out
		}
		text = out
	}
}

// Visible is what Clean does without taking space or joiners away: for what is put together already
// and only passes by.
func Visible(text string) string {
	text = newlines.Replace(strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if Unsafe(r) {
			return -1
		}
		return r
	}, text)
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// Unsafe tells a character that moves a cursor, reorders what stands around it, or hides in it. \n and
// \t are not.
func Unsafe(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case unicode.IsControl(r):
		return true
	case r == '\u00AD', // soft hyphen
		r == '\u034F',                // combining grapheme joiner
		r == '\u061C',                // Arabic letter mark
		r == '\u180E',                // Mongolian vowel separator
		r == '\u200B',                // zero width space
		r == '\u200E', r == '\u200F', // left-to-right and right-to-left mark
		'\u202A' <= r && r <= '\u202E', // bidirectional embeddings and overrides
		'\u2060' <= r && r <= '\u206F', // word joiner, invisible operators, isolates
		r == '\uFEFF',                  // byte order mark
		'\uFFF9' <= r && r <= '\uFFFB', // interlinear annotation
		0xE0000 <= r && r <= 0xE007F:   // tags
		return true
	}
	return false
}

// IsJoiner tells whether a rune only joins those beside it.
func IsJoiner(r rune) bool { return r == '\u200C' || r == '\u200D' }

func dropJoiners(text string) string {
	if !strings.ContainsFunc(text, IsJoiner) {
		return text
	}
	var b strings.Builder
	var before rune
	for i, r := range text {
		// Of several joiners in a row only the first can stay.
		if !IsJoiner(r) || joins(before) && !IsJoiner(before) && joins(afterJoiners(text[i:])) {
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

// afterJoiners is the first rune that is no joiner, utf8.RuneError if there is none.
func afterJoiners(text string) rune {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, IsJoiner))
	return r
}

// joins tells whether a joiner beside r means something.
func joins(r rune) bool { return r > unicode.MaxASCII && r != utf8.RuneError && !unicode.IsSpace(r) }
