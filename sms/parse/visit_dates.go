package parse

import (
	"strings"
	"time"
	"unicode/utf8"
)

// A day or a time in a sentence about a visit is one word of it, whatever it is made of.
const (
	dateWord  = "0date"  // on friday, at 4
	ownerWord = "0dates" // friday's
)

// anyMoment is the now of sentences of which only the form is of interest.
var anyMoment = time.Date(2026, 6, 10, 9, 0, 0, 0, time.UTC)

// maskDates puts one word in the place of each day or time that a text names; none is "".
func (w *Words) maskDates(text string) string {
	if !utf8.ValidString(text) {
		return ""
	}
	folded, tokens := foldWords(text)
	best, most := "", 0
	for _, code := range w.languages {
		l := lexDates(lexicons[code](), text, folded, tokens)
		s := scan{lex: l.lex, text: text, items: l.items, now: anyMoment, visit: true}
		var b strings.Builder
		end, understood := 0, 0
		for _, g := range s.groups(s.atoms()) {
			if s.verdict(&g) == "-" || g.has == 0 {
				continue
			}
			understood += g.j - g.i
			word := dateWord
			if g.belongs {
				word = ownerWord
			}
			for _, p := range g.parts {
				b.WriteString(text[end:p.from] + " " + word + " ")
				end = p.to
			}
		}
		if understood > most {
			b.WriteString(text[end:])
			best, most = b.String(), understood
		}
	}
	return best
}
