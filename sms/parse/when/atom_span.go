package when

import "cmp"

// A quantity is how many of a unit, in hundredths.
type quantity struct {
	n     int
	j     int
	doubt string
}

// quantityAt reads two, a, 1.5, half an, two and a half.
func (s *scan) quantityAt(i int) (q quantity, ok bool) {
	it := s.at(i)
	q.j = i + 1
	switch {
	case it.kind == kindNumber:
		q.n = 100 * it.n
		if s.joins(q.j) && !s.at(q.j).isSign("/&,") && (s.at(q.j+1).kind == kindNumber) && s.at(q.j+2).kind == kindUnit {
			q.doubt, q.j = doubtVague, q.j+2 // 2-3 days
		}
		if k, ok := s.andHalf(q.j); ok && s.at(k).kind == kindUnit {
			q.n, q.j = q.n+50, k
		}
	case it.kind == kindDecimal && (it.y != 0 || !it.typed):
		q.n = it.n
	case it.kind == kindHalf:
		q.n = 50
		q.j = s.skip(q.j, isOne|isOf)
	case it.kind == kindQuarter:
		if q.j = s.skip(q.j, isOf|isOne); s.at(q.j).n != unitHour || s.at(q.j).kind != kindUnit {
			return q, false
		}
		q.n = it.n * 100 / 60
		if it.n == 15 || it.n == 45 {
			q.n = it.n * 5 / 3
		}
	case it.kind == kindNone && it.is&isOne != 0:
		q.n = 100
		switch s.at(q.j).kind {
		case kindHalf:
			q.n, q.j = 50, q.j+1
		case kindQuarter:
			return s.quantityAt(q.j)
		default:
		}
	case it.kind == kindNone && it.is&isVague != 0:
		q.doubt = doubtVague
	default:
		return q, false
	}
	q.j = s.skip(q.j, isVague)
	return q, true
}

// andHalf reads "and a half".
func (s *scan) andHalf(i int) (end int, ok bool) {
	if it := s.at(i); it.kind == kindPlus && it.n == 30 {
		return i + 1, true
	}
	if s.word(i, isAnd) {
		if j := s.skip(i+1, isOne); s.at(j).kind == kindHalf {
			return j + 1, true
		}
	}
	return i, false
}

// lengthAt reads two hours and ten minutes, an hour and a half, 3 weeks.
func (s *scan) lengthAt(i int, ahead bool) (sp span, j int, unit int, doubt string, ok bool) {
	q, ok := s.quantityAt(i)
	j = i
	switch it := s.at(i); {
	case ok && (s.at(q.j).kind == kindUnit || s.word(q.j, isHourly)):
		j = q.j
	case it.kind == kindUnit && (it.m > 1 || ahead && s.at(i+1).kind == kindPlus):
		q = quantity{n: 100}
	default:
		return sp, i, 0, "", false
	}
	u := s.at(j)
	n, m := u.n, u.m
	if u.kind != kindUnit {
		n, m = unitHour, 1
	}
	j++
	if k, ok := s.andHalf(j); ok {
		q.n, j = q.n+50, k
	} else if p := s.at(j); n == unitHour && p.kind == kindPlus && p.n > 0 {
		q.n, j = q.n+p.n*5/3, j+1
	}
	sp = spanOf(q.n*m, n)
	if q.n*m%100 != 0 && n > unitHour {
		q.doubt = doubtVague
	}
	if n == unitHour {
		k := s.skip(j, isAnd)
		if it := s.at(k); it.kind == kindNumber && it.m <= 2 && s.at(k+1).kind == kindUnit && s.at(k+1).n == unitMinute {
			sp.minutes += it.n
			j = k + 2
		}
	}
	return sp, j, n, q.doubt, true
}

func spanOf(hundredths, unit int) (sp span) {
	n := hundredths / 100
	switch unit {
	case unitMinute:
		sp.minutes = n
	case unitHour:
		sp.minutes = (hundredths*60 + 50) / 100
	case unitDay:
		sp.days = n
	case unitWeek:
		sp.days = 7 * n
	case unitMonth:
		sp.months = n
	default:
		sp.months = 12 * n
	}
	return sp
}

// spanAt reads in 2 hours, a week from tuesday, 2 days ago, and takes how long something lasts, so that nobody else does.
func (s *scan) spanAt(i int) (d said, ok bool) {
	j, in, back, within := i, false, false, false
	for s.word(j, isIn|isBack|isApprox|isThe|isNext|isComing) && j < i+5 {
		in, back, within = in || s.word(j, isIn), back || s.word(j, isBack), within || s.word(j, isWithin)
		j++
	}
	if j > i && !in && !back {
		return d, false
	}
	if it := s.at(j); in && it.kind == kindClock && it.y == 'h' { // in 1h30
		return said{has: hasSpan, span: span{minutes: it.n}, j: j + 1}, true
	}
	sp, end, unit, doubt, ok := s.lengthAt(j, in || back)
	if !ok {
		return d, false
	}
	if at, _ := s.atClock(i); !in && !back && unit == unitHour && s.at(j).typedHour() && (s.at(end-1).is|s.at(j+1).is)&(isHourly|isOclock) != 0 && (at || s.lex.code != "en") && !s.word(end, isAgo|isHence) {
		return d, false // à 15h
	}
	d = said{has: hasSpan, span: sp, j: end, doubt: doubt}
	if within && s.visit { // any of those days
		d.doubt = cmp.Or(doubt, doubtSpan)
	}
	switch {
	case s.word(end, isAgo):
		d.past, d.j = true, end+1
		d.span = span{-sp.months, -sp.days, -sp.minutes}
		return d, true
	case s.word(end, isHence):
		d.j = end + 1
		return d, true
	case back && !in && (!s.word(i, isBy) || unit != unitHour || s.lex.code != "de"):
		d.past, d.span = true, span{-sp.months, -sp.days, -sp.minutes}
		return d, true
	}
	if unit == unitWeek || unit == unitDay {
		if from, ok := s.spanFrom(end, sp.days); ok && (!in || s.word(end, isFrom)) {
			from.doubt = cmp.Or(from.doubt, doubt)
			return from, true
		}
	}
	if before := s.word(end, isLess) && !s.word(end, isTo) || s.word(end, isAfter); before && !in {
		d.doubt = doubtHalf // 2 hours before the visit
		d.j = end + 1
		return d, true
	}
	if !in || sp == (span{}) {
		d.has, d.doubt, d.loose = 0, "", true
		if vague := doubt != "" && in; vague {
			d.has, d.doubt, d.loose = hasSpan, doubt, false
		}
	}
	return d, true
}

// typedHour tells a number that may be an hour.
func (it *item) typedHour() bool {
	return it.kind == kindNumber && it.n <= 24 || it.kind == kindDecimal && it.typed && it.m <= 24 && it.y >= 0 && it.y < 60
}

// spanFrom reads what a length counts from: from tuesday, on friday, tomorrow.
func (s *scan) spanFrom(i, days int) (d said, ok bool) {
	j := s.skip(i, isFrom|isOn|isAfter|isThe|isOf)
	if j == i && s.lex.code != "en" || s.word(i, isAfter) && !s.word(i, isFrom) && s.at(j).kind != kindWeekday && s.at(j).kind != kindDay {
		return d, false
	}
	switch s.at(j).kind {
	case kindDay:
		d, ok = s.dayAt(j)
		d.fixed += days
	case kindWeekday:
		if d, ok = s.weekdayAt(j); days%7 != 0 {
			d.doubt = doubtHalf
		}
		d.shift += days / 7
	default:
	}
	return d, ok && !d.past
}
