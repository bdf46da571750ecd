package parse

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/markusmobius/go-dateparser"
	"github.com/markusmobius/go-dateparser/date"
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

// A date is looked for in the first words of a text, in windows of so many.
const mostWhenWords, widestWhen = 40, 4

// FindWhen finds the first date or time that a text says in natural words ("call Jane tomorrow 3pm",
// "in 2 hours", "morgen um 15 Uhr"), as seen from now, in the languages of w. A weekday is the next
// one, never today; an hour without am or pm is one at which people work; what has passed is the next
// day, month or year. It would rather miss than invent: a bare number is no date.
//
// The days are read by go-dateparser, from short windows: its own search takes "fri 10am" for October.
func (w *Words) FindWhen(text string, now time.Time, region string) (When, bool) {
	s := dateScan{text: text, now: now, languages: w.orEnglish().languages, order: dateparser.DMY}
	if MonthFirst(region) {
		s.order = dateparser.MDY
	}
	s.tokens = wordForm.FindAllStringIndex(text, mostWhenWords)
	if len(s.tokens) == 0 || !utf8.ValidString(text) {
		return When{}, false
	}
	s.clocks = findClocks(text[:s.tokens[len(s.tokens)-1][1]])
	from := 0
	for i := 0; i < len(s.tokens); i++ {
		day, width := s.dayAt(i)
		if width == 0 {
			continue
		}
		if when, ok := s.clockBefore(from, day.from); ok {
			return when, true
		}
		if when, ok := s.join(day); ok {
			return when, true
		}
		from = day.to
		i += width - 1
	}
	return s.clockBefore(from, len(text))
}

var wordForm = regexp.MustCompile(`\S+`)

type dateScan struct {
	text      string
	now       time.Time
	languages []string
	order     dateparser.DateOrder
	tokens    [][]int
	clocks    []clock
}

// saidDay is a day, or a span of hours, and where it stands in the text.
type saidDay struct {
	from, to        int
	y               int
	m               time.Month
	d               int
	today           bool          // "today" was said, so that no other day is meant
	span            time.Duration // from now, with no time of day; 0 if a day was said
	order           dateparser.DateOrder
	later           int  // the year to take if the day is today and its time has passed, or 0
	ambiguous, weak bool // weak: a word that means other things too, if nothing stands by it
}

// dayAt reads the longest window at word i that says a day, and how many words it has.
func (s *dateScan) dayAt(i int) (saidDay, int) {
	if m := ordinalForm.FindStringSubmatchIndex(s.text[s.tokens[i][0]:]); m != nil {
		at := s.tokens[i][0]
		n, err := strconv.Atoi(s.text[at+m[2] : at+m[3]])
		if day, ok := s.dayOfMonth(n); err == nil && ok && clauseEnds(s.text[at+m[1]:]) {
			day.from, day.to = at, at+m[1]
			return day, len(strings.Fields(s.text[at : at+m[1]]))
		}
	}
	for n := min(widestWhen, len(s.tokens)-i); n > 0; n-- {
		if day, ok := s.window(i, i+n); ok {
			return s.tighten(day, i, i+n), n
		}
	}
	return saidDay{}, 0
}

// tighten takes off the words at both ends that the library passes over.
func (s *dateScan) tighten(day saidDay, i, j int) saidDay {
	for j-i > 1 {
		last := s.text[s.tokens[j-1][0]:s.tokens[j-1][1]]
		if less, ok := s.window(i, j-1); ok && less.same(day) && !yearForm.MatchString(last) {
			day, j = less, j-1
		} else if less, ok := s.window(i+1, j); ok && less.same(day) {
			day, i = less, i+1
		} else {
			break
		}
	}
	return day
}

func (d saidDay) same(o saidDay) bool {
	return d.y == o.y && d.m == o.m && d.d == o.d && d.span == o.span
}

var (
	ordinalForm  = regexp.MustCompile(`(?i)^(?:on|by|before|until|till|due)\s+(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)`)
	numericForm  = regexp.MustCompile(`^(\d{1,2})(?:/(\d{1,2})(?:/\d{4}|/\d{2})?|\.\s?(\d{1,2})\.(?:\s?\d{4}|\d{2})?|-(\d{1,2})(-\d{4}|-\d{2})?)$|^\d{4}-\d{2}-\d{2}$`)
	fractionForm = regexp.MustCompile(`(?i)^\s*(?:"|(?:inch|inches|cups?|price|off|of|full|size|miles?|lbs?|oz|hours?)\b)`)
	yearForm     = regexp.MustCompile(`^\d{4}\D*$`)
	digits       = regexp.MustCompile(`\d`)
	letters      = regexp.MustCompile(`[\pL\pM]+`)
	numberForm   = regexp.MustCompile(`(?i)^\d{1,2}(?:st|nd|rd|th|er|º|ª|\.)?$`)
	inside       = regexp.MustCompile(`[;:!?()\n]|[^\d\s],\s*[^\d\s]|(?:\b\pL{1,2}|\pL{5,})\.\s`)  // but not "Dec. 3"
	aheadForm    = regexp.MustCompile(`(?i)^(?:pasado ma[ñn]ana|depois de amanh[ãa]|dopodomani)$`) // which the library does not know
	beforeForm   = regexp.MustCompile(`(?i)(?:^|\s)(?:last|past|since|letzten?|vorigen?|seit|afgelopen|vorige|desde)\s+$`)
	behindForm   = regexp.MustCompile(`(?i)^\s+(?:ago|pasad[oa]|passad[oa]|passat[oa]|dernier|dernière|passée?|scors[oa])(?:$|\s)`)
	weakWord     = regexp.MustCompile(`(?i)^(?:sat|sun|wed|mar|mer|mier|sab|ven|gio|dom|dim|don|lun|jeu|jue|vie|seg|ter|qui|sex|sam|mit|die|vri|zon|second|seconda|secondo|segunda|sexta|quarta|quinta|terça|terca)$`)
	otherWord    = regexp.MustCompile(`(?i)^(?:set|out|ago|mag|fev|art)$`) // months of one language, words of another
)

// window reads words i to j as a day, if they say one and no more.
func (s *dateScan) window(i, j int) (saidDay, bool) {
	from, to := s.tokens[i][0], s.tokens[j-1][1]
	from += len(s.text[from:to]) - len(strings.TrimLeft(s.text[from:to], "([\"'"))
	to = from + len(strings.TrimRight(s.text[from:to], ",;:!?)]\"'"))
	if strings.HasSuffix(s.text[from:to], ".") && !numericForm.MatchString(s.text[from:to]) {
		to--
	}
	if from >= to || to-from > 60 || inside.MatchString(s.text[from:to]) {
		return saidDay{}, false
	}
	day := saidDay{from: from, to: to, order: s.order}
	ok := s.read(&day)
	switch {
	case !ok, beforeForm.MatchString(s.text[:from]), behindForm.MatchString(s.text[to:]):
		return day, false
	case day.span == 0 && slices.ContainsFunc(s.clocks, func(c clock) bool { return c.from < to && from < c.to }):
		return day, false
	case day.span != 0 && j-i > 1: // "demain 15h" is no span of 39 hours
		for k := i; k < j; k++ {
			if one, ok := s.window(k, k+1); ok && one.span == 0 {
				return day, false
			}
		}
	}
	return day, true
}

// read asks the library what a window says. What it says of the future and of the past differs for a
// day that returns (Tuesday, 12/24), and is the same for one counted from now (tomorrow, in 2 hours).
func (s *dateScan) read(day *saidDay) bool {
	said := s.text[day.from:day.to]
	words, hasDigit := letters.FindAllString(said, -1), digits.MatchString(said)
	if len(words) == 0 && !s.numeric(day) || len(words) == 1 && !hasDigit && utf8.RuneCountInString(said) < 3 {
		return false
	}
	if aheadForm.MatchString(said) {
		said, words, hasDigit = "in zwei Tagen", nil, false
	}
	next, ok := s.ask(said, day.order, dateparser.Future)
	if !ok {
		return false
	}
	last, _ := s.ask(said, day.order, dateparser.Past)
	base := s.base()
	counted := next.Time.Second() == base.Second()
	day.y, day.m, day.d = next.Time.Date()
	day.today = next.Time.YearDay() == base.YearDay() && day.y == base.Year()
	switch {
	case counted && !next.Time.Equal(last.Time), next.Time.Before(base.Truncate(24 * time.Hour)):
		return false // "2 hours" is how long; "yesterday" has passed
	case counted && next.Period.IsTime():
		day.span = next.Time.Sub(base)
		return day.span >= time.Minute
	case counted:
		return !day.today || !strings.Contains(said, " ") // "this week" is no day
	case next.Period != date.Day, !hasDigit && next.Time.Equal(last.Time): // "hours" alone is today to the library
		return false
	case hasDigit && len(words) > 0 && !s.namesMonth(said):
		return false // "2 and 3"
	case len(words) == 1 && !hasDigit:
		day.weak = weakWord.MatchString(words[0])
	case slices.ContainsFunc(words, otherWord.MatchString):
		return false
	}
	if hasDigit && day.m == base.Month() && day.d == base.Day() && !next.Time.Equal(last.Time) {
		day.later, day.y = day.y, base.Year()
	}
	return true
}

// numeric tells whether numbers alone are a date.
func (s *dateScan) numeric(day *saidDay) bool {
	said := s.text[day.from:day.to]
	m := numericForm.FindStringSubmatch(said)
	if m == nil || said == "24/7" || m[2] != "" && fractionForm.MatchString(s.text[day.to:]) {
		return false
	}
	if m[1] == "" {
		return true
	}
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2] + m[3] + m[4])
	day.ambiguous = m[3] == "" && a <= 12 && b <= 12 && a != b
	day.weak = m[4] != "" && m[5] == "" // 3-4 is as well from three to four
	if a > 12 || m[3] != "" {
		day.order = dateparser.DMY
	} else if b > 12 {
		day.order = dateparser.MDY
	}
	return a > 0 && b > 0 && min(a, b) <= 12 && max(a, b) <= 31
}

// namesMonth tells whether one word is a month and the others are numbers and what joins them.
func (s *dateScan) namesMonth(said string) bool {
	named, number := false, false
	for field := range strings.FieldsSeq(said) {
		field = strings.TrimRight(field, ",")
		switch {
		case numberForm.MatchString(field):
			number = true
		case !digits.MatchString(field) && utf8.RuneCountInString(field) >= 3:
			d, ok := s.ask(field, s.order, dateparser.Future)
			named = named || ok && d.Period == date.Month
		}
	}
	return named && number
}

var dates = dateparser.Parser{ParserTypes: []dateparser.ParserType{dateparser.RelativeTime, dateparser.AbsoluteTime}}

func (s *dateScan) ask(said string, order dateparser.DateOrder, source dateparser.PreferredDateSource) (date.Date, bool) {
	languages := s.languages
	if said == "in zwei Tagen" {
		languages = []string{"de"}
	}
	d, err := dates.Parse(&dateparser.Configuration{
		CurrentTime: s.base(), DefaultTimezone: time.UTC, PreferredDateSource: source, DateOrder: order,
		Languages: languages, ReturnTimeAsPeriod: true,
	}, inFull(said))
	return d, err == nil
}

// shorthand are words as people thumb them, which the library does not know.
var shorthand = map[string]string{
	"tmr": "tomorrow", "tmrw": "tomorrow", "tmw": "tomorrow", "tomorow": "tomorrow", "tommorow": "tomorrow", "tommorrow": "tomorrow", "tomorro": "tomorrow",
	"tues": "tuesday", "weds": "wednesday", "thur": "thursday", "thurs": "thursday",
}

// inFull writes out what the library would not know.
func inFull(said string) string {
	if numericForm.MatchString(said) { // with points it would pass for a time
		return strings.NewReplacer(". ", "/", ".", "/").Replace(strings.TrimRight(said, "."))
	}
	words := strings.Fields(said)
	for i, w := range words {
		if full, ok := shorthand[strings.ToLower(strings.TrimRight(w, "."))]; ok {
			words[i] = full
		}
	}
	return strings.Replace(strings.Join(words, " "), "half an hour", "30 minutes", 1)
}

// base is now as a wall clock shows it, so that no change of the clocks is in the way, with a second
// by which what is counted from now is known.
func (s *dateScan) base() time.Time {
	y, m, d := s.now.Date()
	return time.Date(y, m, d, s.now.Hour(), s.now.Minute(), 1, 0, time.UTC)
}
