package when

import "strings"

// clockAt reads a time of day: 3pm, 15 Uhr 30, half past three, at five, 2-4pm.
func (s *scan) clockAt(i int) (d said, ok bool) {
	d, ok = s.hourAt(i)
	if !ok {
		return d, false
	}
	return s.withZone(s.clockSpan(i, d)), true
}

// atClock tells that a word before i says that an hour follows, and whether nothing but an hour can.
func (s *scan) atClock(i int) (at, firm bool) {
	k := i - 1
	for s.word(k, isApprox|isThe) && !s.word(k, isAt|isBy) {
		k--
	}
	at = s.word(k, isAt|isBy|isAfter|isLess) || s.at(k).does(isAt) && s.at(k).kind == kindUnit || s.at(k).isSign("@~") || s.word(k, isBetween)
	return at, s.at(k).does(isFirm)
}

func (s *scan) hourAt(i int) (d said, ok bool) {
	it := s.at(i)
	at, firm := s.atClock(i)
	d = said{has: hasClock, j: i + 1}
	switch it.kind {
	case kindClock:
		if it.n == noClock {
			d.doubt = doubtNone
			return d, true
		}
		d.clock, d.exact = it.n, it.m == 1 || it.n == 720
		d.soft = it.y == 'h' && it.n < 720
		if s.word(d.j, isOclock|isHourly) {
			d.j++
		}
		if it.y == 'h' && !at && s.maybeLength(i, d.j, it.n) {
			d.doubt = doubtLength
		}
		if p := s.at(d.j); p.kind == kindPlus && it.m == 1 && it.n%60 == 0 { // midi et demi
			d.clock, d.j = d.clock+p.n, d.j+1
		}
		return d, it.y != 'h' || at || s.lex.code != "en"
	case kindDecimal:
		d.clock = 60*it.m + it.y
		d.exact = it.m > 12 || s.text[it.from] == '0'
		clock := it.y >= 0 && it.y < 60 && it.m <= 24
		if s.at(d.j).does(isOclock | isHourly) {
			d.j++
			return d, clock
		}
		d.loose = !at || !s.clauseEnds(d.j)
		return d, clock && (at || s.lex.code != "en" || s.at(i-1).kind == kindDay || s.at(i-1).kind == kindWeekday)
	case kindQuarter, kindHalf:
		return s.pastHour(i)
	case kindNumber:
		if d, ok := s.pastHour(i); ok {
			return d, true
		}
		if s.at(i+1).kind == kindClock && it.n == 12 && s.at(i+1).n%720 == 0 { // 12 noon
			d.clock, d.exact, d.j = s.at(i+1).n, true, i+2
			return d, true
		}
		return s.bareHour(i, at, firm)
	default:
		return d, false
	}
}

// bareHour reads a number that is an hour because of what stands around it.
func (s *scan) bareHour(i int, at, firm bool) (d said, ok bool) {
	it := s.at(i)
	d = said{has: hasClock, clock: 60 * it.n, exact: it.n > 12 || it.n == 0 || it.typed && it.m == 2 && it.n < 10, j: i + 1}
	day := s.at(i-1).kind == kindDay || s.at(i-1).kind == kindPart || s.at(i-1).kind == kindWeekday
	before, behind := s.at(i-1).kind == kindPunct, s.at(d.j).kind == kindDay || s.at(d.j).kind == kindPart || s.at(d.j).kind == kindWeekday && !s.at(d.j).weak
	if minutes, end, ok := s.minutesSpelled(d.j); ok && it.n > 0 && it.n < 24 && it.m <= 2 && s.clauseEnds(end) && s.at(end).kind != kindUnit {
		next := s.skip(end, isOn|isThe|isThis)
		if at || firm || day || s.at(next).kind == kindDay || s.at(next).kind == kindWeekday || s.at(end).kind == kindPart {
			d.clock, d.j = d.clock+minutes, end
			d.exact = d.exact || it.n > 12
			return d, true
		}
	}
	if it.m == 4 && !s.inLongNumber(i, at) && (at || day || behind && (before || s.text[it.from] == '0')) && it.n/100 < 24 && it.n%100 < 60 && s.clauseEnds(d.j) && (it.n < 1900 || it.n > 2100) { // at 1530
		d.clock, d.exact = it.n/100*60+it.n%100, true
		return d, true
	}
	if it.n > 24 || it.m > 2 || it.n == 0 && !it.typed {
		return d, false
	}
	next := s.at(d.j)
	hour := next.is&(isOclock|isHourly) != 0
	if !hour && s.forSome(i-1) {
		return d, false
	}
	switch {
	case hour && next.kind == kindUnit && !at && next.n == unitHour: // "2 heures" is also how long
		if s.lex.code == "en" {
			return d, false
		}
		d.loose, d.j = true, d.j+1
	case hour:
		if next.is&isHourly != 0 && next.is&isOclock == 0 && s.lex.code == "en" && (it.n <= 12 || !day) {
			return d, false
		}
		d.loose = !at && next.is&isHourly != 0 && next.is&isOclock == 0
		d.j++
	case next.kind == kindPlus:
	case firm:
		if next.kind == kindUnit && next.n < unitHour || next.does(isMeasure) {
			return d, false
		}
	case at && s.clauseEnds(d.j), at && s.betweenAt(i), s.at(d.j).isSign("-–—") && s.at(d.j+1).kind == kindClock:
	case it.n > 0 && it.n <= 12 && next.kind == kindPart, it.n > 0 && it.n <= 12 && next.kind == kindDay && s.at(d.j+1).kind == kindPart && s.at(d.j+1).from == next.from: // 3 this afternoon
		d.loose = true
	case at && s.besideDay(i) && !s.propername(d.j), s.word(i-1, isApprox) && s.besideDay(i) && s.clauseEnds(d.j):
	case it.n > 0 && it.n <= 12 && day && s.at(i-1).kind != kindWeekday && (next.kind == kindPunct || d.j == len(s.items)) && !s.joins(d.j): // tomorrow 3
	default:
		return d, false
	}
	if hour {
		d.soft = !d.exact && it.n < 12
		d.exact = d.exact || it.n > 7 || s.lex.code != "en" && it.n == 7
		if m := s.at(d.j); s.numberAt(d.j, 0, 59) && (m.m == 2 || m.m == 0) && s.at(d.j+1).kind != kindUnit && s.clauseEnds(d.j+1) { // 15 Uhr 30
			d.clock, d.j = d.clock+m.n, d.j+1
		}
	}
	if hour && !at && next.does(isHourly) && next.kind != kindUnit && s.maybeLength(i, d.j, d.clock) {
		d.doubt = doubtLength
	}
	d = s.minutesBehind(d, firm)
	if at && s.word(d.j, isLess|isOver) && (s.at(d.j+1).kind == kindPunct || s.lex.code == "en" && (s.at(d.j+1).kind == kindDay || s.at(d.j+1).kind == kindWeekday)) {
		d.doubt, d.j = doubtHalf, d.j+1 // at ten to
	}
	return d, true
}

// maybeLength tells that an hour, in minutes, at which nobody works may be how long something takes, where nothing says that it is a
// time: massage 1h vendredi.
func (s *scan) maybeLength(i, j, clock int) bool {
	part := func(k int) bool { return s.at(k).kind == kindPart || s.word(k, isOfHour) || s.at(k).does(isMorning) }
	return s.lex.code != "en" && clock < 7*60 && !part(j) && !part(s.skip(j, isOf|isThe)) && !part(i-1)
}

// inLongNumber tells that four digits belong to a longer number, such as that of a telephone, or tell one thing from
// another: chart 0415. Digits are never torn.
func (s *scan) inLongNumber(i int, at bool) bool {
	k := i - 1
	for k >= 0 && s.at(k).isSign(":.#)-") {
		k--
	}
	before, next := s.at(k), s.at(i+1)
	return before.numbered || !at && before.kind == kindNumber && before.typed || !at && next.kind == kindNumber && next.typed
}

// minutesSpelled reads minutes in words behind an hour: ten thirty, ten oh five.
func (s *scan) minutesSpelled(j int) (minutes, end int, ok bool) {
	it := s.at(j)
	if zero := strings.ToLower(s.text[it.from:it.to]); s.lex.code == "en" && (zero == "oh" || zero == "o" || zero == "zero") && it.to > it.from {
		next := s.at(j + 1)
		return next.n, j + 2, next.kind == kindNumber && !next.typed && next.n > 0 && next.n < 10
	}
	if it.kind != kindNumber || it.typed || it.n < 10 || it.n > 59 {
		return 0, j, false
	}
	if ones := s.at(j + 1); it.n >= 20 && it.n%10 == 0 && ones.kind == kindNumber && !ones.typed && ones.n > 0 && ones.n < 10 {
		return it.n + ones.n, j + 2, true
	}
	return it.n, j + 1, true
}

// besideDay tells that the "at" before an hour stands right behind a day.
func (s *scan) besideDay(i int) bool {
	k := i - 1
	for s.word(k, isAt|isApprox|isThe) || s.at(k).isSign("@~,") {
		k--
	}
	it := s.at(k)
	return it.kind == kindDay || it.kind == kindPart || it.kind == kindWeekday && !it.weak || it.kind == kindMonth || it.kind == kindOrdinal || it.kind == kindDate
}

// propername tells that what a number counts may be an address, or is no word.
func (s *scan) propername(i int) bool {
	it := s.at(i)
	return it.kind == kindUnit || it.does(isMeasure) || it.kind == kindPunct && !s.clauseEnds(i) || s.lex.code != "de" && it.kind == kindNone && it.is == 0 && isCapital(s.text[it.from])
}

// minutesBehind reads what Romance languages say behind the hour: y media, moins dix, e venti.
func (s *scan) minutesBehind(d said, firm bool) said {
	switch p := s.at(d.j); {
	case p.kind == kindPlus:
		d.clock, d.j = d.clock+p.n, d.j+1
		d.loose = false
	case s.word(d.j, isMinus) && s.numberAt(d.j+1, 1, 29):
		d.clock, d.j = d.clock-s.at(d.j+1).n, d.j+2
	case firm && s.word(d.j, isAnd) && s.numberAt(d.j+1, 5, 59) && s.at(d.j+1).n%5 == 0 && s.at(d.j+2).kind != kindUnit:
		d.clock, d.j = d.clock+s.at(d.j+1).n, d.j+2
	}
	return d
}

// pastHour reads half past 3, quarter to four, halb drei, fünf vor halb drei, tien over drie.
func (s *scan) pastHour(i int) (d said, ok bool) {
	it := s.at(i)
	at, _ := s.atClock(i)
	d = said{has: hasClock, j: i + 1}
	minutes := it.n
	switch {
	case it.kind == kindHalf && it.is&isHalfOf != 0:
		d.clock, d.j = 60*s.at(i+1).n-30, s.skip(i+2, isOclock)
		return d, s.numberAt(i+1, 1, 12) && s.at(i+2).kind != kindUnit
	case it.kind == kindHalf:
		minutes = 30
		if s.numberAt(i+1, 1, 12) && s.lex.code == "en" && s.at(i+2).kind != kindUnit {
			d.clock, d.j = 60*s.at(i+1).n+30, i+2
			if s.monthFirst() {
				d.doubt = doubtHour // four thirty in Britain, unheard of elsewhere
			}
			d.loose = !at && !s.clauseEnds(d.j)
			return d, true
		}
	case it.kind == kindQuarter && s.lex.code == "de" && s.numberAt(i+1, 1, 12) && s.at(i+2).kind != kindUnit: // viertel vier is 3:15 in the south and east
		d.clock, d.j = 60*(s.at(i+1).n-1)+it.n, s.skip(i+2, isOclock)
		if it.n == 15 {
			d.doubt = doubtHour
		}
		return d, true
	case it.kind == kindNumber && it.n%5 != 0 && (s.at(i+1).kind != kindUnit || s.at(i+1).n != unitMinute), it.n > 29 && it.kind == kindNumber:
		return d, false
	}
	j := i + 1
	if u := s.at(j); u.kind == kindUnit && u.n == unitMinute && u.m == 1 {
		j++
	}
	over, less := s.word(j, isOver), s.word(j, isLess) && !s.word(j, isMinus) // five minus ten is not five to ten
	if !over && !less {
		return d, false
	}
	j++
	half := 0
	if h := s.at(j); h.kind == kindHalf && h.is&isHalfOf != 0 {
		half, j = 30, j+1
	}
	j = s.skip(j, isThe)
	h := s.at(j)
	switch {
	case h.kind == kindClock && h.n%720 == 0:
		d.clock, d.exact = h.n, true
	case s.numberAt(j, 1, 24) && s.at(j+1).kind != kindUnit:
		d.clock, d.exact = 60*h.n, h.n > 12
	default:
		return d, false
	}
	if it.kind == kindNumber && it.m > 0 && less && s.word(i+1, isTo) && (!at || s.lex.code == "en") { // 10 to 5 is a span too
		d.doubt = doubtHour
	}
	d.clock -= half
	if over {
		d.clock += minutes
	} else {
		d.clock -= minutes
	}
	d.j = s.skip(j+1, isOclock)
	return d, true
}

// betweenAt tells that an hour is the first of two: between 2 and 4, from 2 to 4, 2-4pm.
func (s *scan) betweenAt(i int) bool {
	j := s.skip(i+1, isOclock)
	return (s.word(j, isTo|isAnd) || s.till(j) || s.at(j).isSign("-–—")) && (s.at(s.skip(j+1, isAt|isThe|isTo)).kind == kindNumber || s.at(s.skip(j+1, isAt|isThe|isTo)).kind == kindClock)
}

// till tells the word between two hours that elsewhere stands before the last moment: from 3 till 5.
func (s *scan) till(i int) bool {
	return s.lex.code == "en" && s.word(i, isBy) && s.word(i, isLess) && !s.word(i, isBefore)
}

// moves tells that a word before i moves something.
func (s *scan) moves(i int) bool {
	for i--; i >= 0 && (!s.items[i].isSign(".!?;,") || s.abbreviates(i)); i-- {
		if s.word(i, isMove) {
			return true
		}
	}
	return false
}

// abbreviates tells a point behind a short word: Mrs. Smith.
func (s *scan) abbreviates(i int) bool {
	word := s.at(i - 1)
	return s.at(i).isSign(".") && word.kind == kindNone && word.to == s.at(i).from && word.to-word.from <= 3
}

// clockSpan takes the second of two times in: from two to four begins at two. One or the other is none.
func (s *scan) clockSpan(i int, d said) said {
	j := d.j
	between := s.word(i-1, isBetween|isFrom) || s.word(i-2, isBetween)
	switch {
	case s.at(j).isSign("-–—"), s.word(j, isTo), between && s.till(j), s.word(j, isAnd) && between:
	case s.word(j, isOr):
		if e, ok := s.hourAt(s.skip(j+1, isAt|isThe)); ok || s.numberAt(s.skip(j+1, isAt), 1, 24) {
			d.doubt, d.j = doubtTwo, max(j+2, e.j)
		}
		return d
	default:
		return d
	}
	k := s.skip(j+1, isAt|isThe|isTo)
	e, ok := s.hourAt(k)
	if !ok && s.numberAt(k, 1, 24) && (between || s.clauseEnds(k+1)) {
		e, ok = said{clock: 60 * s.at(k).n, j: s.skip(k+1, isOclock), exact: s.at(k).n > 12}, true
	}
	if !ok {
		return d
	}
	d.j = e.j
	if s.moves(i) { // moved from 2 to 4
		d.clock, d.exact, d.fixes = e.clock, e.exact, true
		return d
	}
	if e.exact && !d.exact && e.clock > 720 && d.clock < 720 && d.clock+720 < e.clock {
		d.clock, d.exact = d.clock+720, true // 2-4pm
	} else if e.exact && !d.exact {
		d.exact = d.clock < e.clock
	}
	return d
}
