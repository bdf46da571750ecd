package when

import (
	"slices"
	"strings"
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
	when = s.found(when, g.parts)
	when.Perhaps, when.Denied = s.perhaps, s.denied
	if when.Rest != "" && slices.ContainsFunc(groups, func(g said) bool { return g.refused }) { // not monday, tuesday
		when.Rest = strings.TrimSpace(s.text)
	}
	return when, understood
}

func (s *scan) doubtful(doubt string, d said) Date {
	from, to := s.widen(&d)
	return Date{Phrase: s.text[from:to], Doubt: doubt, Perhaps: s.perhaps}
}

// verdict is why a group is not taken: empty if it is, - if it says nothing at all.
func (s *scan) verdict(g *said) string {
	mayBePast := g.mayBePast && !g.by && !s.farBack(g) && g.has&(hasSpan|hasWeek|hasMonth) == 0 && (g.has&hasFixed == 0 || g.fixed == 0) && g.mode == 0 && g.year == 0
	switch {
	case g.has == hasClock|hasPart || g.has == hasPart || g.has&hasDay == 0:
		if g.loose && (!s.visit || !g.belongs) {
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

// contrasted tells a day beside which another one is denied together with a time, which may be that of either: monday, not
// tuesday 9am. And one behind which a bare no and another stand, which takes it back as like as not: friday no monday.
func (s *scan) contrasted(g *said, groups []said) bool {
	for i := range groups {
		other := &groups[i]
		if s.lower(s.at(g.j)) == "no" && s.skip(g.j+1, isThe|isOn) == other.i {
			return true
		}
		if g.has&hasClock != 0 {
			continue
		}
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

// beside tells that nothing stands between two places but what joins dates or makes several of them.
func (s *scan) beside(i, j int) bool {
	for i < j && (s.word(i, isAnd|isOr) || s.at(i).isSign("+&")) {
		i++
	}
	return s.gap(i, j)
}

// leftBeside tells that something stands right beside a date that may be part of it, and was not understood.
func (s *scan) leftBeside(g *said, left []said) bool {
	for i := range left {
		for k := range g.parts {
			if l, p := &left[i], &g.parts[k]; l.j <= p.i && s.beside(l.j, p.i) || p.j <= l.i && s.beside(p.j, l.i) {
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
//
// A day beside no such word may be either.
func (s *scan) movedFrom(groups []said) (from []said) {
	var either []said
	groups = slices.DeleteFunc(groups, func(g said) bool { return s.verdict(&g) == "-" })
	for i, g := range groups {
		switch {
		case g.belongs, !g.fixes && (i+1 < len(groups) && groups[i+1].fixes || s.word(s.before(&g), isFrom) && !s.word(s.before(&g), isAt|isOn|isOf)):
			from = append(from, g)
		case !g.fixes:
			either = append(either, g)
		}
	}
	if s.perhaps = len(from) == 0 && len(either) > 0; s.perhaps {
		return either
	}
	return from
}

// before is the place of the word before a group, without the article.
func (s *scan) before(g *said) int {
	i := g.i - 1
	for s.word(i, isThe) && !s.word(i, isFrom) {
		i--
	}
	return i
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
		case s.sameMoment(&a, &b) && (!s.visit || s.known(a.j, b.i)): // not Ann's and Eva's
		default:
			i++
			continue
		}
		a.parts = append(append([]said(nil), a.parts...), b.parts...)
		live = append(live[:i-1], append([]said{a}, live[i+1:]...)...)
	}
	return live
}

// known tells that every word between two places is one of the tables.
func (s *scan) known(i, j int) bool {
	for ; i < j; i++ {
		if it := s.at(i); it.kind == kindNone && it.is == 0 {
			return false
		}
	}
	return true
}

func (s *scan) sameMoment(a, b *said) bool {
	x, doubtX := s.resolve(a)
	y, doubtY := s.resolve(b)
	return doubtX == "" && doubtY == "" && x.At.Equal(y.At)
}
