package record

import (
	"encoding/json"
	"html"
	"slices"
	"strings"
	"time"
	"unicode"

	"ghlsms/sms"
	"ghlsms/store"
)

// Project keeps of a value only the fields that of has.
func Project(value, of store.Fields) store.Fields {
	out := store.Fields{}
	for field := range of {
		out[field] = value[field]
	}
	return out
}

// Accepted tells whether a value that the CRM shows is the one it was sent: it may spell it
// another way, and one block is as good as another.
func Accepted(field, sent, shown string) bool {
	if field == store.Email { // a point more or less is another address
		return strings.EqualFold(sent, shown)
	}
	return sent == shown || IsDND(field) && IsBlock(field, sent) && IsBlock(field, shown) ||
		plain(sent) == plain(shown) && plain(sent) != "" || (field == store.Body || field == store.Title) && SameWords(sent, shown)
}

// plain is a value without what the CRM may spell another way: case, spaces, punctuation. In a number
// punctuation has a meaning.
func plain(s string) string {
	if strings.ContainsAny(s, "0123456789") {
		return strings.ToLower(strings.Join(strings.Fields(s), " "))
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// markup is what an editor on the screen may put around the words of a note.
var markup = sms.Pattern(`<[^>]*>`)

// SameWords compares titles, notes and texts by their letters and numbers: the CRM may keep them as HTML, with other
// quotes, without a pictogram or a final point. What has neither letters nor numbers is compared as it is.
func SameWords(a, b string) bool {
	same := func(read func(string) string) bool { x := read(a); return x != "" && x == read(b) }
	return same(func(s string) string { return words(html.UnescapeString(markup().ReplaceAllString(s, " "))) }) || same(words) ||
		strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

// words are the letters and numbers of a text, in small letters. A mark between two digits belongs to the number.
func words(s string) string {
	all := []rune(s)
	digit := func(i int) bool { return i >= 0 && i < len(all) && unicode.IsDigit(all[i]) }
	kept := make([]rune, len(all))
	for i, r := range all {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), digit(i-1) && digit(i+1) && !unicode.IsSpace(r):
			kept[i] = unicode.ToLower(r)
		default:
			kept[i] = ' '
		}
	}
	return strings.Join(strings.Fields(string(kept)), " ")
}

// ClockSkew is how far the clocks of the two sides may differ.
const ClockSkew = 5 * time.Minute

// Without encodes the set that is left when some are taken out.
func Without(all, drop []string) string {
	return store.EncodeSet(slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(drop, s) }))
}

// Encode is the payload of an intent.
func Encode(payload store.Fields) json.RawMessage {
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	return b
}

// SameFields tells whether two values of a record are the same.
func SameFields(a, b store.Fields) bool { return string(a.Hash()) == string(b.Hash()) }
