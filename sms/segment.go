package sms

import (
	"slices"
	"strings"

	wsms "github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/gsm7"
	"github.com/warthog618/sms/encoding/gsm7/charset"
)

// The library makes these tables when they are first asked for, without a lock; texts are
// counted and cut by several goroutines from the first cycle on.
func init() {
	charset.DefaultEncoder()
	charset.DefaultExtEncoder()
	charset.DefaultDecoder()
}

// Segments counts the parts a text is billed as, and tells whether it needs Unicode.
//
// A text that fits the GSM-7 alphabet has 160 characters in one part and 153 in each of
// several; characters of the extension table, such as € and [, count twice. Any other
// character makes the whole text Unicode: 70 UTF-16 units in one part, 67 in each of several,
// an emoji being two or more. An empty text has no parts.
func Segments(text string) (parts int, unicode bool) {
	if text == "" {
		return 0, false
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	_, err := gsm7.Encode([]byte(text))
	unicode = err != nil
	pdus, err := wsms.Encode([]byte(text))
	if err != nil { // cannot happen: every valid UTF-8 text can be encoded one way or the other
		return 1, unicode
	}
	return len(pdus), unicode
}

// Dear are the characters that make a text Unicode, each once, in their order.
func Dear(text string) (all []rune) {
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if _, err := gsm7.Encode([]byte(string(r))); err != nil && !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// plain maps typographic characters to what GSM-7 has for them.
var plain = strings.NewReplacer(
	"\u2018", "'", "\u2019", "'", "\u201A", "'", "\u201B", "'", "\u2032", "'", "\u00B4", "'",
	"\u0060", "'", "\u02BC", "'", "\u2039", "'", "\u203A", "'",
	"\u201C", `"`, "\u201D", `"`, "\u201E", `"`, "\u201F", `"`, "\u2033", `"`, "\u00AB", `"`, "\u00BB", `"`,
	"\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2015", "-", "\u2212", "-",
	"\u2026", "...", "\u2022", "*", "\u00B7", "*",
	"\u00A0", " ", "\u202F", " ", "\u205F", " ", "\u3000", " ", "\t", " ",
	"\u2000", " ", "\u2001", " ", "\u2002", " ", "\u2003", " ", "\u2004", " ", "\u2005", " ",
	"\u2006", " ", "\u2007", " ", "\u2008", " ", "\u2009", " ", "\u200A", " ",
	"\u00AD", "", "\u200B", "", "\u2060", "", "\uFEFF", "",
	"\u2028", "\n", "\u2029", "\n", "\r\n", "\n", "\r", "\n",
)

// Plain replaces typographic quotes, dashes, ellipses, bullets and spaces by the plain
// characters they stand for, and drops invisible ones: a single ’ turns a text of 160
// characters from one part into three. Letters, accents and emoji stay as they are; they carry
// meaning, and whoever writes them pays for them knowingly.
func Plain(text string) string {
	return plain.Replace(text)
}
