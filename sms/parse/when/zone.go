package when

import (
	"strings"
	"time"
)

// zones are the zones that people name behind an hour, by their place in the tables: hours east of Greenwich in
// winter, and whose summer time they keep.
var zones = map[int]struct {
	hours  int
	summer func(time.Time) bool
}{
	0: {-8, americanSummer}, 1: {-7, americanSummer}, 2: {-6, americanSummer}, 3: {-5, americanSummer}, 4: {0, europeanSummer}, 5: {1, europeanSummer}, 6: {0, nil}, 7: {-9, americanSummer},
	8: {-10, nil}, 9: {2, europeanSummer}, 10: {0, europeanSummer}, 11: {-5, americanSummer}, 12: {-8, americanSummer}, 13: {-6, americanSummer}, 14: {-7, americanSummer}, 15: {0, nil},
}

const (
	zoneCentral = 2  // CST is China's too
	zoneGMT     = 15 // in summer people in Britain say it of their own clock
)

// withZone takes in a zone that is named behind an hour.
func (s *scan) withZone(d said) said {
	it := s.at(d.j)
	if it.kind == kindPart && s.at(d.j+1).kind == kindZone { // a las 5 de la tarde hora peninsular
		part := it.n
		d.j++
		if d = s.withZone(d); d.has&hasZone == 0 {
			d.j--
			return d
		}
		d.has, d.part = d.has|hasPart, part
		return d
	}
	if s.word(d.j, isMine) {
		d.j++
		return d
	}
	if it.kind != kindZone {
		return d
	}
	name := s.text[it.from:it.to]
	if s.lex.code != "en" && len(name) <= 4 && name != strings.ToUpper(name) {
		return d // "15h est ok"
	}
	if next := s.at(d.j + 1); next.isSign("+-−–") && next.from == it.to || it.to < len(s.text) && s.text[it.to] == '+' { // UTC+2
		d.doubt = doubtZone
	}
	d.has, d.zone, d.zoneName, d.j = d.has|hasZone, it.n, strings.ToUpper(name), d.j+1
	return d
}

// zoned is a wall clock of another zone, which d names.
func (s *scan) zoned(d *said, day time.Time, minute int) (at time.Time, ok bool) {
	local := Wall(day, minute, s.now.Location())
	if name, _ := local.Zone(); name == d.zoneName {
		return local, true
	}
	z, known := zones[d.zone]
	switch country := strings.ToUpper(s.region); {
	case !known, d.zone == zoneCentral && len(d.zoneName) == 3 && country != "US" && country != "CA" && country != "MX" && country != "GB":
		return at, false
	}
	at = day.Add(time.Duration(minute)*time.Minute - time.Duration(z.hours)*time.Hour)
	if d.zone == zoneGMT && europeanSummer(at) {
		return at, false
	}
	if z.summer != nil && z.summer(at) {
		at = at.Add(-time.Hour)
	}
	return at.In(s.now.Location()), true
}

// sunday is the nth Sunday of a month, the last for 0.
func sunday(y int, m time.Month, n int) time.Time {
	if n == 0 {
		at := time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC)
		return at.AddDate(0, 0, -int(at.Weekday()))
	}
	at := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	return at.AddDate(0, 0, (7-int(at.Weekday()))%7+7*(n-1))
}

// americanSummer tells by the day, since the hour of the change is one at which nobody has an appointment.
func americanSummer(at time.Time) bool {
	at = at.Add(-8 * time.Hour)
	return !at.Before(sunday(at.Year(), time.March, 2)) && at.Before(sunday(at.Year(), time.November, 1))
}

func europeanSummer(at time.Time) bool {
	return !at.Before(sunday(at.Year(), time.March, 0).Add(time.Hour)) && at.Before(sunday(at.Year(), time.October, 0).Add(time.Hour))
}
