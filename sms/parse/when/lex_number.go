package when

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hoursToo are the months whose short names are numbers too.
var hoursToo = map[string]map[string]int{"fr": {"sept": 7}, "pt": {"dez": 10}}

// hyphens takes out those between a month and its day: nov-30, 30-nov.
func (l *lexer) hyphens() {
	is := func(i int, k kind) bool {
		return l.items[i].kind == k && (k == kindMonth || l.items[i].typed && l.items[i].n <= 31)
	}
	for i := len(l.items) - 2; i > 0; i-- {
		it := &l.items[i]
		if it.isSign("-") && l.items[i-1].to == it.from && it.to == l.items[i+1].from && (is(i-1, kindMonth) && is(i+1, kindNumber) || is(i-1, kindNumber) && is(i+1, kindMonth)) {
			l.items = slices.Delete(l.items, i, i+1)
		}
	}
}

// months takes the short name of a month for the number that it also is, where no day of a month stands by it.
func (l *lexer) months() {
	also := hoursToo[l.lex.code]
	for i := range l.items {
		it := &l.items[i]
		if it.kind != kindMonth || also == nil {
			continue
		}
		n, ok := also[strings.ToLower(l.text[it.from:it.to])]
		if !ok || i > 0 && l.isDay(i-1) || i > 1 && l.items[i-1].does(isOf) && l.isDay(i-2) || i+1 < len(l.items) && l.items[i+1].typed {
			continue
		}
		it.sense = sense{kind: kindNumber, n: n}
	}
}

func (l *lexer) isDay(i int) bool {
	it := &l.items[i]
	return it.kind == kindOrdinal || it.kind == kindNumber && it.n <= 31 || it.isSign(".")
}

// spelled takes am or pm in behind an hour in words: nine pm, nine thirty pm.
func (l *lexer) spelled() {
	it := l.items[len(l.items)-1]
	if it.kind != kindNumber || it.n == 0 {
		return
	}
	hour := len(l.items) - 1
	if it.n > 12 {
		hour--
	}
	if hour < 0 || l.items[hour].kind != kindNumber || l.items[hour].n > 12 || l.items[hour].n == 0 {
		return
	}
	clock := item{sense: sense{kind: kindClock, n: 60 * l.items[hour].n}, from: l.items[hour].from, to: it.to}
	if it.n > 12 {
		clock.n += it.n
	}
	if it.n < 60 && l.meridiem(&clock) {
		l.items, l.pos = append(l.items[:hour], clock), clock.to
	}
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// digitsAt reads so many digits at most.
func (l *lexer) digitsAt(i, most int) (n, end int) {
	for end = i; end < len(l.text) && end < i+most && isDigit(l.text[end]); end++ {
		n = 10*n + int(l.text[end]-'0')
	}
	return n, end
}

func (l *lexer) byteAt(i int) byte {
	if i < len(l.text) {
		return l.text[i]
	}
	return 0
}

// number takes a number with what belongs to it: a date, a time, an ordinal. What is none of these, such as a phone
// number or an amount, is a word like any other.
func (l *lexer) number(from int) {
	if l.partOfMore(from) {
		l.run(from)
		return
	}
	a, end := l.digitsAt(from, 5)
	it := item{sense: sense{kind: kindNumber, n: a, m: end - from}, from: from, to: end, typed: true}
	switch digits := end - from; {
	case digits == 5:
		l.run(from)
		return
	case digits == 4 && l.iso(&it, end), digits <= 2 && l.dateForm(&it, end), digits <= 2 && l.timeForm(&it, end), l.meridiem(&it), l.ordinal(&it):
	}
	if end := l.ish(it); end > 0 {
		l.items, l.pos = append(l.items, it, item{sense: sense{is: isOclock}, from: it.to, to: end}), end
		return
	}
	if !l.ends(it.to) {
		if word := l.suffix(it); word == nil {
			l.run(from)
			return
		}
		l.items = append(l.items, it)
		l.take(l.suffix(it), it.to, l.letters(it.to), false)
		return
	}
	l.items, l.pos = append(l.items, it), it.to
}

// ish is where an hour ends that is said roughly: 3ish, 3-ish; 0 if it is not.
func (l *lexer) ish(it item) int {
	end := it.to
	if l.byteAt(end) == '-' {
		end++
	}
	hour := it.kind == kindNumber && it.n > 0 && it.n <= 12 || it.kind == kindClock
	if l.lex.code != "en" || !hour || l.letters(end) != end+3 || !strings.EqualFold(l.text[end:end+3], "ish") {
		return 0
	}
	return end + 3
}

// partOfMore tells that what stands before a number makes it something else.
func (l *lexer) partOfMore(from int) bool {
	before, size := utf8.DecodeLastRuneInString(l.text[:from])
	if from == 0 || !strings.ContainsRune("./-@", before) {
		return from > 0 && strings.ContainsRune("+#$€£%_&=\\", before)
	}
	for i := len(l.items) - 1; i >= 0; i-- {
		if it := &l.items[i]; it.kind != kindPunct {
			return it.to == from-size && it.kind == kindNone && it.is == 0 // example.com/12
		}
	}
	return false
}

// run takes all up to the next space as a word that says nothing.
func (l *lexer) run(from int) {
	end := from
	for end < len(l.text) && l.text[end] > ' ' {
		end++
	}
	end = from + max(1, len(strings.TrimRight(l.text[from:end], ".,;:!?)\"'")))
	l.take([]sense{{}}, from, end, false)
}

// ends tells that a number is over at a place.
func (l *lexer) ends(i int) bool {
	if i == len(l.text) {
		return true
	}
	r, size := utf8.DecodeRuneInString(l.text[i:])
	switch {
	case inWord(r) || strings.ContainsRune("%/_$€£", r):
		return false
	case r == '.' || r == ':' || r == ',':
		return i+size >= len(l.text) || !isDigit(l.text[i+size])
	case r == '-':
		// 2-4 is a span, 202-555-0143 is a phone number.
		_, end := l.digitsAt(i+1, 5)
		return end <= i+3 && l.byteAt(end) != '-'
	}
	return true
}

func (l *lexer) letters(i int) int {
	for i < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[i:])
		if !unicode.IsLetter(r) {
			break
		}
		i += size
	}
	return i
}

// suffix is what the letters behind a number say: 2h, 15min.
func (l *lexer) suffix(it item) []sense {
	end := l.letters(it.to)
	if end == it.to || !l.ends(end) {
		return nil
	}
	senses := l.lex.find(strings.ToLower(l.text[it.to:end]))
	if senses != nil && end-it.to >= shortest && (senses[0].kind == kindMonth && it.kind == kindNumber && it.n <= 31 || senses[0].kind == kindWeekday && it.kind == kindClock) {
		return senses // 30nov, 3pmfri
	}
	if senses == nil || senses[0].kind != kindUnit && senses[0].is&(isHourly|isOclock|isAsk) == 0 {
		return nil
	}
	return senses
}

// iso reads 2026-12-24.
func (l *lexer) iso(it *item, i int) bool {
	sep := l.byteAt(i)
	if sep != '-' && sep != '/' {
		return false
	}
	m, j := l.digitsAt(i+1, 2)
	d, k := l.digitsAt(j+1, 2)
	if j != i+3 || l.byteAt(j) != sep || k != j+3 {
		return false
	}
	it.kind, it.m, it.y, it.to = kindISO, m, d, k
	return true
}

// dateForm reads 12/24, 12/24/26, 24.12., 24. 12. 2026 and 24-12-2026.
func (l *lexer) dateForm(it *item, i int) bool {
	sep := l.byteAt(i)
	if sep != '/' && sep != '.' && sep != '-' {
		return false
	}
	b, j := l.digitsAt(i+1, 2)
	if j == i+1 && sep == '.' && l.byteAt(i+1) == ' ' {
		b, j = l.digitsAt(i+2, 2)
		if l.byteAt(j) != '.' {
			return false
		}
	}
	if j <= i+1 || isDigit(l.byteAt(j)) {
		return false
	}
	y, k := 0, j
	if l.byteAt(j) == sep {
		k = j + 1
		if sep == '.' && l.byteAt(k) == ' ' && isDigit(l.byteAt(k+1)) {
			if _, e := l.digitsAt(k+1, 5); e-k-1 == 4 {
				k++
			}
		}
		var e int
		y, e = l.digitsAt(k, 5)
		switch {
		case e-k == 2:
			y += 2000
		case e == k && sep == '.':
		case e-k != 4:
			return false
		}
		k = e
	} else if sep != '/' {
		return false // 24.12 is as well a time or an amount, 24-12 a span
	}
	it.kind, it.m, it.y, it.to = kindDate, b, y, k
	return true
}

// timeForm reads 15:30, 15h30 and 15.30, which may be an amount too, and 1,5.
func (l *lexer) timeForm(it *item, i int) bool {
	sep := l.byteAt(i)
	b, j := l.digitsAt(i+1, 3)
	two := j == i+3 && b < 60
	switch {
	case sep == ':' && j == i+3 && (it.n > 24 || b >= 60) && l.ends(j):
		it.sense, it.to = sense{kind: kindClock, n: noClock}, j
		return true
	case sep == ':' && two && it.n <= 24, (sep|0x20 == 'h' || sep|0x20 == 'u' && l.lex.code == "nl") && two && it.n <= 24:
		exact := it.n > 12 || it.n == 0 || l.text[it.from] == '0' || sep != ':' && it.n > 6
		if it.n == 24 && b > 0 {
			it.sense, it.to = sense{kind: kindClock, n: noClock}, j
			return true
		}
		it.sense = sense{kind: kindClock, n: 60*it.n + b}
		if exact {
			it.m = 1
		}
		if sep != ':' {
			it.y = 'h'
		}
		it.to = j
		l.meridiem(it)
		return true
	case (sep == '.' || sep == ',') && j > i+1 && j <= i+3:
		hour := it.n
		it.kind, it.m, it.y = kindDecimal, hour, b
		if j == i+2 {
			b, it.y = 10*b, -b // a date of one digit, no time
		}
		if sep == ',' {
			it.y = -100
		}
		it.n, it.to = 100*hour+b, j
		if two && sep == '.' {
			clock := item{sense: sense{kind: kindClock, n: 60*hour + it.y}, from: it.from, to: j, typed: true}
			if l.meridiem(&clock) {
				*it = clock
			}
		}
		return true
	}
	return false
}

// meridiem takes am or pm in behind a number or a time.
func (l *lexer) meridiem(it *item) bool {
	i := it.to
	for l.byteAt(i) == ' ' && i < it.to+2 {
		i++
	}
	letter := l.byteAt(i) | 0x20
	if letter != 'a' && letter != 'p' {
		return false
	}
	end, spaced, dotted := i+1, i > it.to, false
	if l.byteAt(end) == '.' {
		end, dotted = end+1, true
	}
	if l.byteAt(end) == ' ' && dotted {
		end++
	}
	switch {
	case l.byteAt(end)|0x20 == 'm':
		end++
		if l.byteAt(end) == '.' && (dotted || end+1 < len(l.text) && l.text[end+1] == ',') {
			end++
		}
	case spaced || dotted || l.lex.code != "en":
		return false
	}
	if spaced && !dotted && (l.lex.code == "de" && letter == 'a') || end < len(l.text) && inWord(rune(l.text[end])) {
		return false // "um 3 am Montag"
	}
	hour, minute := it.n, 0
	switch {
	case it.kind == kindClock:
		hour, minute = it.n/60, it.n%60
	case it.m > 2: // 330pm
		hour, minute = it.n/100, it.n%100
	}
	if hour < 1 || hour > 23 || minute > 59 || hour > 12 && letter == 'a' {
		return false
	}
	if hour <= 12 {
		hour %= 12
		if letter == 'p' {
			hour += 12
		}
	}
	*it = item{sense: sense{kind: kindClock, n: 60*hour + minute, m: 1}, from: it.from, to: end, typed: true}
	return true
}

// ordinals are what is written behind a number to make it one, in any language.
var ordinals = []string{"st", "nd", "rd", "th", "er", "ère", "ere", "ème", "eme", "º", "ª", "°", "ste", "ro", "ten"}

func (l *lexer) ordinal(it *item) bool {
	if it.m > 2 || it.n > 31 {
		return false
	}
	end := l.letters(it.to)
	if l.byteAt(it.to) == 0xc2 && strings.HasPrefix(l.text[it.to:], "°") {
		end = it.to + len("°")
	}
	suffix := strings.ToLower(l.text[it.to:end])
	known := suffix == "e" && (l.lex.code == "fr" || l.lex.code == "nl") || suffix == "de" && l.lex.code == "nl"
	for _, o := range ordinals {
		known = known || suffix == o
	}
	if !known {
		return false
	}
	it.kind, it.to = kindOrdinal, end
	return true
}
