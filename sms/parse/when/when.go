package when

import (
	"slices"
	"strings"
	gosync "sync"
	"time"
	"unicode/utf8"
)

// Languages are the codes of those in which texts are read: en, es, fr, de, pt, it, nl. None is English.
type Languages []string

// Date is a due date found in a text.
type Date struct {
	At        time.Time // in the zone of now, never before it; without a time the last minute of the day
	HasTime   bool      // a time of day, or a span of hours or minutes, was said
	OnlyPart  bool      // the time is no more than a part of the day: tomorrow morning
	Roughly   bool      // no one day was said, only a week, a month or a year: next week
	NoDay     bool      // only a time was said, and the day is the next one that has it still to come
	Today     bool      // only a weekday was said, which is today's too: for [Date.Fits] it may be today
	Ambiguous bool      // the day and the month could be the other way round: 3/4
	Phrase    string    // the words that say it; " … " stands for words between them that say something else
	Rest      string    // the text without them, or all of it where they stand in its midst
	Denied    bool      // of [Languages.Visit]: a no to another one follows, which may as well take it back
	Perhaps   bool      // of [Languages.Moved]: it may as well be the time to which
	Doubt     string    // why it is not taken for a date; all else but Phrase and Perhaps is zero then

	frame
}

// MonthFirst tells whether 3/4 is the 4th of March in a region, two letters such as "US".
func MonthFirst(region string) bool {
	switch strings.ToUpper(region) {
	case "US", "PR", "GU", "VI", "AS", "MP", "PH", "FM", "MH", "PW":
		return true
	}
	return false
}

// Find finds the date or time that a text says in natural words ("call Jane tomorrow 3pm", "in 2 hours", "morgen
// um 15 Uhr"), as seen from now, in these languages. A weekday is the next one, never today; an hour without am or
// pm is one at which people work; a time that has passed is the next day's, and a date without a year the next year's, unless
// it has only just passed. A bare number is no date.
//
// It is right or nothing: where several times are said, where people differ on what a phrase means ("next friday" on a
// monday), where a part of it is not understood, and where the words tell of the past or say that it is not then, there
// is no date. Doubt says so, if something that looks like a date was said at all.
func (l Languages) Find(text string, now time.Time, region string) (Date, bool) {
	return l.find(text, now, region, scan{})
}

// Visit finds the day or time by which a text names an appointment: "cancel thursday's", "my 3pm tomorrow".
func (l Languages) Visit(text string, now time.Time, region string) (Date, bool) {
	return l.find(text, now, region, scan{visit: true})
}

// Moved finds the day or time from which a text moves an appointment: "move my friday visit to monday" moves that on
// friday. [Languages.Find] finds the one to which.
func (l Languages) Moved(text string, now time.Time, region string) (Date, bool) {
	return l.find(text, now, region, scan{visit: true, from: true})
}

func (l Languages) orEnglish() Languages {
	if len(l) == 0 {
		return Languages{"en"}
	}
	return l
}

// Unclear tells of a phrase that may mean a time to come, but not which. What has passed, and what only says which
// appointment, is clear.
func (d Date) Unclear() bool { return d.Doubt != "" && d.Doubt != doubtPast && d.Doubt != doubtBelongs }

// Read reads a time that a person writes where nothing else may stand, such as "friday 5pm" or "in 2 weeks". With
// back, what returns is the last one, and what has passed is meant: "monday", "2 hours ago".
func (l Languages) Read(text string, now time.Time, region string, back bool) (Date, bool) {
	when, ok := l.find(text, now, region, scan{back: back, past: true})
	if ok && when.Rest != "" {
		return Date{Phrase: when.Phrase, Doubt: doubtHalf}, false
	}
	return when, ok
}

// find reads a text in each language, and takes the one that understands most of it. Where two understand as much,
// and something else, nothing is certain.
func (l Languages) find(text string, now time.Time, region string, how scan) (Date, bool) {
	if !utf8.ValidString(text) {
		return Date{}, false
	}
	folded, tokens := foldWords(text)
	if len(tokens) == 0 {
		return Date{}, false
	}
	var best Date
	most := -1
	for _, code := range l.orEnglish() {
		read := lexDates(lexicons[code](), text, folded, tokens)
		s := how
		s.lex, s.text, s.items, s.now, s.region = read.lex, text, read.items, now, region
		got, understood := s.find()
		if understood == 0 {
			continue
		}
		understood = 8*understood + read.known
		switch {
		case understood > most:
			best, most = got, understood
		case understood == most && !got.At.Equal(best.At) && best.Doubt == "":
			best = Date{Phrase: best.Phrase, Doubt: doubtTwo}
		}
	}
	if best.Doubt == "" && best.NoDay && l.foreignDay(folded, tokens) {
		best = Date{Phrase: best.Phrase, Doubt: doubtHalf}
	}
	return best, most >= 0 && best.Doubt == ""
}

// foreignDay tells whether a text names a day in a language that it is not read in: jeudi 3pm.
func (l Languages) foreignDay(folded string, tokens []token) bool {
	for _, t := range tokens {
		word := folded[t.foldedFrom:t.foldedTo]
		if !allDays()[word] {
			continue
		}
		if !slices.ContainsFunc(l.orEnglish(), func(code string) bool { return lexicons[code]().find(word) != nil }) {
			return true
		}
	}
	return false
}

// allDays are the names of weekdays of all languages, but those that are short and may be other words.
var allDays = gosync.OnceValue(func() map[string]bool {
	days := map[string]bool{}
	for _, lex := range lexicons {
		for word, senses := range lex().words {
			if len(senses) == 1 && senses[0].kind == kindWeekday && len(word) >= 5 && !strings.Contains(word, " ") {
				days[word] = true
			}
		}
	}
	return days
})

// found completes an answer with the words that say it. The parts of it are in the order of the text.
func (s *scan) found(when Date, parts []said) Date {
	var phrase strings.Builder
	spans := make([][2]int, len(parts))
	end := 0
	for i := range parts {
		from, to := s.widen(&parts[i])
		from = max(from, end)
		if i > 0 && from > end {
			phrase.WriteString(" … ")
		}
		phrase.WriteString(s.text[from:to])
		spans[i], end = [2]int{from, to}, to
	}
	when.Phrase, when.Rest = phrase.String(), s.without(spans)
	if len(parts) > 1 && parts[len(parts)-1].fixes { // monday, no, tuesday
		when.Rest = strings.TrimSpace(s.text)
	}
	return when
}

// without is the text without what it begins and ends with. If something to go stands elsewhere all of it is left: what
// is cut out of a sentence leaves no sentence.
func (s *scan) without(spans [][2]int) string {
	whole, from, to := strings.TrimSpace(s.text), 0, len(s.text)
	for len(spans) > 0 && between(s.text[from:spans[0][0]]) {
		from, spans = spans[0][1], spans[1:]
	}
	behind := ""
	if n := len(spans); n > 0 {
		behind = strings.TrimLeft(s.text[spans[n-1][1]:], signsAround+"!?")
		if !courtesy[strings.ToLower(strings.TrimRight(behind, ".!?) \n"))] {
			return whole
		}
		to = spans[n-1][0]
		for n--; n > 0 && between(s.text[spans[n-1][1]:to]); n-- {
			to = spans[n-1][0]
		}
		if n > 0 {
			return whole
		}
	}
	rest := strings.TrimRight(s.text[from:to], " ,;:-–—(\n\t\u00a0")
	if strings.Trim(behind, ".!?) \n") != "" {
		gap := strings.IndexAny(s.text[from+len(rest):], " \n")
		if gap < 0 {
			return whole
		}
		rest += s.text[from+len(rest)+gap:][:1] + behind
	}
	rest = strings.TrimLeft(rest, signsAround+"!?")
	if rest != "" && !s.saysMore(rest) {
		return whole
	}
	if strings.Trim(rest, " .,;:!?)\n") == "" {
		return ""
	}
	return strings.TrimSpace(rest)
}

// saysMore tells that what is left of a text says something by itself, and does not end in a word to which more belongs.
func (s *scan) saysMore(rest string) bool {
	from := strings.Index(s.text, rest)
	if from < 0 { // it ends in a courtesy that stood elsewhere
		return true
	}
	says, last := false, marks(0)
	for i := range s.items {
		it := &s.items[i]
		if it.from < from || it.to > from+len(rest) || it.kind == kindPunct {
			continue
		}
		switch {
		case it.kind != kindNone:
			says, last = true, 0
		case subjects[strings.ToLower(s.text[it.from:it.to])]:
			last = isOf
		default:
			says, last = says || it.is&^(isAsk|isMove|isDrop|isPast|isMeet|isFollow) == 0, it.is
		}
	}
	return says && last&(isOf|isThe|isTo|isFrom|isAnd|isOr|isMy|isBetween) == 0
}

const signsAround = " ,;:-–—.)\n\t\u00a0"

// between tells that nothing but signs stands between two parts of a date.
func between(text string) bool { return strings.Trim(text, signsAround+"(!?¡¿") == "" }

// courtesy is what people end a text with; empty if they do not.
var courtesy = map[string]bool{
	"": true, "please": true, "pls": true, "plz": true, "thanks": true, "thank you": true, "thx": true, "ty": true, "please thanks": true,
	"por favor": true, "porfa": true, "gracias": true, "merci": true, "svp": true, "stp": true, "s'il vous plaît": true, "bitte": true, "danke": true,
	"per favore": true, "grazie": true, "graag": true, "aub": true, "alstublieft": true, "bedankt": true, "obrigado": true, "obrigada": true,
}

// widen takes in the words that join a date to what stands before it.
func (s *scan) widen(d *said) (from, to int) {
	const joins = isOn | isAt | isBy | isThe | isApprox | isThis | isSince | isFrom | isComing | isAfter | isBetween | isNear
	i := d.i
	for i > 0 {
		it := &s.items[i-1]
		if it.kind != kindNone || it.is&joins == 0 || it.is&(isNot|isAsk|isPast) != 0 {
			if !it.isSign("(@~") || it.to != s.items[i].from && it.isSign("(") {
				break
			}
		}
		i--
	}
	return s.items[i].from, d.to
}

// Wall is a minute of a day on the clock of a zone. One that the change to summer time leaves out is as much later as the
// clock was put forward, and of two that the change back makes it is the first.
func Wall(day time.Time, minute int, zone *time.Location) time.Time {
	y, m, d := day.Date()
	at := time.Date(y, m, d, 0, minute, 0, 0, zone)
	_, before := at.Add(-6 * time.Hour).Zone()
	earlier := time.Date(y, m, d, 0, minute, 0, 0, time.UTC).Add(-time.Duration(before) * time.Second).In(zone)
	shows := func(at time.Time) bool { return at.Hour() == minute/60%24 && at.Minute() == minute%60 }
	if shows(earlier) || !shows(at) {
		return earlier
	}
	return at
}
