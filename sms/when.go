package sms

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// When is a due date found in a text.
type When struct {
	At        time.Time // in the zone of now, never before it; without a time the last minute of the day
	HasTime   bool      // a time of day, or a span of hours or minutes, was said
	Ambiguous bool      // the day and the month could be the other way round: 3/4
	Phrase    string    // the words that say it
	Rest      string    // the text without them
}

// MonthFirst tells whether 3/4 is the 4th of March in a region, two letters such as "US".
func MonthFirst(region string) bool {
	switch strings.ToUpper(region) {
	case "US", "PR", "GU", "VI", "AS", "MP", "PH", "FM", "MH", "PW":
		return true
	}
	return false
}

const maxWhen = 2000 // bytes in which a date is looked for

// FindWhen finds the first date or time that a text says in natural words ("call Jane tomorrow 3pm",
// "in 2 hours", "morgen um 15 Uhr"), as seen from now, in the languages of w. A weekday is the next
// one, never today; an hour without am or pm is one at which people work; what has passed is the next
// day, month or year. It would rather miss than invent: a bare number is no date.
//
// It is our own small grammar because of the libraries there are one (go-dateparser) reads "fri 10am"
// as a day next October and takes 20 ms for a long text, the other (when) knows three of our seven languages.
func (w *Words) FindWhen(text string, now time.Time, region string) (When, bool) {
	scan := text
	if len(scan) > maxWhen {
		scan = strings.ToValidUTF8(scan[:maxWhen], "")
		if !strings.HasPrefix(text, scan) {
			return When{}, false // no text at all
		}
	}
	s := dateScan{words: w.orEnglish().dates, text: scan, monthFirst: MonthFirst(region), now: now}
	s.tokens = tokenForm.FindAllStringIndex(scan, -1)
	for i := range s.tokens {
		d, end := s.phrase(i)
		if end == 0 {
			continue
		}
		at, ok := d.at(now)
		if !ok {
			continue
		}
		from, to := s.tokens[i][0], end
		return When{At: at, HasTime: d.timed, Ambiguous: d.ambiguous, Phrase: text[from:to], Rest: without(text, from, to)}, true
	}
	return When{}, false
}

var tokenForm = regexp.MustCompile(`[\pL\pM'’]+|[0-9]+`)

type dateScan struct {
	words      dateWords
	text       string
	tokens     [][]int
	monthFirst bool
	now        time.Time
}

// found is what a phrase says, so far.
type found struct {
	day                  func(now time.Time) (y int, m time.Month, d int, ok bool) // nil: none
	today                bool
	span                 time.Duration
	hour, minute         int
	timed, exact         bool // exact: as on a 24-hour clock
	part                 int  // the hour a part of the day stands for
	weak, ambiguous, set bool
}

// word is what the words from token i on mean, the longest first, and how many they are.
func (s *dateScan) word(i int) (dateWord, int) {
	for n := 3; n > 0; n-- {
		if i+n > len(s.tokens) {
			continue
		}
		raw := s.text[s.tokens[i][0]:s.tokens[i+n-1][1]]
		if len(raw) > 40 || strings.ContainsAny(raw, ".,;:!?/\n") {
			continue
		}
		if m, ok := s.words[strings.ToLower(raw)]; ok { // "à" is not "a"
			return m, n
		}
		if m, ok := s.words[fold(raw)]; ok {
			return m, n
		}
	}
	return dateWord{}, 1
}

// phrase reads a date at token i; end is where it ends in the text, 0 if there is none.
func (s *dateScan) phrase(i int) (f found, end int) {
	first, _ := s.word(i)
	for j := i; j < len(s.tokens); {
		n, to := s.element(j, &f)
		if n == 0 {
			m, skip := s.word(j)
			joined := m.kind == on || m.kind == next || m.kind == clock && j > i
			if !joined || !s.near(j) {
				break
			}
			if m.kind == clock && f.timed || j+skip >= len(s.tokens) {
				break
			}
			j += skip
			continue
		}
		end, f.set = to, true
		j += n
		if j >= len(s.tokens) || !s.near(j) {
			break
		}
	}
	if !f.set || f.weak && first.kind != on && first.kind != next && !f.timed {
		return f, 0
	}
	return f, end
}

// near tells that token j follows the one before it in the same breath.
func (s *dateScan) near(j int) bool {
	if j == 0 {
		return true
	}
	between := s.text[s.tokens[j-1][1]:s.tokens[j][0]]
	return strings.Trim(between, " ,.-\u00a0@/:") == "" && len(between) <= 3
}

var (
	isoDate   = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})(?:[^\d\pL]|$)`)
	slashDate = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?(?:[^\d\pL/\-%]|$)`)
	dotDate   = regexp.MustCompile(`^(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4}))?(?:[^\d\pL]|$)`)
	twelve    = regexp.MustCompile(`(?i)^(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?m\b\.?`)
	colonTime = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?:[^\d:]|$)`)
	hourTime  = regexp.MustCompile(`(?i)^(\d{1,2})(?:[:.](\d{2}))?(?:\s?h\s?(\d{2})?|\s?(?:uhr|uur|heures?|o'?clock))(?:[^\pL\d]|$)`)
	ordinal   = regexp.MustCompile(`(?i)^(\d{1,2})(?:st|nd|rd|th)\b`)
	dayNumber = regexp.MustCompile(`(?i)^(\d{1,2})(?:st|nd|rd|th|\.|º|er)?`)
	yearAfter = regexp.MustCompile(`^,?\s+(\d{4})(?:[^\d\pL]|$)`)
	clauseEnd = regexp.MustCompile(`(?i)^\s*(?:$|[.,;:!?)\n-]|(?:to|about|for|with|and|please|on|by|at|call|send|today|tomorrow|next|this|in)\b)`)
)

// element reads one part of a date at token j into f: how many tokens it took and where it ends.
func (s *dateScan) element(j int, f *found) (n, end int) {
	at := s.tokens[j][0]
	rest := s.text[at:]
	m, words := s.word(j)
	wordEnd := s.tokens[min(j+words, len(s.tokens))-1][1]
	if c := rest[0]; c >= '0' && c <= '9' {
		if at > 0 && strings.ContainsAny(s.text[at-1:at], "+-/.:#$%_&=") || s.digitsGlued(at) {
			return 0, 0
		}
		return s.numeral(j, rest, f)
	}
	switch m.kind {
	case dayName, weakDay:
		if f.day != nil {
			return 0, 0
		}
		f.day, f.weak = weekday(time.Weekday(m.n)), m.kind == weakDay
		return words, wordEnd
	case dayAhead:
		if f.day != nil {
			return 0, 0
		}
		f.day, f.today = daysFrom(m.n), m.n == 0
		return words, wordEnd
	case partOf:
		if f.part != 0 || f.day == nil && !f.timed && m.n != 12 && m.n != 20 && !s.after(j, on) {
			return 0, 0
		}
		f.part = m.n
		return words, wordEnd
	case month:
		if f.day != nil || j+words >= len(s.tokens) {
			return 0, 0
		}
		num := dayNumber.FindStringSubmatch(s.text[s.tokens[j+words][0]:])
		if num == nil || len(num[1]) == 0 || !s.near(j+words) || s.tokens[j+words][1]-s.tokens[j+words][0] > 2 {
			return 0, 0
		}
		return s.named(j, j+words, s.tokens[j+words][0]+len(num[0]), num[1], time.Month(m.n), f)
	case within:
		return s.duration(j, words, f)
	case next:
		return s.nextUnit(j, words, f)
	default: // says nothing alone
	}
	return 0, 0
}

// digitsGlued tells a number that is part of a longer one: a phone number, a reference.
func (s *dateScan) digitsGlued(at int) bool {
	before, _ := utf8.DecodeLastRuneInString(s.text[:at])
	return at > 0 && inWord(before)
}

// after tells that a word of this kind stands before token j.
func (s *dateScan) after(j int, kind dateKind) bool {
	for n := 1; n <= 3 && n <= j; n++ {
		if m, words := s.word(j - n); m.kind == kind && words == n && s.near(j) {
			return true
		}
	}
	return false
}

// numeral reads what begins with a digit.
func (s *dateScan) numeral(j int, rest string, f *found) (n, end int) {
	at := s.tokens[j][0]
	if f.day == nil {
		if m := isoDate.FindStringSubmatch(rest); m != nil {
			f.day = date(num(m[1]), num(m[2]), num(m[3]))
			return s.upTo(j, at+len("2006-01-02"))
		}
		if m := slashDate.FindStringSubmatch(rest); m != nil && m[1]+"/"+m[2] != "24/7" {
			a, b := num(m[1]), num(m[2])
			mo, d := b, a
			if s.monthFirst && a <= 12 || b > 12 {
				mo, d = a, b
			}
			if mo < 1 || mo > 12 || d < 1 || d > 31 {
				return 0, 0
			}
			f.ambiguous = a <= 12 && b <= 12 && a != b
			f.day = date(year(m[3]), mo, d)
			return s.upTo(j, at+len(m[1])+1+len(m[2])+suffix(m[3]))
		}
		if m := dotDate.FindStringSubmatch(rest); m != nil && num(m[2]) <= 12 {
			f.day = date(year(m[3]), num(m[2]), num(m[1]))
			return s.upTo(j, at+strings.LastIndexAny(m[0][:len(m[0])], ".0123456789")+1)
		}
		if m := dayNumber.FindStringSubmatch(rest); m != nil {
			if n, end := s.dayThenMonth(j, at+len(m[0]), m[1], f); n > 0 {
				return n, end
			}
		}
	}
	if n, end := s.time(j, at, rest, f); n > 0 {
		return n, end
	}
	if m := ordinal.FindStringSubmatch(rest); m != nil && f.day == nil && s.after(j, on) && clauseEnd.MatchString(rest[len(m[0]):]) && num(m[1]) <= 31 && num(m[1]) > 0 {
		f.day = monthDay(num(m[1]))
		return s.upTo(j, at+len(m[0]))
	}
	return 0, 0
}

// dayThenMonth reads "24 December", "24. Dezember", "3 de marzo", and a year behind it.
func (s *dateScan) dayThenMonth(j, end int, day string, f *found) (int, int) {
	k, _ := s.upTo(j, end)
	for k += j; k < len(s.tokens) && s.near(k); {
		m, words := s.word(k)
		switch {
		case m.kind == month:
			return s.named(j, k, s.tokens[k+words-1][1], day, time.Month(m.n), f)
		case m.kind != on:
			return 0, 0
		}
		k += words
	}
	return 0, 0
}

// named finishes a date whose month has a name.
func (s *dateScan) named(j, last, end int, day string, mo time.Month, f *found) (int, int) {
	d := num(day)
	if d < 1 || d > 31 || last >= len(s.tokens) {
		return 0, 0
	}
	y := 0
	if m := yearAfter.FindStringSubmatch(s.text[end:]); m != nil {
		y = num(m[1])
		end += strings.Index(m[0], m[1]) + len(m[1])
	}
	f.day = date(y, int(mo), d)
	return s.upTo(j, end)
}

// time reads a time of day. A bare number needs an "at" before it and the end of a clause behind.
func (s *dateScan) time(j, at int, rest string, f *found) (int, int) {
	if f.timed || f.span != 0 {
		return 0, 0
	}
	if m := twelve.FindStringSubmatch(rest); m != nil {
		h := num(m[1])
		if h < 1 || h > 12 || num(m[2]) > 59 {
			return 0, 0
		}
		h %= 12
		if m[3] == "p" || m[3] == "P" {
			h += 12
		}
		f.hour, f.minute, f.timed, f.exact = h, num(m[2]), true, true
		return s.upTo(j, at+len(m[0]))
	}
	if m := hourTime.FindStringSubmatch(rest); m != nil && num(m[1]) < 24 && num(m[2]+m[3]) < 60 {
		strong := s.after(j, clock) || f.day != nil || !strings.ContainsAny(m[0], "hH") || strings.Contains(strings.ToLower(m[0]), "uhr")
		if strong {
			f.hour, f.minute, f.timed, f.exact = num(m[1]), num(m[2]+m[3]), true, !strings.Contains(strings.ToLower(m[0]), "clock")
			return s.upTo(j, at+len(strings.TrimRight(m[0], " .,;!?)\n\t-")))
		}
	}
	if m := colonTime.FindStringSubmatch(rest); m != nil && num(m[1]) < 24 && num(m[2]) < 60 {
		f.hour, f.minute, f.timed, f.exact = num(m[1]), num(m[2]), true, m[1][0] == '0' || num(m[1]) > 12
		return s.upTo(j, at+len(m[1])+3)
	}
	end := s.tokens[j][1]
	if h := num(rest[:end-at]); end-at <= 2 && h < 24 && s.after(j, clock) && (clauseEnd.MatchString(s.text[end:]) || s.dateFollows(j+1)) {
		f.hour, f.timed, f.exact = h, true, h > 12 || h == 0
		return 1, end
	}
	return 0, 0
}

func (s *dateScan) dateFollows(j int) bool {
	if j >= len(s.tokens) {
		return true
	}
	m, _ := s.word(j)
	return m.kind == dayName || m.kind == dayAhead || m.kind == partOf
}

// duration reads "in 2 hours".
func (s *dateScan) duration(j, words int, f *found) (int, int) {
	k := j + words
	if f.day != nil || f.span != 0 || k+1 >= len(s.tokens) {
		return 0, 0
	}
	amount := 0
	m, n := s.word(k)
	raw := s.text[s.tokens[k][0]:s.tokens[k][1]]
	switch {
	case m.kind == number:
		amount = m.n
	case raw[0] >= '0' && raw[0] <= '9' && len(raw) <= 3:
		amount, n = num(raw), 1
	}
	if amount == 0 || k+n >= len(s.tokens) || !s.near(k) || !s.near(k+n) {
		return 0, 0
	}
	unit, u := s.word(k + n)
	if !f.ahead(unit, amount) {
		return 0, 0
	}
	return k + n + u - j, s.tokens[k+n+u-1][1]
}

// nextUnit reads "next week".
func (s *dateScan) nextUnit(j, words int, f *found) (int, int) {
	k := j + words
	if f.day != nil || k >= len(s.tokens) || !s.near(k) {
		return 0, 0
	}
	unit, u := s.word(k)
	if unit.kind == minutes || !f.ahead(unit, 1) {
		return 0, 0
	}
	return words + u, s.tokens[k+u-1][1]
}

func (f *found) ahead(unit dateWord, amount int) bool {
	switch unit.kind {
	case minutes:
		f.span, f.timed = time.Duration(amount*unit.n)*time.Minute, true
	case days:
		f.day = daysFrom(amount * unit.n)
	case months:
		f.day = func(now time.Time) (int, time.Month, int, bool) {
			first := time.Date(now.Year(), now.Month()+time.Month(amount*unit.n), 1, 12, 0, 0, 0, time.UTC)
			return first.Year(), first.Month(), min(now.Day(), first.AddDate(0, 1, -1).Day()), true
		}
	default:
		return false
	}
	return true
}

// upTo tells how many tokens from j on end at or before a place in the text.
func (s *dateScan) upTo(j, end int) (int, int) {
	n := 0
	for j+n < len(s.tokens) && s.tokens[j+n][0] < end {
		n++
	}
	return n, end
}

func num(s string) int {
	n, _ := strconv.Atoi(s) // digits, or nothing
	return n
}

func year(s string) int {
	if len(s) == 2 {
		return 2000 + num(s)
	}
	return num(s)
}

func suffix(year string) int {
	if year == "" {
		return 0
	}
	return len(year) + 1
}

type dayFunc = func(now time.Time) (int, time.Month, int, bool)

func daysFrom(n int) dayFunc {
	return func(now time.Time) (int, time.Month, int, bool) {
		d := time.Date(now.Year(), now.Month(), now.Day()+n, 12, 0, 0, 0, time.UTC)
		return d.Year(), d.Month(), d.Day(), true
	}
}

func weekday(w time.Weekday) dayFunc {
	return func(now time.Time) (int, time.Month, int, bool) {
		return daysFrom((int(w-now.Weekday())+6)%7 + 1)(now)
	}
}

// monthDay is the next day of that number, today included.
func monthDay(day int) dayFunc {
	return func(now time.Time) (int, time.Month, int, bool) {
		for i := range 12 {
			d := time.Date(now.Year(), now.Month()+time.Month(i), day, 12, 0, 0, 0, time.UTC)
			if d.Day() == day && (i > 0 || day >= now.Day()) {
				return d.Year(), d.Month(), day, true
			}
		}
		return 0, 0, 0, false
	}
}

// date is a day of a year, or of the first year in which it exists and has not passed; year 0 is any.
func date(y, mo, day int) dayFunc {
	return func(now time.Time) (int, time.Month, int, bool) {
		today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
		for i := range 9 {
			d := time.Date(cmp.Or(y, now.Year()+i), time.Month(mo), day, 0, 0, 0, 0, time.UTC)
			if d.Day() == day && int(d.Month()) == mo && !d.Before(today) {
				return d.Year(), d.Month(), day, true
			}
		}
		return 0, 0, 0, false
	}
}

// at is the time a phrase stands for; not ok if it has passed.
func (f *found) at(now time.Time) (time.Time, bool) {
	if f.span != 0 {
		return now.Add(f.span).Truncate(time.Minute), f.span >= time.Minute && !now.Add(f.span).Truncate(time.Minute).Before(now)
	}
	day := f.day
	if day == nil {
		day = daysFrom(0)
	}
	y, m, d, ok := day(now)
	if !ok {
		return time.Time{}, false
	}
	hour, minute := f.clock()
	if !f.timed && f.part == 0 {
		return wall(y, m, d, 23, 59, now.Location()), true
	}
	f.timed = true
	at := wall(y, m, d, hour, minute, now.Location())
	if at.Before(now) && (f.day == nil || f.today) && !f.exact && f.part == 0 && hour < 12 { // this evening
		at = wall(y, m, d, hour+12, minute, now.Location())
	}
	if at.Before(now) && f.day == nil { // tomorrow
		at = wall(y, m, d+1, hour, minute, now.Location())
	}
	return at, !at.Before(now)
}

// clock is the hour and minute that are meant: "at 5" is in the afternoon unless something says else.
func (f *found) clock() (hour, minute int) {
	switch {
	case !f.timed:
		return f.part, 0
	case f.exact:
		return f.hour, f.minute
	case f.part > 12 && f.hour < 12, f.part == 0 && f.hour < 7, f.part == 12 && f.hour < 5:
		return f.hour + 12, f.minute
	}
	return f.hour, f.minute
}

// wall is a time of day in a zone. One that the change to summer time leaves out is as much later as
// the clock was put forward.
func wall(y int, m time.Month, d, hour, minute int, zone *time.Location) time.Time {
	at := time.Date(y, m, d, hour, minute, 0, 0, zone)
	if at.Hour() == hour%24 && at.Minute() == minute {
		return at
	}
	_, before := at.Add(-6 * time.Hour).Zone()
	return time.Date(y, m, d, hour, minute, 0, 0, time.UTC).Add(-time.Duration(before) * time.Second).In(zone)
}

var dangling = regexp.MustCompile(`(?i)(?:^|\s+)(?:(?:due|by|on|at|before|until|till|for|bis|am|um|para|el|le|il|op|om)\s*)+$`)

// without takes a phrase out of a text, with what joined it.
func without(text string, from, to int) string {
	left := dangling.ReplaceAllString(strings.TrimRight(text[:from], " ,;:-(\n\t"), "")
	right := strings.TrimLeft(text[to:], " ,;:-.)\n\t")
	left = strings.TrimSpace(left)
	if left != "" && right != "" && strings.Contains(text[:from]+text[to:], " ") && strings.Contains(text[len(left):len(text)-len(right)], " ") {
		return left + " " + right
	}
	return strings.TrimSpace(left + right)
}
