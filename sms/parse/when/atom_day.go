package when

import (
	"strings"
	"sync"
	"time"
)

// endAt reads the end of a month, a week or a year.
func (s *scan) endAt(i int) (d said, ok bool) {
	if !s.word(i, isEnd|isBegin|isMid) {
		return d, false
	}
	end := s.word(i, isEnd)
	j := s.skip(i+1, isOf|isThe)
	y, m, today := s.now.Date()
	at := s.today()
	a, ahead := s.aheadAt(j)
	it := s.at(j)
	switch {
	case !ahead && it.kind == kindMonth:
		a = said{has: hasMonth, months: (it.n - int(m) + 12) % 12, j: j + 1}
	case !ahead && it.kind == kindUnit && it.m == 1:
		a = said{j: j + 1}
		a.has = map[int]has{unitWeek: hasWeek, unitMonth: hasMonth, unitYear: hasYear}[it.n]
	case !ahead && it.kind == kindDay:
		return said{}, false
	}
	switch {
	case a.has == 0:
		return d, false
	case !end:
		return said{has: hasFixed, doubt: doubtVague, j: a.j}, true
	case a.has == hasMonth:
		at = time.Date(y, m+time.Month(a.months)+1, 0, 0, 0, 0, 0, time.UTC)
	case a.has == hasYear:
		at = time.Date(y+a.years, time.December, 31, 0, 0, 0, 0, time.UTC)
	case a.has == hasWeek: // that of work
		weekday := (int(at.Weekday()) + 6) % 7
		at = time.Date(y, m, today+4-weekday+7*a.week, 0, 0, 0, 0, time.UTC)
		if a.week == 0 && weekday > 4 {
			return said{has: hasFixed, doubt: doubtVague, j: a.j}, true
		}
	}
	return said{has: hasFixed, fixed: int(at.Sub(s.today()) / (24 * time.Hour)), past: a.past, j: a.j}, true
}

// aheadAt reads next week, this month, la semana que viene, the week after next.
func (s *scan) aheadAt(i int) (d said, ok bool) {
	if it := s.at(i); it.kind == kindAhead {
		return said{has: hasWeek, week: it.n, j: i + 1}, true
	}
	j := s.skip(i, isThe)
	var mode marks
	for s.word(j, isNext|isComing|isThis|isLast) {
		mode |= s.at(j).is & (isNext | isComing | isThis | isLast)
		j++
	}
	unit := s.at(j)
	if unit.kind == kindWeekend && mode != 0 {
		return said{has: hasFixed, doubt: doubtVague, j: j + 1}, true
	}
	if unit.kind != kindUnit || unit.n < unitWeek || unit.m != 1 {
		return d, false
	}
	j++
	if mode&^isThis == 0 {
		for s.word(j, isNext|isComing|isLast) && s.at(j+1).kind != kindUnit {
			mode |= s.at(j).is & (isNext | isComing | isLast)
			j++
		}
	}
	n := 0
	switch {
	case mode == 0:
		return d, false
	case mode&isLast != 0:
		n, d.past = -1, true
	case mode&(isNext|isComing) != 0:
		n = 1
	}
	if s.word(j, isPoss) {
		d.belongs, j = true, j+1
	}
	d.j = j
	switch unit.n {
	case unitWeek:
		d.has, d.week = hasWeek, n
	case unitMonth:
		d.has, d.months = hasMonth, n
	default:
		d.has, d.years = hasYear, n
	}
	d.loose = n == 0
	return d, true
}

// dateAt reads a date in numbers, a day and a month, and the 3rd.
func (s *scan) dateAt(i int) (d said, ok bool) {
	switch it := s.at(i); it.kind {
	case kindISO:
		return s.checked(said{has: hasDate, year: it.n, month: it.m, day: it.y, j: i + 1}), true
	case kindDate:
		return s.numericAt(i)
	case kindMonth:
		if d, ok = s.monthFirstAt(i); !ok && s.inMonth(i-1) && s.clauseEnds(i+1) {
			return said{has: hasDate, month: it.n, day: 1, doubt: doubtVague, j: i + 1}, true
		}
		return d, ok
	case kindFeast:
		return s.feastAt(i), true
	case kindNumber, kindOrdinal:
		if d, ok = s.hyphenAt(i); ok {
			return d, true
		}
		if d, ok = s.dayFirstAt(i); ok {
			return d, true
		}
		return s.domAt(i)
	case kindDecimal: // am 24.12
		day := s.word(i-1, isOn) || s.at(i-1).kind == kindWeekday || s.lex.code == "de" && s.hourFollows(i+1)
		if it.y == 0 || it.y < -12 || it.y > 12 || it.m > 31 || s.monthFirst() && s.lex.code != "de" || !day || s.word(i-1, isAt) {
			return d, false
		}
		return s.checked(said{has: hasDate, month: max(it.y, -it.y), day: it.m, j: i + 1}), true
	default:
		return d, false
	}
}

// inMonth tells the word that stands before a month alone: in June, im Juni, en juin.
func (s *scan) inMonth(i int) bool {
	it := s.at(i)
	if word := s.text[it.from:it.to]; s.lex.code == "en" && (strings.EqualFold(word, "early") || strings.EqualFold(word, "late")) {
		return true
	}
	return s.word(i, isIn) || s.lex.code == "de" && s.word(i, isOf) || s.lex.code == "fr" && strings.EqualFold(s.text[it.from:it.to], "en")
}

// hourFollows tells a time that nothing else can be: 14.30 Uhr, um 9.
func (s *scan) hourFollows(i int) bool {
	it := s.at(i)
	return it.kind == kindClock || s.word(i, isFirm) || (it.kind == kindDecimal || it.kind == kindNumber) && s.at(i+1).does(isOclock)
}

// feastAt reads a day that has a name: Heiligabend, new year's eve.
func (s *scan) feastAt(i int) said {
	it := s.at(i)
	d := said{has: hasDate, month: it.n, day: it.m, j: i + 1}
	d.year, d.j = s.yearAt(d.j)
	d.loose = it.weak && d.year == 0 && (!s.word(i-1, isOn|isBy|isAt|isNear) || !s.clauseEnds(d.j))
	d.eve = it.n == 12 && (it.m == 24 || it.m == 31)
	if it.n == 0 {
		d.doubt = doubtFeast
	}
	return d
}

func (s *scan) monthFirst() bool { return MonthFirst(s.region) }

// orderKnown tells that language and region agree on whether the day or the month is said first.
func (s *scan) orderKnown() bool {
	region := strings.ToUpper(s.region)
	if s.lex.code == "en" {
		return region != "" && region != "CA"
	}
	return !s.monthFirst() && region != "CA"
}

// counted are things beside which two numbers with a stroke are a part, a number of theirs or a date of birth.
var counted = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq("invoice bill code order number ref pain score dob born geb geboren dose pill pills tablet tablets part size room unit apt suite ratio chapter " +
		"pastilla pastillas tableta tabletas dosis factura comprimé comprimés cachet facture tablette tabletten pille pillen rechnung " +
		"compressa compresse pastiglia pastiglie fattura pil pillen tablet tabletten factuur comprimido comprimidos fatura") {
		all[word] = true
	}
	return all
})

// counts tells that a word is one of those.
func (s *scan) counts(i int) bool {
	it := s.at(i)
	return counted()[strings.ToLower(s.text[it.from:it.to])]
}

// checked doubts a date that no calendar has.
func (s *scan) checked(d said) said {
	y := d.year
	if y == 0 {
		y = 2028 // it has a 29th of February
	}
	at := time.Date(y, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	if d.month < 1 || d.month > 12 || d.day < 1 || at.Day() != d.day || y < 1900 || y > 2200 {
		d.doubt = doubtNone
	}
	return d
}

// numericAt reads 12/24 in the order of the region, or in the only one there is.
func (s *scan) numericAt(i int) (d said, ok bool) {
	it := s.at(i)
	a, b := it.n, it.m
	sep := s.text[it.from+1]
	if isDigit(sep) {
		sep = s.text[it.from+2]
	}
	if it.y == 0 && (a == 24 && b == 7 || s.word(i+1, isMeasure) || s.at(i+1).kind == kindUnit || a < b && b <= 8 && s.at(i-1).kind == kindNumber && s.at(i-1).typed) {
		return d, false // 24/7, 3/4 inch
	}
	d = said{has: hasDate, year: it.y, day: a, month: b, j: i + 1}
	first := s.monthFirst() && sep != '.' && a <= 12 || b > 12 && sep != '.'
	if first {
		d.day, d.month = b, a
	}
	d.swap = sep != '.' && a <= 12 && b <= 12 && a != b
	switch {
	case sep == '.' && it.y == 0 && a <= 12 && b <= 12 && a != b && s.lex.code == "en" && s.monthFirst():
		d.doubt = doubtOrder
		return d, true
	case it.y > s.now.Year()+10, it.y == 0 && sep == '/' && (s.counts(i-1) || s.counts(i+1)): // born 03/12/80, pain 8/10
		d.doubt = doubtHalf
		return d, true
	}
	if before, next := s.at(i-1), s.at(i+1); it.y == 0 && sep == '/' && before.kind == kindNone && before.is == 0 && next.kind == kindNone && next.is == 0 {
		d.doubt = doubtHalf // order 12/5 bolts
		return d, true
	}
	if d = s.checked(d); d.doubt != "" && it.y == 0 && !s.word(i-1, isOn|isBy) && (d.month > 12 || d.day > 31 || d.day < 29) {
		return said{}, false
	}
	return d, true
}

// hyphenAt reads 12-3 behind a word that only a day follows.
func (s *scan) hyphenAt(i int) (d said, ok bool) {
	a, b := s.at(i), s.at(i+2)
	if !s.word(i-1, isOn|isBy) || s.word(i-1, isAt) || a.kind != kindNumber || b.kind != kindNumber || !a.typed || !b.typed || a.m > 2 || b.m > 2 || !s.at(i+1).isSign("-") || b.from != a.to+1 || !s.clauseEnds(i+3) {
		return d, false
	}
	d = said{has: hasDate, day: a.n, month: b.n, j: i + 3, swap: a.n <= 12 && b.n <= 12 && a.n != b.n}
	if s.monthFirst() && a.n <= 12 || b.n > 12 {
		d.day, d.month = b.n, a.n
	}
	d = s.checked(d)
	return d, d.doubt == ""
}

// yearAt reads a year behind a date.
func (s *scan) yearAt(j int) (year, end int) {
	k := j
	if s.at(k).isSign(",") {
		k++
	}
	if s.lex.code != "en" || k > j {
		k = s.skip(k, isOf)
	}
	it := s.at(k)
	if it.kind == kindNumber && it.m == 4 && it.n >= 1900 && it.n < 2200 {
		return it.n, k + 1
	}
	if it.kind == kindNumber && it.m == 2 && it.from > 0 && (s.text[it.from-1] == '\'' || it.from > 2 && s.text[it.from-3:it.from] == "’") {
		return 2000 + it.n, k + 1
	}
	return 0, j
}

// dayFirstAt reads 24 December, the 3rd of May 2027, 3. Dezember.
func (s *scan) dayFirstAt(i int) (d said, ok bool) {
	it := s.at(i)
	if it.n < 1 || it.n > 31 || it.kind == kindNumber && it.m > 2 {
		return d, false
	}
	j := i + 1
	if s.at(j).isSign(".") {
		j++
	}
	j = s.skip(j, isOf|isThe)
	month := s.at(j)
	if month.kind != kindMonth || month.weak && month.slip {
		return d, false
	}
	d = said{has: hasDate, day: it.n, month: month.n, j: j + 1}
	if s.at(d.j).isSign(".") && month.to-month.from <= 5 && d.j+1 < len(s.items) {
		d.j++
	}
	d.year, d.j = s.yearAt(d.j)
	if s.at(i-1).kind == kindNumber && s.items[i].kind == kindNumber && s.at(i-1).m > 0 && s.at(i-1).m <= 2 || s.joins(i-1) && s.numberAt(i-2, 1, 31) && !s.at(i-1).isSign(",") {
		d.doubt = doubtSpan // 3 or 4 December
	}
	return s.checked(d), true
}

// joins tells that what stands at i makes several of what is around it.
func (s *scan) joins(i int) bool { return s.word(i, isOr|isAnd|isTo) || s.at(i).isSign("-–/&,") }

// monthFirstAt reads December 24th, 2027.
func (s *scan) monthFirstAt(i int) (d said, ok bool) {
	month := s.at(i)
	j := i + 1
	if s.at(j).isSign(".") && month.to-month.from <= 5 {
		j++
	}
	j = s.skip(j, isThe)
	it := s.at(j)
	if it.kind != kindNumber && it.kind != kindOrdinal || it.n < 1 || it.n > 31 || it.kind == kindNumber && it.m > 2 || it.kind == kindNumber && it.m == 0 && month.weak {
		return d, false
	}
	if s.lex.code != "en" && it.kind == kindNumber && !month.weak && !s.clauseEnds(j+1) || month.slip && month.weak {
		return d, false
	}
	if it.kind == kindNumber && s.at(j+1).does(isThings) { // call april 4 times
		return d, false
	}
	d = said{has: hasDate, day: it.n, month: month.n, j: j + 1}
	d.loose = month.weak && it.kind == kindNumber && !s.clauseEnds(j+1) && !s.yearFollows(j+1) && s.at(i-1).kind != kindPunct && !s.word(i-1, isOn|isBy)
	if s.joins(j+1) && (s.numberAt(j+2, 1, 31) || s.at(j+2).kind == kindOrdinal) && !s.at(j+1).isSign(",") {
		d.doubt, d.j = doubtSpan, j+3
	}
	d.year, d.j = s.yearAt(d.j)
	return s.checked(d), true
}

// forSome tells the "for" that stands before how many there are, and before a day only with an article: para 4, para el 4.
func (s *scan) forSome(i int) bool {
	switch word := strings.ToLower(s.text[s.at(i).from:s.at(i).to]); s.lex.code {
	case "es":
		return word == "para"
	case "pt":
		return word == "para" || word == "pra"
	case "fr":
		return word == "pour"
	case "it":
		return word == "per"
	}
	return false
}

func (s *scan) yearFollows(j int) bool { y, _ := s.yearAt(j); return y != 0 }

// domAt reads a day of no month: the 3rd, el 3, am 3., on the 3rd of next month.
func (s *scan) domAt(i int) (d said, ok bool) {
	it := s.at(i)
	if it.n < 1 || it.n > 31 || it.kind == kindNumber && (it.m == 0 || it.m > 2) {
		return d, false
	}
	if next := s.at(i + 1); it.kind == kindNumber && (next.does(isHourly|isOclock) || next.kind == kindUnit || next.kind == kindPlus) {
		return d, false
	}
	if it.kind == kindNumber && it.n <= 12 && s.at(i-1).kind == kindWeekday && s.at(i+1).does(isOfHour) { // viernes 4 de la tarde
		return d, false
	}
	d = said{has: hasDom, dom: it.n, j: i + 1}
	k := i - 1
	the := s.word(k, isThe)
	for s.word(k, isThe) && !s.word(k, isOn) {
		k--
	}
	firm := s.word(k, isOn|isBy|isTo) || s.word(k, isApprox) && the
	dotted := s.at(i+1).isSign(".") && s.at(i+1).from == it.to && it.kind == kindNumber && (s.lex.code == "de")
	if of, end, ok := s.ofMonth(i + 1); ok && of.month == 0 {
		d.j = end
		if of.has != 0 || it.kind == kindOrdinal {
			d.has |= of.has
			d.months = of.months
			return d, it.kind == kindOrdinal || of.has != 0
		}
	}
	switch {
	case it.kind == kindNumber && dotted:
		d.j++
		d.loose = !firm || !s.clauseEnds(d.j)
		return d, true
	case it.kind == kindNumber:
		romance := s.lex.code == "fr" || s.lex.code == "es" || s.lex.code == "it" || s.lex.code == "pt"
		d.loose = !romance || !s.at(i-1).does(isOn) || s.forSome(i-1) || s.word(i-1, isAt) || !s.clauseEnds(d.j)
		return d, romance && (!d.loose || s.at(i-1).kind == kindWeekday)
	case !it.typed:
		d.loose = !firm || it.n <= 2 || !s.clauseEnds(d.j)
		return d, true
	}
	d.loose = !firm && !the || !s.clauseEnds(d.j)
	return d, true
}
