package when

import (
	"strings"
	"time"
)

// What a date says. Only has tells which of the fields of said count.
type has uint16

const (
	hasDate    has = 1 << iota // y, month, day; y is 0 if it was left out
	hasFixed                   // a day counted from today: tomorrow
	hasWeekday                 //
	hasDom                     // a day of some month: the 3rd
	hasWeek                    // a week so many ahead
	hasMonth                   // a month so many ahead
	hasClock                   // minute of the day
	hasPart                    // part of the day
	hasSpan                    // months, days and minutes from now
	hasZone                    // the zone of the clock
	hasYear                    // a year so many ahead
)

const hasDay = hasDate | hasFixed | hasWeekday | hasDom | hasWeek | hasMonth | hasSpan | hasYear

// said is what a part of a text says of a date, and where.
type said struct {
	has      has
	from, to int // bytes
	i, j     int // items
	clause   int
	sentence int

	year, month, day int
	swap             bool // day and month could be the other way round
	fixed            int  // days from today
	weekday          int
	mode             marks // isNext, isThis, isComing, isLast, or none
	shift            int   // weeks later
	dom              int
	week, months     int
	years            int
	clock            int
	exact            bool // no other reading of the hour is left
	soft             bool // but that of a part of the day: 7 Uhr abends
	part             int
	span             span
	zone             int
	zoneName         string
	past             bool // it has been
	loose            bool // it counts only beside another
	refused          bool // not then
	belongs          bool // it says which appointment, not when
	mayBePast        bool // the words around it tell of what was
	by               bool // the last moment at which
	before           bool // some moment before it
	bound            bound
	eve              bool // a day of which the evening is meant
	fixes            bool // it takes the place of what was said before
	parts            []said
	slip             bool
	doubt            string
}

// span is a time from now.
type span struct{ months, days, minutes int }

// Why a date is not taken.
const (
	doubtTwo     = "two times are said"
	doubtHalf    = "not all of it is understood"
	doubtNext    = "it can be this week or next"
	doubtVague   = "it names no one day"
	doubtWeekday = "the weekday and the date do not agree"
	doubtEvery   = "it returns"
	doubtHour    = "the hour can be two"
	doubtPast    = "it has passed"
	doubtLength  = "it may be how long it takes"
	doubtRefused = "it is said not to be then"
	doubtBelongs = "it says which appointment, not when"
	doubtNone    = "there is no such day or time"
	doubtZone    = "the time zone is not known"
	doubtSpan    = "it is a span of days"
	doubtOrder   = "the day and the month can be the other way round"
	doubtGone    = "it has passed, and no year is said"
	doubtFar     = "it is more than a year away, and no year is said"
	doubtFeast   = "its date is another one each year"
)

// scan reads one text by the words of one language.
type scan struct {
	lex     *lexicon
	text    string
	items   []item
	now     time.Time
	region  string
	back    bool // what returns is the last one, not the next
	past    bool // what has passed counts too
	denied  bool // a no between two appointments was found
	perhaps bool // what was found may be the other time
	visit   bool // what says which appointment counts too
	from    bool // only what says which appointment counts
}

var noItem = item{sense: sense{kind: kindPunct, n: '.'}}

// at is item i; beyond both ends there is the end of a sentence.
func (s *scan) at(i int) *item {
	if i < 0 || i >= len(s.items) {
		return &noItem
	}
	return &s.items[i]
}

// word tells an item that is only a mark, of one of these.
func (s *scan) word(i int, m marks) bool {
	it := s.at(i)
	return it.is&m != 0 && (it.kind == kindNone || it.kind == kindHalf)
}

// skip passes items that are only these marks.
func (s *scan) skip(i int, m marks) int {
	for s.word(i, m) {
		i++
	}
	return i
}

// numberAt is a small number at i.
func (s *scan) numberAt(i, from, to int) bool {
	it := s.at(i)
	return it.kind == kindNumber && it.n >= from && it.n <= to && it.m <= 2
}

// clauseEnds tells that what stands at i is not what a number before it counts.
func (s *scan) clauseEnds(i int) bool {
	it := s.at(i)
	switch {
	case it.kind == kindPunct:
		return !it.isSign("%$€£/&°")
	case it.kind == kindUnit, it.is&isMeasure != 0 && it.is&isFollow == 0:
		return false
	case it.kind == kindNone:
		return it.is != 0
	}
	return true
}

// atomAt reads what begins at item i, and tells where it ends.
func (s *scan) atomAt(i int) (d said, ok bool) {
	for _, read := range []func(*scan, int) (said, bool){(*scan).endAt, (*scan).spanAt, (*scan).weekdayAt, (*scan).aheadAt, (*scan).dateAt, (*scan).clockAt, (*scan).dayAt} {
		if d, ok = read(s, i); ok {
			d.i = i
			d.from, d.to = s.items[i].from, s.items[d.j-1].to
			for k := i; k < d.j; k++ {
				d.slip = d.slip || s.items[k].slip
			}
			return d, true
		}
	}
	return said{}, false
}

// dayAt reads today, tonight, tomorrow and the parts of the day.
func (s *scan) dayAt(i int) (said, bool) {
	switch it := s.at(i); it.kind {
	case kindDay:
		d := said{has: hasFixed, fixed: it.n, past: it.n < 0, j: i + 1}
		if it.is&isMorning != 0 && s.at(i-1).kind == kindDay && s.at(i-1).to < it.from { // heute Morgen
			return said{has: hasPart, part: partMorning, j: i + 1}, true
		}
		if s.at(d.j).kind == kindUnit && s.at(d.j).n == unitWeek && s.lex.code == "en" && s.clauseEnds(d.j+1) { // tomorrow week
			d.fixed, d.j = d.fixed+7*s.at(d.j).m, d.j+1
		}
		if s.at(d.j).kind == kindShift {
			d.fixed, d.j = d.fixed+7*s.at(d.j).n, d.j+1
		}
		if s.word(d.j, isPoss) {
			d.belongs, d.j = true, d.j+1
		}
		return d, true
	case kindPart:
		strong := s.items[i].to-s.items[i].from > 0 && s.phraseOfPart(i)
		return said{has: hasPart, part: it.n, loose: !strong, j: i + 1}, true
	case kindWeekend:
		firm := s.word(i-1, isThe|isBy|isOn) && s.clauseEnds(i+1)
		return said{has: hasFixed, doubt: doubtVague, j: i + 1, loose: !firm}, true
	default:
		day := s.at(i-1).kind == kindDay || s.at(i-1).kind == kindWeekday
		if s.lex.code == "en" && day && s.at(i+1).kind == kindPunct && strings.EqualFold(s.text[it.from:it.to], "am") { // friday am
			return said{has: hasPart, part: partMorning, loose: true, j: i + 1}, true
		}
		return said{}, false
	}
}

// phraseOfPart tells a part of the day that says by itself when: in the morning, but not good morning.
func (s *scan) phraseOfPart(i int) bool {
	it := s.at(i)
	for k := it.from; k < it.to; k++ {
		if s.text[k] == ' ' {
			return true
		}
	}
	return s.word(i-1, isOn|isBy|isThis|isAt)
}

// weekdayAt reads a weekday with what stands around it: next friday, lundi prochain, friday's, tuesday week.
func (s *scan) weekdayAt(i int) (d said, ok bool) {
	j, nth := i, 0
	var mode marks
	for ; ; j++ {
		it := s.at(j)
		switch {
		case it.kind == kindNone && it.is&(isNext|isComing|isThis|isLast) != 0:
			mode |= it.is & (isNext | isComing | isThis | isLast)
			continue
		case it.kind == kindOrdinal && nth == 0 && s.at(j+1).kind == kindWeekday && it.n <= 5 && it.to < s.at(j+1).from:
			nth = it.n
			continue
		}
		break
	}
	it := s.at(j)
	if it.kind != kindWeekday || s.called(j) || isDigit(s.text[it.from]) && s.at(j-1).numbered { // sala 6a
		return d, false
	}
	d = said{has: hasWeekday, weekday: it.n, j: j + 1, belongs: it.is&isPoss != 0, loose: (it.weak || it.slip && it.to-it.from < 8) && mode == 0}
	if d.loose && s.word(i-1, isOn|isBy|isThis|isAfter|isBefore|isNear) && !s.word(i-1, isThe) {
		d.loose = !s.clauseEnds(d.j)
	}
	if portuguese := s.lex.code == "pt" && s.clauseEnds(d.j); d.loose && portuguese { // segunda is also "second"
		alone := s.at(d.j).kind == kindPunct && (s.at(i-1).kind == kindPunct || s.word(i-1, isBreak))
		moves := s.word(i-1, isFrom|isTo) && s.moved()
		names := s.visit && s.at(i-1).kind == kindNone && !s.word(i-1, isThe) // confirmo segunda
		d.loose = !alone && !moves && !names
	}
	if s.at(d.j).isSign(".") && it.to-it.from <= 5 && d.j+1 < len(s.items) && s.at(d.j+1).kind != kindNone {
		d.j++
	}
	for s.at(d.j).kind == kindNone && s.at(d.j).is&(isNext|isComing|isLast) != 0 && s.at(d.j+1).kind != kindUnit && s.at(d.j+1).kind != kindWeekday && s.at(d.j+1).kind != kindMonth {
		mode |= s.at(d.j).is & (isNext | isComing | isLast)
		d.j++
	}
	d.loose = d.loose && mode == 0
	if s.lex.code != "de" && s.name(j) {
		d.loose = true
	}
	switch next := s.at(d.j); {
	case next.kind == kindShift:
		d.shift, d.j = next.n, d.j+1
	case next.kind == kindUnit && next.n == unitWeek && s.lex.code == "en" && s.clauseEnds(d.j+1):
		d.shift, d.j = next.m, d.j+1
	case s.word(d.j, isPoss):
		d.belongs, d.j = true, d.j+1
	}
	if nth > 0 || mode&isLast != 0 {
		if month, end, ok := s.ofMonth(d.j); ok {
			return s.nthWeekday(d, month, end, nth), true
		}
		if nth > 0 {
			d.doubt = doubtHalf
		}
	}
	d.setMode(mode)
	return d, true
}

// name tells a weekday that is written like a first name: Domingo García.
func (s *scan) name(i int) bool {
	it, next := s.at(i), s.at(i+1)
	return isCapital(s.text[it.from]) && next.kind == kindNone && next.is == 0 && next.from < len(s.text) && isCapital(s.text[next.from]) && s.text[it.from+1] >= 'a' && !s.word(i-1, isOn|isBy|isAt|isThe)
}

// called tells the weekday that is also a man's name in Spanish, where a person must stand: llamar a Domingo.
func (s *scan) called(i int) bool {
	before := s.at(i - 1)
	return s.lex.code == "es" && s.at(i).n == 0 && strings.EqualFold(s.text[before.from:before.to], "a") && s.at(i-2).kind != kindWeekday && !s.moves(i)
}

func isCapital(b byte) bool { return 'A' <= b && b <= 'Z' }

func (d *said) setMode(mode marks) {
	switch {
	case mode&isLast != 0:
		d.mode, d.past = isLast, true
	case mode&isComing != 0:
		d.mode = isComing
	case mode&isNext != 0 && mode&isThis == 0:
		d.mode = isNext
	case mode&isThis != 0:
		d.mode = isThis
	}
}

// ofMonth reads "of May", "of next month", "of the month": how many months ahead, or a month.
func (s *scan) ofMonth(i int) (d said, end int, ok bool) {
	if !s.word(i, isOf) {
		return d, i, false
	}
	j := s.skip(i, isOf|isThe)
	if it := s.at(j); it.kind == kindMonth {
		d.month = it.n
		if y := s.at(j + 1); y.kind == kindNumber && y.m == 4 {
			d.year = y.n
			j++
		}
		return d, j + 1, true
	}
	if a, ok := s.aheadAt(j); ok && a.has == hasMonth && !a.past {
		return a, a.j, true
	}
	if it := s.at(j); it.kind == kindUnit && it.n == unitMonth && it.m == 1 {
		return said{}, j + 1, true
	}
	return d, i, false
}

// nthWeekday is the first monday of a month, or its last, for which nth is 0.
func (s *scan) nthWeekday(d, in said, end, nth int) said {
	y, m := s.now.Year(), s.now.Month()+time.Month(in.months)
	if in.month != 0 {
		m = time.Month(in.month)
	}
	if in.year != 0 {
		y = in.year
	}
	d.has, d.j = hasDate, end
	for range 13 {
		first := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		day := 1 + (d.weekday-int(first.Weekday())+7)%7
		if nth == 0 {
			for day+7 <= first.AddDate(0, 1, -1).Day() {
				day += 7
			}
		}
		at := first.AddDate(0, 0, day-1+7*max(0, nth-1))
		d.year, d.month, d.day, d.past = at.Year(), int(at.Month()), at.Day(), at.Before(s.today())
		if at.Month() != first.Month() {
			d.doubt = doubtNone
			return d
		}
		switch {
		case !d.past || in.year != 0 || in.months != 0:
			return d
		case in.month != 0:
			y++
		default:
			m++
		}
	}
	return d
}

// today is the day of now, as a day without a zone.
func (s *scan) today() time.Time {
	y, m, d := s.now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
