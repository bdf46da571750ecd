package when

import (
	"strings"
	"time"
	"unicode/utf8"
)

// anyMoment is the now of sentences of which only the form is of interest.
var anyMoment = time.Date(2026, 6, 10, 9, 0, 0, 0, time.UTC)

// nearFrom is where a date begins with what makes another day of it: the night before friday.
func (s *scan) nearFrom(p *said) int {
	i := p.i
	for s.word(i-1, isThe|isOf|isNear) {
		i--
	}
	for ; i < p.i; i++ {
		if s.word(i, isNear) {
			return s.items[i].from
		}
	}
	return p.from
}

// Mask puts one word in the place of each day or time that a text names: date, or owned for one that says which
// appointment, such as friday's. Of a text that names none it is "".
func (l Languages) Mask(text, date, owned string) string {
	if !utf8.ValidString(text) {
		return ""
	}
	folded, tokens := foldWords(text)
	best, most := "", 0
	for _, code := range l.orEnglish() {
		read := lexDates(lexicons[code](), text, folded, tokens)
		s := scan{lex: read.lex, text: text, items: read.items, now: anyMoment, visit: true}
		var b strings.Builder
		end, understood := 0, 0
		for _, g := range s.groups(s.atoms()) {
			if s.verdict(&g) == "-" || g.has == 0 {
				continue
			}
			understood += g.j - g.i
			word := date
			if g.belongs {
				word = owned
			}
			for _, p := range g.parts {
				b.WriteString(text[end:max(end, s.nearFrom(&p))] + " " + word + " ")
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
