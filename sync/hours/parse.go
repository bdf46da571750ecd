package hours

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ghlsms/sms"
)

// Parse reads hours as people write them: "08:00-21:00" for all days, or those of single days,
// "mon-sat 09:00-21:00, sun 12:00-21:00", where a day that is not named has none. The error says what is
// wrong with s without repeating all of it.
func Parse(s string) (Week, error) { return parse(s, false) }

// ParseBetween reads the same, and hours that go over midnight: "fri 22:00-02:00" end on Saturday.
func ParseBetween(s string) (Week, error) { return parse(s, true) }

// dashes between times may have space around them.
var dashes = sms.Pattern(`(\d)\s*-\s*(\d)`)

func parse(s string, overMidnight bool) (Week, error) {
	var w Week
	var named [7]bool
	parts := strings.Split(dashes().ReplaceAllString(strings.ToLower(s), "$1-$2"), ",")
	for _, part := range parts {
		words := strings.Fields(part)
		if len(words) == 0 {
			return Week{}, errors.New(`has no hours; write them like "08:00-21:00" or "mon-sat 09:00-21:00, sun 12:00-21:00"`)
		}
		hours, err := parseSpan(words[len(words)-1], overMidnight)
		if err != nil {
			return Week{}, err
		}
		days := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
		switch {
		case len(words) == 2:
			if days, err = parseDays(words[0]); err != nil {
				return Week{}, err
			}
		case len(words) > 2:
			return Week{}, fmt.Errorf(`has %q, which is more than days and hours; write it like "mon-fri 09:00-18:00"`, strings.Join(words, " "))
		case len(parts) > 1:
			return Week{}, fmt.Errorf(`has %q without days beside other hours; write it like "mon-fri %s"`, words[0], words[0])
		}
		for _, d := range days {
			if named[d] {
				return Week{}, fmt.Errorf("names %s twice; hours of a day are one span", dayName(d))
			}
			named[d] = true
			w.add(d, hours)
		}
	}
	return w, nil
}

func parseSpan(s string, overMidnight bool) (Span, error) {
	from, until, _ := strings.Cut(s, "-")
	h, err1 := ParseClock(from)
	end, err2 := ParseClock(until)
	if until == "24:00" {
		end, err2 = midnight, nil
	}
	switch {
	case err1 != nil || err2 != nil:
		return Span{}, fmt.Errorf(`has %q, which is no span of the day; write it like "09:00-20:00"`, s)
	case end == h:
		return Span{}, fmt.Errorf(`has %q, which does not end after it begins; write it like "09:00-20:00"`, s)
	case end < h && !overMidnight:
		return Span{}, fmt.Errorf("has %q, which does not end after it begins; hours end by 24:00 of the same day", s)
	}
	return Span{h, end}, nil
}

// parseDays reads one day, or the first and the last of several.
func parseDays(s string) ([]time.Weekday, error) {
	first, last, several := strings.Cut(s, "-")
	if !several {
		last = first
	}
	from, okFrom := ParseDay(first)
	until, okUntil := ParseDay(last)
	if !okFrom || !okUntil {
		return nil, fmt.Errorf("has %q, which is no day; write mon, tue, wed, thu, fri, sat, sun, or two of them like mon-fri", s)
	}
	days := []time.Weekday{from}
	for d := from; d != until; {
		d = (d + 1) % 7
		days = append(days, d)
	}
	return days, nil
}

func dayName(d time.Weekday) string { return strings.ToLower(d.String()[:3]) }

// ParseDay reads the short name of a day, such as mon.
func ParseDay(name string) (d time.Weekday, ok bool) {
	for d := range time.Weekday(7) {
		if dayName(d) == name {
			return d, true
		}
	}
	return 0, false
}
