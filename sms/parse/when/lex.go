package when

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A token is a run of letters and digits, and where it stands folded.
type token struct{ from, to, foldedFrom, foldedTo int }

// An item is a word, number or sign of a text with what it counts as.
type item struct {
	sense
	from, to int
	y        int  // the third number of a date; 'h' for a time such as 15h30
	typed    bool // a number in digits
	slip     bool // a word that was mistyped
}

func (it *item) does(m marks) bool { return it.is&m != 0 }

func (it *item) isSign(signs string) bool {
	return it.kind == kindPunct && strings.ContainsRune(signs, rune(it.n))
}

// A date is looked for in the first words of a text.
const mostWords = 80

// foldWords folds the words of a text, so that those with only a space, a hyphen or an apostrophe between them stand
// one space apart, and others cannot be taken for a phrase.
func foldWords(text string) (folded string, tokens []token) {
	var b strings.Builder
	b.Grow(len(text) + 16)
	for i := 0; i < len(text) && len(tokens) < mostWords; {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !inWord(r) {
			i += size
			continue
		}
		t := token{from: i}
		if len(tokens) > 0 {
			if phraseGap(text[tokens[len(tokens)-1].to:i]) {
				b.WriteByte(' ')
			} else {
				b.WriteByte(0)
			}
		}
		t.foldedFrom = b.Len()
		for i < len(text) {
			r, size = utf8.DecodeRuneInString(text[i:])
			if !inWord(r) {
				break
			}
			foldRune(&b, r)
			i += size
		}
		t.to, t.foldedTo = i, b.Len()
		tokens = append(tokens, t)
	}
	return b.String(), tokens
}

func foldRune(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		b.WriteByte(byte(r))
	case unicode.IsMark(r):
	default:
		var in [utf8.UTFMax]byte
		var out [32]byte
		for _, r := range string(norm.NFKD.Append(out[:0], in[:utf8.EncodeRune(in[:], unicode.ToLower(r))]...)) {
			if !unicode.IsMark(r) {
				b.WriteRune(r)
			}
		}
	}
}

func phraseGap(gap string) bool {
	if gap == "-" || gap == "‑" {
		return true
	}
	for _, r := range gap {
		if !strings.ContainsRune(" \u00a0'’`´", r) {
			return false
		}
	}
	return true
}

// A lexer makes items of a text, by the words of one language.
type lexer struct {
	lex    *lexicon
	text   string
	folded string
	tokens []token
	items  []item
	pos    int // how far the text is read
	known  int // how many words the language knows
}

func lexDates(lex *lexicon, text, folded string, tokens []token) *lexer {
	l := &lexer{lex: lex, text: text, folded: folded, tokens: tokens, items: make([]item, 0, 2*len(tokens))}
	for i := 0; i < len(tokens); {
		if tokens[i].from < l.pos { // part of a number that was read
			i++
			continue
		}
		l.signs(tokens[i].from)
		n := l.phrase(i)
		switch t := tokens[i]; {
		case n > 0:
		case isDigit(text[t.from]):
			l.number(t.from)
		case l.glued(t):
		default:
			l.unknown(t)
		}
		i += max(n, 1)
	}
	end := len(text)
	if len(tokens) == mostWords {
		end = l.pos
	}
	l.signs(end)
	l.hyphens()
	l.months()
	return l
}

// signs takes the signs up to a place.
func (l *lexer) signs(to int) {
	gap := l.text[l.pos:max(l.pos, to)]
	hyphen := gap == "-" && (l.pos > 0 && isDigit(l.text[l.pos-1]) || isDigit(l.byteAt(to))) // 2-4
	if hyphen || !phraseGap(gap) {
		for i, r := range gap {
			if n := len(l.items); r == '.' && n > 0 && l.items[n-1].to == l.pos+i && l.items[n-1].kind == kindNone && l.items[n-1].is == isApprox {
				continue // ca. 15 Uhr
			}
			if r == '\n' || !unicode.IsSpace(r) && !strings.ContainsRune("'’`´\"“”", r) {
				l.items = append(l.items, item{sense: sense{kind: kindPunct, n: int(r)}, from: l.pos + i, to: l.pos + i + utf8.RuneLen(r)})
			}
		}
	}
	l.pos = max(l.pos, to)
}

// phrase takes the longest phrase of the table at word i, and tells how many words it has.
func (l *lexer) phrase(i int) int {
	from := l.tokens[i].foldedFrom
	for n := min(l.lex.longest, len(l.tokens)-i); n > 0; n-- {
		last := l.tokens[i+n-1]
		if senses := l.lex.find(l.folded[from:last.foldedTo]); senses != nil {
			l.take(senses, l.tokens[i].from, last.to, false)
			l.known += n
			l.spelled()
			return n
		}
	}
	return 0
}

func (l *lexer) take(senses []sense, from, to int, slip bool) {
	for _, s := range senses {
		l.items = append(l.items, item{sense: s, from: from, to: to, slip: slip})
	}
	l.pos = to
}

// glued takes a day or a month with the number that is written right behind it: nov30, fri10am.
func (l *lexer) glued(t token) bool {
	end := l.letters(t.from)
	if end >= t.to || !isDigit(l.text[end]) || utf8.RuneCountInString(l.text[t.from:end]) < shortest {
		return false
	}
	folded, _ := foldWords(l.text[t.from:end])
	senses := l.lex.find(folded)
	if senses == nil || senses[0].kind != kindMonth && senses[0].kind != kindWeekday && senses[0].kind != kindDay {
		return false
	}
	l.take(senses, t.from, end, false)
	l.known++
	l.number(end)
	return true
}

// shortest is how many letters a name of a day or a month has at least that a number may be written to.
const shortest = 3

func (l *lexer) unknown(t token) {
	senses := l.lex.slip(l.folded[t.foldedFrom:t.foldedTo])
	if senses == nil {
		senses = []sense{{}}
	}
	l.take(senses, t.from, t.to, senses[0].kind != kindNone)
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
