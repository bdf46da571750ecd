package when

import "strings"

// What stands right beside a date and was not understood.

// half tells that something right beside a part of a date belongs to it, and was not understood. clock tells that the date
// has a time of day.
func (s *scan) half(d *said, clock bool) string {
	i, near, relative := d.i-1, false, false
	for s.word(i, glue|isThis|isNear) || s.at(i).isSign(",") {
		near = near || s.word(i, isNear)
		relative = relative || s.word(i, isAfter|isBefore)
		i--
	}
	j := d.j
	for s.word(j, glue&^isAt) && !s.word(j, isNear) || s.at(j).isSign(",") {
		j++
	}
	left, right := s.at(i), s.at(j)
	after := s.word(d.j, isAfter|isLess|isBefore) && !s.word(d.j, isTo|isOf|isAt) && s.at(d.j+1).kind == kindNone && (s.at(d.j+1).is&^isFollow == 0 || s.word(d.j+1, isNext|isMy)) // the friday after thanksgiving, after next
	number := right.kind == kindNumber && right.typed && right.m <= 4 && j == d.j
	switch {
	case d.has&hasDay == 0 && (s.dayName(i, d.i) || s.dayName(d.j, d.j)):
		return doubtHalf
	case near, s.word(d.j, isNear) && s.at(d.j+1).kind == kindPunct, relative && !clock && (left.kind == kindPart || left.kind == kindUnit || left.kind == kindWeekday):
		return doubtHalf // the night before friday
	case left.kind == kindMonth && !left.weak, right.kind == kindMonth && !right.weak, right.kind == kindShift, right.kind == kindDecimal && j == d.j:
		return doubtHalf
	case d.has&hasDay != 0 && !clock && (after || s.afterwards(i) || s.hourBeside(i, d.i)), left.kind == kindDecimal && i == d.i-1:
		return doubtHalf
	case d.has&hasDay == 0 && left.typed && left.kind == kindNumber && s.at(i-1).isSign("-/") && s.at(i-2).kind == kindNumber && s.at(i-2).typed: // 11-27 at 10
		return doubtHalf
	case !clock && s.fraction(d, i), number && s.at(j+1).does(isHourly) && s.at(j+1).from == right.to, left.kind == kindNumber && left.n <= 24 && i < d.i-1 && s.word(i+1, isLess):
		return doubtHalf
	case left.kind == kindNone && left.is&isEvery != 0 && left.is&isPast == 0:
		return doubtEvery
	case right.kind == kindNumber && right.m == 4 && right.n > 2000 && right.n < 2100, right.kind == kindUnit && right.n >= unitWeek && j == d.j, right.kind == kindQuarter && j == d.j:
		return doubtHalf
	case left.kind == kindUnit && left.n >= unitDay && left.is&isOn == 0 && i == d.i-1 && !clock && s.at(i-1).kind != kindNumber && !s.word(i-1, isOne): // holiday week monday
		return doubtHalf
	case number && s.at(j+1).kind == kindPunct && !s.at(j+1).isSign("-/"), number && s.joins(j+1) && s.at(j+2).kind == kindNumber, !clock && j == d.j && s.spelledHour(j):
		return doubtHalf
	case s.joins(i) && !s.at(i).isSign(",/&") && s.numberAt(i-1, 1, 24) && !s.word(i, isAnd), s.numberAt(i, 1, 24) && s.word(i-1, isOr) && s.numberAt(i-2, 1, 24), s.word(d.j, isOr) && s.numberAt(d.j+1, 1, 31) && s.clauseEnds(d.j+2):
		return doubtTwo
	}
	return ""
}

// dayName tells that the word at i, beside a time, is the name of a day that is not known: payday, Geburtstag, the day of
// the dead, prom night.
func (s *scan) dayName(i, at int) bool {
	it := s.at(i)
	word := strings.ToLower(s.text[it.from:it.to])
	part := s.at(at).kind == kindPart && s.at(at).n >= partEvening && s.lex.code == "en" && !s.phraseOfPart(at)
	switch {
	case part && i == at-1 && it.kind == kindNone && it.is == 0:
		return true
	case it.kind == kindUnit && it.n == unitDay && i < at:
		return s.at(i-1).kind == kindNone && s.at(i-1).is == 0
	case it.kind == kindNone && it.is == 0:
		if birthdays[word] {
			return true
		}
		suffix := map[string]string{"en": "day", "de": "tag", "nl": "dag"}[s.lex.code]
		if suffix != "" && len(word) > len(suffix)+2 && strings.HasSuffix(word, suffix) {
			return true
		}
		of := i - 1
		for s.word(of, isThe|isOf) {
			of--
		}
		return i < at && of < i-1 && s.saysDay(of) // el día de la raza
	}
	return false
}

// birthdays are the words for a birthday of which the end does not tell that they name a day.
var birthdays = map[string]bool{"anniversary": true, "anniversaire": true, "cumpleaños": true, "cumpleanos": true, "compleanno": true, "aniversário": true, "aniversario": true}

// saysDay tells the word day, which in Romance languages also stands before dates.
func (s *scan) saysDay(i int) bool {
	it := s.at(i)
	word := strings.ToLower(s.text[it.from:it.to])
	return it.kind == kindUnit && it.n == unitDay && it.m == 1 ||
		it.does(isOn) && (strings.HasSuffix(word, "día") || strings.HasSuffix(word, "dia") || strings.HasSuffix(word, "giorno") || strings.HasSuffix(word, "jour"))
}

// fraction tells a part of an hour beside a day without the hour: tomorrow at half past.
func (s *scan) fraction(d *said, left int) bool {
	part := func(i int) bool {
		return s.at(i).kind == kindHalf || s.at(i).kind == kindQuarter || s.at(i).kind == kindPlus
	}
	return part(left) && left < d.i-1 || part(s.skip(d.j, glue)) && s.at(s.skip(d.j, glue)+1).kind != kindUnit || s.at(d.i-1).does(isOver) && part(d.i-2)
}

// hourBeside tells that a number before a day may be the hour: 5 tomorrow works, call mom 9 tomorrow, 0930 monday. That of
// a room is not.
func (s *scan) hourBeside(i, day int) bool {
	it := s.at(i)
	switch {
	case it.kind != kindNumber:
		return false
	case it.typed && it.m == 4 && i == day-1:
		return it.n%100 < 60 && it.n < 2400 && it.n%5 == 0
	case s.at(i-1).numbered || s.at(i-1).isSign("#"):
		return false
	}
	return it.n > 0 && it.n <= 12 && it.m <= 2 && (s.at(i-1).kind == kindPunct || i == day-1)
}

// spelledHour tells an hour in words behind a day, to which nothing else follows that it could count.
func (s *scan) spelledHour(j int) bool {
	it := s.at(j)
	return it.kind == kindNumber && !it.typed && it.n > 0 && it.n <= 24 && (s.at(j+1).kind == kindPunct || s.at(j+1).kind == kindNumber)
}

// afterwards tells what stands before a day as one that comes before or after something: after lunch tomorrow.
func (s *scan) afterwards(i int) bool {
	if it := s.at(i); it.kind != kindNone || it.is&^isFollow != 0 {
		return false
	}
	k := i - 1
	for s.word(k, isThe|isMy|isOf) && !s.word(k, isAfter|isBefore) {
		k--
	}
	if s.lex.code == "de" && k == i-1 { // nach Berlin
		return false
	}
	return s.word(k, isAfter|isBefore) && !s.word(k, isOn)
}
