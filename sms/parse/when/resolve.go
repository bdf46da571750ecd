package when

import (
	"cmp"
	"slices"
	"time"
)

// find is what the text says, in one language, and how much of it was understood: 0 if nothing.
func (s *scan) find() (Date, int) {
	groups := s.groups(s.atoms())
	if s.from {
		groups = s.movedFrom(groups)
	}
	var live, owned, left []said
	doubt, understood := "", 0
	var doubted said
	for _, g := range groups {
		why := s.verdict(&g)
		if why == "-" {
			left = append(left, g)
			continue
		}
		for _, p := range g.parts {
			understood += 2 * (p.j - p.i)
			if p.slip {
				understood--
			}
		}
		if why == doubtBelongs && g.has&hasDay != 0 {
			owned = append(owned, g)
		}
		if why == "" {
			if g.fixes && g.has&hasDay == 0 && len(owned) > 0 && len(live) == 0 { // my friday visit moved to 4
				day := owned[0]
				day.has &^= hasClock | hasPart
				day.belongs = false
				day.take(&g)
				day.parts = append(append([]said(nil), owned[0].parts...), g.parts...)
				g = day
			}
			live = append(live, g)
		} else if doubt == "" {
			doubt, doubted = why, g
		}
	}
	live = s.settle(live)
	switch {
	case len(live) == 0 && doubt == "":
		return Date{}, 0
	case len(live) == 0:
		return s.doubtful(doubt, doubted), understood
	case len(live) > 1:
		doubt, doubted = doubtTwo, live[0]
		doubted.to = live[len(live)-1].to
		return s.doubtful(doubt, doubted), understood
	}
	g := live[0]
	if s.leftBeside(&g, left) || s.contrasted(&g, groups) {
		return s.doubtful(doubtHalf, g), understood
	}
	when, doubt := s.resolve(&g)
	if doubt != "" {
		return s.doubtful(doubt, g), understood
	}
	return s.found(when, g.parts), understood
}

func (s *scan) doubtful(doubt string, d said) Date {
	from, to := s.widen(&d)
	return Date{Phrase: s.text[from:to], Doubt: doubt}
}

// verdict is why a group is not taken: empty if it is, - if it says nothing at all.
func (s *scan) verdict(g *said) string {
	mayBePast := g.mayBePast && !g.by && !s.farBack(g) && g.has&(hasSpan|hasWeek|hasMonth) == 0 && (g.has&hasFixed == 0 || g.fixed == 0) && g.mode == 0 && g.year == 0
	switch {
	case g.has == hasClock|hasPart || g.has == hasPart || g.has&hasDay == 0:
		if g.loose && !(s.visit && g.belongs) {
			return "-"
		}
	case g.loose:
		return "-"
	}
	switch {
	case g.past && !s.past, mayBePast:
		return doubtPast
	case g.refused:
		return doubtRefused
	case g.belongs && !s.visit:
		return doubtBelongs
	}
	return ""
}

// contrasted tells a day beside which another one is denied together with a time: monday, not tuesday 9am. The time may be
// that of either.
func (s *scan) contrasted(g *said, groups []said) bool {
	if g.has&hasClock != 0 {
		return false
	}
	for i := range groups {
		other := &groups[i]
		if !other.refused || other.has&hasClock == 0 || other.has&hasDay == 0 || other.i < g.j {
			continue
		}
		k := g.j
		for k < other.i && (s.word(k, isNot|glue) || s.at(k).isSign(",")) {
			k++
		}
		if k == other.i {
			return true
		}
	}
	return false
}

// leftBeside tells that something stands right beside a date that may be part of it, and was not understood.
func (s *scan) leftBeside(g *said, left []said) bool {
	for i := range left {
		for k := range g.parts {
			if l, p := &left[i], &g.parts[k]; l.j <= p.i && s.gap(l.j, p.i) || p.j <= l.i && s.gap(p.j, l.i) {
				return true
			}
		}
	}
	return false
}

// farBack tells of a date without a year that the next one is nearer than the last.
func (s *scan) farBack(g *said) bool {
	if g.has&hasDate == 0 || g.year != 0 {
		return false
	}
	next := s.dateIn(0, g.month, g.day)
	return !next.IsZero() && next.Sub(s.today()) < 180*24*time.Hour
}

// movedFrom leaves what says which appointment is moved.
func (s *scan) movedFrom(groups []said) (from []said) {
	groups = slices.DeleteFunc(groups, func(g said) bool { return s.verdict(&g) == "-" })
	for i, g := range groups {
		if g.belongs || !g.fixes && i+1 < len(groups) && groups[i+1].fixes {
			from = append(from, g)
		}
	}
	return from
}

// settle makes as few of several groups as there can be: one that takes the place of another does, and a day and a
// time that stand apart in one sentence belong together.
func (s *scan) settle(live []said) []said {
	for i := 1; i < len(live); {
		a, b := live[i-1], live[i]
		timeOf, dayOf := hasClock|hasPart|hasZone, hasDay
		apart := a.has&hasDay == 0 && b.has&^(timeOf) != 0 && b.has&timeOf == 0 || b.has&hasDay == 0 && a.has&timeOf == 0
		switch {
		case b.fixes:
			if b.has&dayOf != 0 {
				a.has &^= dayOf
				a.swap, a.shift, a.mode = false, 0, 0
			}
			if b.has&timeOf != 0 {
				a.has &^= timeOf
				a.exact = false
			}
			a.take(&b)
			a.doubt, a.loose = b.doubt, false
		case apart && a.sentence == b.sentence && (a.clause == b.clause || !a.by && !b.by) && len(live) == 2 && ((a.has|b.has)&hasSpan == 0 || a.span.minutes+b.span.minutes == 0):
			a.take(&b)
			if a.doubt == "" {
				a.doubt = b.doubt
			}
		case s.sameMoment(&a, &b):
		default:
			i++
			continue
		}
		a.parts = append(append([]said(nil), a.parts...), b.parts...)
		live = append(live[:i-1], append([]said{a}, live[i+1:]...)...)
	}
	return live
}

func (s *scan) sameMoment(a, b *said) bool {
	x, doubtX := s.resolve(a)
	y, doubtY := s.resolve(b)
	return doubtX == "" && doubtY == "" && x.At.Equal(y.At)
}

// resolve is the moment that a group says, or why there is none.
func (s *scan) resolve(d *said) (when Date, doubt string) {
	if d.doubt == "" {
		for i := range d.parts {
			d.doubt = cmp.Or(d.doubt, s.half(&d.parts[i]))
		}
	}
	if d.doubt == "" && d.before && d.has&hasDay != 0 && d.has&hasClock == 0 {
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
	return when, s.inTime(when.At)
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
