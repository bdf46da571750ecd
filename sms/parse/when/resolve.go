package when

import (
	"cmp"
	"time"
)

// resolve is the moment that a group says, or why there is none.
func (s *scan) resolve(d *said) (when Date, doubt string) {
	if d.doubt == "" {
		for i := range d.parts {
			d.doubt = cmp.Or(d.doubt, s.half(&d.parts[i], d.has&hasClock != 0))
		}
	}
	if d.doubt == "" && d.before && (d.has&hasDay != 0 && d.has&hasClock == 0 || d.has&hasClock != 0 && !s.visit) { // before 4 is not at 4
		d.doubt = doubtVague
	}
	if d.doubt == "" && d.swap && d.has&hasWeekday == 0 && !s.orderKnown() {
		d.doubt = doubtOrder
	}
	if d.doubt != "" {
		return when, d.doubt
	}
	if d.has&hasSpan != 0 && d.span.minutes != 0 {
		if d.has&(hasClock|hasPart) != 0 {
			return when, doubtTwo
		}
		at := s.now.Truncate(time.Minute).Add(time.Duration(d.span.minutes) * time.Minute)
		return Date{At: at, HasTime: true}, s.inTime(at)
	}
	day, doubt := s.dayOf(d)
	if doubt != "" {
		return when, doubt
	}
	minute, doubt := d.minute()
	if doubt != "" {
		return when, doubt
	}
	if day.IsZero() {
		return s.timeAlone(d, minute)
	}
	when = Date{HasTime: d.has&(hasClock|hasPart) != 0, OnlyPart: d.has&(hasClock|hasPart) == hasPart, Ambiguous: d.swap && d.has&hasWeekday == 0}
	when.Roughly = d.has&hasDay&^(hasWeek|hasMonth|hasYear) == 0 && d.has&hasDay != 0
	when.frame = d.frame()
	when.Today = d.has&hasDay == hasWeekday && d.mode == 0 && d.shift == 0 && time.Weekday(d.weekday) == s.today().Weekday()
	if !when.HasTime {
		minute = 24*60 - 1
	}
	if when.At, doubt = s.moment(d, day, minute); doubt != "" {
		return when, doubt
	}
	today := day.Equal(s.today())
	if when.At.Before(s.now) && today && d.has&hasClock != 0 && !d.exact && d.part == 0 && minute < 720 { // this evening
		when.At, _ = s.moment(d, day, minute+720)
	}
	if when.At.Before(s.now) && today && when.OnlyPart && s.now.Hour() < partEnds(d.part) {
		when.At, when.HasTime, when.OnlyPart = Wall(day, 24*60-1, s.now.Location()), false, false
	}
	if when.At.Before(s.now) && today && !s.past && (d.has&hasDate != 0 && d.year == 0 || d.has&(hasDom|hasMonth|hasFixed) == hasDom) {
		return when, doubtGone
	}
	if doubt = s.inTime(when.At); doubt != "" && d.swap {
		doubt = doubtOrder
	}
	return when, doubt
}

func (s *scan) inTime(at time.Time) string {
	if at.Before(s.now) && !s.past {
		return doubtPast
	}
	return ""
}

func partEnds(part int) int {
	switch part {
	case partMorning:
		return 12
	case partAfternoon:
		return 18
	}
	return 24
}

// moment is a minute of a day on the clock that is named, or else on the sender's.
func (s *scan) moment(d *said, day time.Time, minute int) (time.Time, string) {
	if d.has&hasZone != 0 {
		at, ok := s.zoned(d, day, minute)
		if !ok {
			return at, doubtZone
		}
		return at, ""
	}
	return Wall(day, minute, s.now.Location()), ""
}

// timeAlone is the next time that a clock shows an hour.
func (s *scan) timeAlone(d *said, minute int) (when Date, doubt string) {
	day, step := s.today(), 1
	if s.back {
		step = -1
	}
	late := func(at time.Time) bool { return at.Before(s.now) != s.back && !at.Equal(s.now) }
	at, doubt := s.moment(d, day, minute)
	if doubt != "" {
		return when, doubt
	}
	if late(at) && !s.back && d.has&hasClock != 0 && !d.exact && d.part == 0 && minute < 720 {
		at, _ = s.moment(d, day, minute+720)
	}
	if late(at) {
		at, _ = s.moment(d, day.AddDate(0, 0, step), minute)
	}
	return Date{At: at, HasTime: true, OnlyPart: d.has&hasClock == 0, NoDay: true, frame: d.frame()}, ""
}

func (d *said) frame() frame {
	f := frame{bound: d.bound, exact: d.exact, of: d.has & (hasWeek | hasMonth | hasYear)}
	if d.has&hasPart != 0 && d.has&hasClock == 0 {
		f.part = d.part
	}
	return f
}

// minute is the minute of the day: "at 5" is in the afternoon unless something says else.
func (d *said) minute() (minute int, doubt string) {
	if d.has&hasClock == 0 {
		return 60 * d.part, ""
	}
	hour := d.clock / 60
	if d.has&hasPart == 0 {
		d.part = 0
	}
	switch {
	case d.clock == 24*60 && d.has&hasDay != 0 && !d.by && (d.has&hasPart == 0 || d.part < partEvening) && (d.has&hasFixed == 0 || d.fixed != 0):
		return 0, doubtHour // the midnight of which end of the day?
	case d.soft && d.part != 0:
		return d.hourOfPart(hour)
	case d.clock == 24*60, d.exact && d.part == 0:
		return d.clock, ""
	case d.exact:
		if d.part == partMorning && hour > 12 || d.part == partAfternoon && (hour < 12 || hour > 19) || d.part >= partEvening && hour > 4 && hour < 15 {
			return 0, doubtTwo
		}
		return d.clock, ""
	case d.part == 0 && (hour == 7 || d.eve && hour > 7 && hour < 12):
		return 0, doubtHour
	case d.part == 0 && hour < 7:
		return d.clock + 720, ""
	case d.part == 0:
		return d.clock, ""
	}
	return d.hourOfPart(hour)
}

// hourOfPart reads an hour by the part of the day it is in.
func (d *said) hourOfPart(hour int) (minute int, doubt string) {
	switch {
	case d.part == partSmall && hour <= 6, d.part == partMorning && hour >= 1 && hour <= 11:
		return d.clock, ""
	case d.part == partAfternoon && hour == 12:
		return d.clock, ""
	case d.part == partAfternoon && hour <= 8, d.part == partEvening && hour >= 4 && hour <= 11, d.part == partNight && hour >= 5 && hour <= 11:
		return d.clock + 720, ""
	case d.part == partNight && hour == 12:
		return d.clock + 720, ""
	}
	return 0, doubtHour
}

// dayOf is the day that a group says; zero if it says none.
func (s *scan) dayOf(d *said) (day time.Time, doubt string) {
	today := s.today()
	switch {
	case d.has&hasDate != 0:
		if day, doubt = s.dateOf(d); doubt != "" {
			return day, doubt
		}
		if d.has&hasFixed != 0 && !day.Equal(today.AddDate(0, 0, d.fixed)) {
			return day, doubtTwo
		}
		return day, ""
	case d.has&hasFixed != 0:
		day = today.AddDate(0, 0, d.fixed)
		if d.has&hasDom != 0 && day.Day() != d.dom {
			return day, doubtTwo
		}
	case d.has&hasDom != 0:
		return s.domOf(d)
	case d.has&hasWeekday != 0:
		return s.weekdayOf(d)
	case d.has&hasWeek != 0:
		if d.week == 0 {
			return day, doubtVague
		}
		return today.AddDate(0, 0, 7*d.week), ""
	case d.has&hasSpan != 0:
		return addMonths(today, d.span.months).AddDate(0, 0, d.span.days), ""
	case d.has&hasMonth != 0:
		if d.months == 0 {
			return day, doubtVague
		}
		return addMonths(today, d.months), ""
	case d.has&hasYear != 0:
		if d.years == 0 {
			return day, doubtVague
		}
		return addMonths(today, 12*d.years), ""
	default:
		return time.Time{}, ""
	}
	if d.has&hasSpan != 0 { // heute in 14 Tagen
		day = addMonths(day, d.span.months).AddDate(0, 0, d.span.days)
	}
	if d.has&hasWeekday != 0 && int(day.Weekday()) != d.weekday {
		return day, doubtWeekday
	}
	return day, ""
}

// addMonths is so many months later, on the last day of the month if it is too short.
func addMonths(day time.Time, months int) time.Time {
	y, m, d := day.Date()
	last := time.Date(y, m+time.Month(months)+1, 0, 0, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, min(d, last.Day())-last.Day())
}

// justGone is how many days ago a date without a year is more likely a mistake than the next year's.
const justGone = 15

func (s *scan) justGone(d *said) bool {
	today := s.today()
	for _, y := range []int{today.Year(), today.Year() - 1} {
		if day := time.Date(y, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC); day.Day() == d.day && day.Before(today) && day.AddDate(0, 0, justGone).After(today) {
			return true
		}
	}
	return false
}

// dateOf is a day of a month, in the next year that has it if none is said. A weekday tells which number is the month.
func (s *scan) dateOf(d *said) (day time.Time, doubt string) {
	day = s.dateIn(d.year, d.month, d.day)
	if day.IsZero() {
		return day, doubtNone
	}
	if d.has&hasWeekday == 0 {
		if d.year == 0 && !s.past && !s.back && s.justGone(d) {
			return day, doubtGone
		}
		if d.year == 0 && day.Sub(s.today()) > 366*24*time.Hour { // february 29
			return day, doubtFar
		}
		return day, ""
	}
	other := time.Time{}
	if d.swap {
		other = s.dateIn(d.year, d.day, d.month)
	}
	if d.swap && d.year == 0 && (d.day-d.month == 1 || d.month-d.day == 1) && day.Sub(s.today()) > 90*24*time.Hour {
		return day, doubtHalf // friday 9/10 are hours, as like as not
	}
	fits, turned := int(day.Weekday()) == d.weekday, !other.IsZero() && int(other.Weekday()) == d.weekday
	switch {
	case fits && turned && !s.orderKnown():
		return day, doubtOrder
	case fits:
		return day, ""
	case turned:
		return other, ""
	}
	return day, doubtWeekday
}

func (s *scan) dateIn(y, m, d int) time.Time {
	if y != 0 {
		return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	}
	today, step := s.today(), 1
	if s.back {
		step = -1
	}
	for i := range 10 {
		day := time.Date(today.Year()+step*i, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		if day.Day() == d && (day.Equal(today) || day.After(today) != s.back) {
			return day
		}
	}
	return time.Time{}
}

// domOf is the next day of that number, today included, or that of the month that is named.
func (s *scan) domOf(d *said) (day time.Time, doubt string) {
	today := s.today()
	if d.has&hasMonth != 0 {
		day = time.Date(today.Year(), today.Month()+time.Month(d.months), d.dom, 0, 0, 0, 0, time.UTC)
		if day.Day() != d.dom {
			return day, doubtNone
		}
	} else {
		var ok bool
		if day, ok = s.dom(d, today); !ok {
			return day, doubtNone
		}
		if day.Equal(today) && d.has&hasWeekday != 0 && int(day.Weekday()) != d.weekday {
			day, _ = s.dom(d, today.AddDate(0, 0, 1))
		}
	}
	if d.has&hasWeekday != 0 && int(day.Weekday()) != d.weekday {
		return day, doubtWeekday
	}
	return day, ""
}

func (s *scan) dom(d *said, from time.Time) (day time.Time, ok bool) {
	step := time.Month(1)
	if s.back {
		step = -1
	}
	for i := range time.Month(13) {
		day = time.Date(from.Year(), from.Month()+step*i, d.dom, 0, 0, 0, 0, time.UTC)
		if day.Day() == d.dom && (day.Equal(from) || day.After(from) != s.back) {
			return day, true
		}
	}
	return day, false
}

// dayTurns is the hour until which people may still count the night to the day before.
const dayTurns = 4

// weekdayOf is the next one of that name, never today.
func (s *scan) weekdayOf(d *said) (day time.Time, doubt string) {
	today := s.today()
	ahead := (d.weekday-int(today.Weekday())+6)%7 + 1
	if d.mode == isLast || s.back && d.mode == 0 && d.has&hasWeek == 0 {
		return today.AddDate(0, 0, ahead-7-7*btoi(ahead == 7)), ""
	}
	american := s.monthFirst()
	sinceMonday := (int(today.Weekday()) + 6) % 7
	if d.has&hasWeek != 0 {
		if american && (today.Weekday() == 0 || d.weekday == 0) {
			return day, doubtNext // whose week begins on monday, whose on sunday?
		}
		day = today.AddDate(0, 0, (d.weekday+6)%7-sinceMonday+7*d.week)
		if d.week == 0 && !day.After(today) {
			return day, doubtPast
		}
		return day, ""
	}
	if ahead == 7 && d.mode == 0 && d.shift == 0 && s.now.Hour() < dayTurns {
		return day, doubtNext // who has not slept may mean the day that has just begun
	}
	sameWeek := sinceMonday+ahead < 7
	switch d.mode {
	case isNext:
		if sameWeek || american && (int(today.Weekday())+ahead < 7) {
			return day, doubtNext
		}
	case isThis:
		if ahead == 7 {
			return day, doubtNext
		}
	default:
	}
	return today.AddDate(0, 0, ahead+7*d.shift), ""
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
