package parse

import (
	"regexp"
	"strings"
	"time"
)

var (
	joinerForm = regexp.MustCompile(`(?i)(?:^|[\s(,;:-])(?:on|by|due|at|before|until|till|for|this|next|the|coming|am|um|bis|zum|den|dem|vor|ab|diese[nr]?|nächste[nrs]?|kommende[nr]?|` +
		`el|para|antes del|este|próximo|proximo|hasta|le|ce|avant|pour|il|per|questo|prossimo|entro|op|om|voor|tot|deze|volgende|komende|na|até)\s+$`)
	trailForm  = regexp.MustCompile(`(?i)^\s+(?:prochaine?|próxim[oa]|proxim[oa]|que viene|que vem|prossim[oa])(?:$|[\s,.;!?])`)
	firmForm   = regexp.MustCompile(`(?i)(?:^|\s)(?:on|by|before|until|till|due|this|next|am|bis|nächste[nrs]?|el|este|para|le|il|op|voor|na|até)\s+$`)
	betweenGap = regexp.MustCompile(`(?i)^[\s,.\x{a0}]*(?:(?:on|the|am|el|le|il|op|in the|de|um|at|at the|around|about|ca\.?|gegen|hacia|sobre las|vers|verso le|rond)\s+)?$`)
)

// dayOfMonth is the next day of that number, today included.
func (s *dateScan) dayOfMonth(n int) (saidDay, bool) {
	y, m, today := s.now.Date()
	for i := range 13 {
		d := time.Date(y, m+time.Month(i), n, 0, 0, 0, 0, time.UTC)
		if n > 0 && d.Day() == n && (i > 0 || n >= today) {
			return saidDay{y: d.Year(), m: d.Month(), d: n}, true
		}
	}
	return saidDay{}, false
}

// beside takes in the times of day that stand right before or behind what has been found.
func (s *dateScan) beside(from, to int, c clock) (int, int, clock) {
	for again := true; again; {
		again = false
		for _, o := range s.clocks {
			if o.numbered && c.numbered || !o.numbered && c.part != 0 || o.from < to && from < o.to {
				continue
			}
			if o.to <= from && betweenGap.MatchString(s.text[o.to:from]) || o.from >= to && betweenGap.MatchString(s.text[to:o.from]) {
				if o.numbered {
					o.part = c.part
					c = o
				} else {
					c.part = o.part
				}
				from, to, again = min(from, o.from), max(to, o.to), true
			}
		}
	}
	return from, to, c
}

// join makes of a day and the time beside it when a thing is due; not ok if it has passed.
func (s *dateScan) join(day saidDay) (When, bool) {
	zone := s.now.Location()
	if day.span != 0 {
		return s.found(day.from, day.to, When{At: s.now.Truncate(time.Minute).Add(day.span), HasTime: true})
	}
	from, to, c := s.beside(day.from, day.to, clock{})
	when := When{HasTime: c.numbered || c.part != 0, Ambiguous: day.ambiguous}
	if day.weak && !when.HasTime && !firmForm.MatchString(s.text[:from]) {
		return When{}, false
	}
	hour, minute := c.meant()
	if !when.HasTime {
		hour, minute = 23, 59
	}
	when.At = wall(day.y, day.m, day.d, hour, minute, zone)
	if when.At.Before(s.now) && day.today && c.numbered && !c.exact && c.part == 0 && hour < 12 { // this evening
		when.At = wall(day.y, day.m, day.d, hour+12, minute, zone)
	}
	if when.At.Before(s.now) && day.later != 0 {
		when.At = wall(day.later, day.m, day.d, hour, minute, zone)
	}
	return s.found(from, to, when)
}

// clockBefore is the first time of day between two places that needs no day: today, or tomorrow.
func (s *dateScan) clockBefore(from, to int) (When, bool) {
	first := -1
	for i, c := range s.clocks {
		if c.from >= from && c.to <= to && c.alone && (first < 0 || c.from < s.clocks[first].from) && !s.besideDay(c, to) {
			first = i
		}
	}
	if first < 0 {
		return When{}, false
	}
	a, b, c := s.beside(s.clocks[first].from, s.clocks[first].to, s.clocks[first])
	y, m, d := s.now.Date()
	hour, minute := c.meant()
	at := wall(y, m, d, hour, minute, s.now.Location())
	if at.Before(s.now) && c.numbered && !c.exact && c.part == 0 && hour < 12 { // this evening
		at = wall(y, m, d, hour+12, minute, s.now.Location())
	}
	if at.Before(s.now) {
		at = wall(y, m, d+1, hour, minute, s.now.Location())
	}
	return s.found(a, b, When{At: at, HasTime: true})
}

// besideDay tells that the day that begins at a place takes this time.
func (s *dateScan) besideDay(c clock, day int) bool {
	return day < len(s.text) && betweenGap.MatchString(s.text[c.to:day])
}

// found completes an answer with the words that say it, and refuses what has passed.
func (s *dateScan) found(from, to int, when When) (When, bool) {
	for {
		m := joinerForm.FindStringIndex(s.text[:from])
		if m == nil {
			break
		}
		from = m[0] + len(s.text[m[0]:from]) - len(strings.TrimLeft(s.text[m[0]:from], " \t\n\r(,;:-"))
	}
	if m := trailForm.FindStringIndex(s.text[to:]); m != nil {
		to += len(strings.TrimRight(s.text[to:to+m[1]], " ,.;!?\t\n\r"))
	}
	when.Phrase = s.text[from:to]
	left, right := strings.TrimRight(s.text[:from], " ,;:-(\n\t"), strings.TrimLeft(s.text[to:], " ,;:-.)\n\t")
	if strings.Trim(right, " .,;:!?)\n") == "" {
		right = ""
	}
	when.Rest = strings.TrimSpace(left + right)
	if left != "" && right != "" && strings.ContainsAny(s.text[len(left):len(s.text)-len(right)], " \t\n") {
		// A space that the text has, so that the rest holds nothing new.
		when.Rest = strings.TrimSpace(left) + string(s.text[len(left)+strings.IndexAny(s.text[len(left):], " \t\n")]) + strings.TrimSpace(right)
	}
	return when, !when.At.Before(s.now)
}
