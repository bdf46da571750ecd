// Package hours says when people may be texted, by their own clock. It is pure.
package hours

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// Texting hours are when people may be texted, by their own clock; quiet hours are the rest. Everything
// here is pure: who asks knows the zone, and what to do about a text that is due in quiet hours.

// Week has the hours of each day, by [time.Weekday]. A day whose hours do not end after they begin
// is a day without: the zero one. Hours end at 24:00 at the latest, and none go over midnight.
type Week [7]Span

// midnight is the end of a day.
const midnight Clock = 24 * 60

// Always are hours that are never quiet.
var Always = func() (w Week) {
	for d := range w {
		w[d] = Span{0, midnight}
	}
	return w
}()

// Texting are those of everybody. Nil are [Always].
type Texting struct {
	Default Week            // where no region is known, or none of those below
	Regions map[string]Week // by ISO 3166: a state such as US-FL, or a country such as GB
}

// Region are the hours of one region, and who says so.
type Region struct {
	Code   string // by ISO 3166
	Name   string
	Hours  Week
	Source string
}

// Policy says what becomes of a text that is due in quiet hours.
type Policy string

// The policies.
const (
	Later   Policy = "later"   // it leaves when the hours begin
	Earlier Policy = "earlier" // it left shortly before the hours ended
	Nearest Policy = "nearest" // whichever of both is nearer
	Ignore  Policy = "ignore"  // it leaves
)

// Policies are all of them.
var Policies = []Policy{Later, Earlier, Nearest, Ignore}

//go:embed texting_hours.csv
var textingHours string

// Builtin are those that law is known to set, sorted by region, so that a country comes before
// its states. They are no legal advice.
func Builtin() []Region {
	r := csv.NewReader(strings.NewReader(textingHours))
	r.Comment = '#'
	rows, err := r.ReadAll()
	var all []Region
	for i, row := range rows {
		if i == 0 {
			continue // the names of the columns
		}
		hours, rerr := Parse(row[2])
		err = errors.Join(err, rerr)
		all = append(all, Region{Code: row[0], Name: row[1], Hours: hours, Source: row[3]})
	}
	if err != nil {
		panic(err) // the file is our own
	}
	return all
}

// Parse reads hours as people write them: "08:00-21:00" for all days, or those of single days,
// "mon-sat 09:00-21:00, sun 12:00-21:00", where a day that is not named has none. The error says what is
// wrong with s without repeating all of it.
func Parse(s string) (Week, error) {
	var w Week
	var named [7]bool
	parts := strings.Split(strings.ToLower(s), ",")
	for _, part := range parts {
		words := strings.Fields(part)
		if len(words) == 0 {
			return Week{}, errors.New(`has no hours; write them like "08:00-21:00" or "mon-sat 09:00-21:00, sun 12:00-21:00"`)
		}
		hours, err := parseHours(words[len(words)-1])
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
			w[d], named[d] = hours, true
		}
	}
	return w, nil
}

func parseHours(s string) (Span, error) {
	from, until, _ := strings.Cut(s, "-")
	h, err1 := ParseClock(from)
	end, err2 := ParseClock(until)
	switch {
	case err1 != nil || err2 != nil:
		return Span{}, fmt.Errorf(`has %q, which is no span of the day; write it like "09:00-20:00"`, s)
	case end <= h:
		return Span{}, fmt.Errorf("has %q, which does not end after it begins; hours end by 24:00 of the same day", s)
	}
	return Span{h, end}, nil
}

// ParseClock reads a time of day such as 09:00; 24:00 is the end of the day.
func ParseClock(s string) (Clock, error) {
	if s == "24:00" {
		return midnight, nil
	}
	t, err := time.Parse("15:04", s)
	return Clock(t.Hour()*60 + t.Minute()), err
}

// parseDays reads one day, or the first and the last of several.
func parseDays(s string) ([]time.Weekday, error) {
	first, last, several := strings.Cut(s, "-")
	if !several {
		last = first
	}
	from, until := dayOf(first), dayOf(last)
	if from < 0 || until < 0 {
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

// dayOf is the day of that name, -1 if there is none.
func dayOf(name string) time.Weekday {
	for d := range time.Weekday(7) {
		if dayName(d) == name {
			return d
		}
	}
	return -1
}

// String is the shortest that [Parse] reads as w; empty for a week without any hours.
func (w Week) String() string {
	if w == [7]Span{w[0], w[0], w[0], w[0], w[0], w[0], w[0]} && !w[0].none() {
		return w[0].span()
	}
	// Days of the same hours stand together, also over the end of the week.
	start := time.Monday
	for w[start] == w[(start+6)%7] && start != time.Sunday {
		start = (start + 1) % 7
	}
	var parts []string
	for i := time.Weekday(0); i < 7; {
		first := (start + i) % 7
		last := first
		for i++; i < 7 && w[(start+i)%7] == w[first]; i++ {
			last = (start + i) % 7
		}
		days := dayName(first)
		if last != first {
			days += "-" + dayName(last)
		}
		if !w[first].none() {
			parts = append(parts, days+" "+w[first].span())
		}
	}
	return strings.Join(parts, ", ")
}

// none tells that hours of one day are none.
func (h Span) none() bool { return h.Until <= h.From }

// span is how hours of one day are written.
func (h Span) span() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", h.From/60, h.From%60, h.Until/60, h.Until%60)
}

// Within are the hours that are in both.
func (w Week) Within(other Week) (both Week) {
	for d := range w {
		h := Span{max(w[d].From, other[d].From), min(w[d].Until, other[d].Until)}
		if !w[d].none() && !other[d].none() && !h.none() {
			both[d] = h
		}
	}
	return both
}

// Of are the hours of a contact, who may be nil, and of the number they are texted at. region is whose hours
// these are; empty: the default.
func (h *Texting) Of(contact *store.Record, number string) (hours Week, region string) {
	if h == nil {
		return Always, ""
	}
	if len(h.Regions) == 0 {
		return h.Default, ""
	}
	country, state := regionOf(contact, number)
	for _, region := range []string{country + "-" + state, country} {
		if hours, ok := h.Regions[region]; ok {
			return hours, region
		}
	}
	return h.Default, ""
}

// regionOf is where a contact lives, by their address, and as far as that does not tell by the number:
// the CRM often knows the country alone, which it took from the location.
func regionOf(contact *store.Record, number string) (country, state string) {
	if contact != nil {
		country, state = strings.ToUpper(contact.Get("country")), contact.Get("state")
	}
	if len(country) != 2 {
		country = "" // not the code that the CRM keeps
	}
	if country == "" || state == "" {
		of, in := sms.Phone(number).Area()
		if country == "" {
			country = of
		}
		if state == "" && country == of {
			state = in
		}
	}
	if country == "" {
		country = countryOf(state)
	}
	if code, ok := sms.StateCode(country, state); ok {
		return country, code
	}
	return country, strings.ToUpper(state)
}

// countryOf is the country of a state where nothing else tells it.
func countryOf(state string) string {
	for _, country := range []string{"US", "CA"} {
		if _, ok := sms.StateCode(country, state); ok {
			return country
		}
	}
	return ""
}

// on are the hours of the day that is so many days after that of local. ok is false if it has none, or none
// that the clocks did not skip.
func (w Week) on(local time.Time, days int) (opens, closes time.Time, ok bool) {
	h := w[(int(local.Weekday())+days%7+7)%7]
	if h.none() {
		return opens, closes, false
	}
	opens, closes = h.From.On(local, days), h.Until.On(local, days)
	if h.Until == midnight {
		closes = Clock(0).On(local, days+1)
	}
	return opens, closes, opens.Before(closes)
}

// Open tells whether at is in the hours of a zone, and if so when they end: at most a week later, for
// hours that never do.
func (w Week) Open(at time.Time, zone *time.Location) (open bool, closes time.Time) {
	local := at.In(zone)
	from, closes, ok := w.on(local, 0)
	if !ok || at.Before(from) || !at.Before(closes) {
		return false, time.Time{}
	}
	for d := range 7 { // where they end at midnight, the next day's may go on
		from, until, ok := w.on(local, d+1)
		if !ok || !from.Equal(closes) {
			break
		}
		closes = until
	}
	return true, closes.UTC()
}

// quietMargin is how long before the hours end a text leaves that would be due after them: there may be
// others to be sent.
const quietMargin = 15 * time.Minute

// Shift is when a text leaves that is due at a time: then, if that is in the hours of a zone, and else what
// the policy makes of it. It leaves before start, if that is set. ok is false where there is no such time.
func (w Week) Shift(due, start time.Time, zone *time.Location, p Policy) (at time.Time, ok bool) {
	inTime := func(t time.Time) bool { return start.IsZero() || t.Before(start) }
	if open, _ := w.Open(due, zone); open || p == Ignore {
		return due, inTime(due)
	}
	before, after := w.around(due, zone)
	switch {
	case before.IsZero(): // a week without hours
		return time.Time{}, false
	case p == Earlier, p == Nearest && (!inTime(after) || due.Sub(before) <= after.Sub(due)):
		at = before
	default:
		at = after
	}
	return at.UTC(), inTime(at)
}

// around are the last time for a text before a moment in quiet hours, and the first after it. Both are zero
// in a week without hours.
func (w Week) around(quiet time.Time, zone *time.Location) (before, after time.Time) {
	local := quiet.In(zone)
	for d := -8; d <= 8; d++ {
		opens, closes, ok := w.on(local, d)
		switch {
		case !ok:
		case !closes.After(quiet):
			before = closes.Add(-quietMargin)
			if before.Before(opens) {
				before = opens
			}
		case after.IsZero():
			after = opens
		}
	}
	return before, after
}
