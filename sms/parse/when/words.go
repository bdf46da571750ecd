package when

import (
	"strconv"
	"strings"
	gosync "sync"
)

// A kind is what a word counts as in a date.
type kind uint8

const (
	kindNone    kind = iota // a word that says nothing of dates, or only joins those that do
	kindPunct               // n is the rune
	kindNumber              // n; m is how many digits were typed, 0 if it is a word
	kindOrdinal             // n: 3rd, third
	kindDecimal             // n is in hundredths: 1.5; m and y are its two parts as typed, for a date or a time with a point
	kindWeekday             // n: 0 is Sunday
	kindMonth               // n: 1 is January
	kindDay                 // n days from today
	kindPart                // a part of the day that begins to be meant at hour n
	kindUnit                // n is the unit, m how many of it
	kindClock               // n minutes into the day; m is 1 if no other reading is left: 3pm, 15:30
	kindDate                // n day or month, m the other, y the year or 0
	kindISO                 // n year, m month, y day
	kindZone                // n is the place in zones
	kindQuarter             // n minutes
	kindHalf
	kindPlus  // n minutes past the hour, said behind it: y media; negative: menos cuarto
	kindShift // n weeks later than the day before it: en huit
	kindAhead // n weeks ahead: the week after next
	kindWeekend
	kindFeast // n the month, m the day; n is 0 if it is another one each year
)

// noClock is the n of a time that no clock shows: 25:00.
const noClock = -1

// Units, by which n of kindUnit counts.
const (
	unitMinute = iota + 1
	unitHour
	unitDay
	unitWeek
	unitMonth
	unitYear
)

// Marks are what a word does beside or instead of its kind; one word may do several things.
type marks uint64

const (
	isIn      marks = 1 << iota // in 2 hours
	isAgo                       // 2 hours ago
	isBack                      // hace 2 horas
	isHence                     // 2 hours from now
	isNext                      // next, the coming one or the one after: people differ
	isComing                    // the coming one
	isThis                      //
	isLast                      // last friday
	isOn                        // before a day
	isAt                        // before an hour
	isBy                        // before either: by, until, due
	isAfter                     // after friday, 2 days after
	isSince                     // what it stands before has begun
	isFrom                      // from 2 to 4
	isTo                        // from 2 to 4, to friday, ten to four
	isApprox                    // about 3
	isThe                       //
	isOf                        // the 3rd of May; in some languages also what a day belongs to: mi cita del lunes
	isAnd                       //
	isOr                        //
	isNot                       //
	isBreak                     // begins another thought: but, because
	isPast                      // tells of what was
	isAsk                       // asks for something
	isEvery                     // what returns is no one day
	isVague                     // a few days
	isOver                      // ten past four
	isLess                      // ten to four
	isOclock                    // o'clock, Uhr
	isHourly                    // an hour as a suffix of a number: 15h
	isEnd                       // end of
	isBegin                     // beginning of
	isMid                       // middle of
	isPoss                      // friday's
	isMy                        // my friday appointment
	isMeasure                   // 3/4 inch
	isFollow                    // may stand behind a bare hour
	isMorning                   // morgen, mañana: the morning, if a day stands before it
	isOne                       // a, an
	isFirm                      // before an hour and never before a count: a las, alle
	isMeet                      // the day of an appointment goes with it: cita
	isPhrase                    // a phrase that only looks like a date
	isBetween                   // between 2 and 4
	isHalfOf                    // "half four" is before four
	isMine                      // my time
	isFix                       // what follows takes the place of what was said before
	isMove                      // moves something from one time to another
	isAway                      // what it says is when somebody is not there, also with until
	isDrop                      // what it stands before is to go: cancel
	isStreet                    // what follows is an address
	isBefore                    // before friday
	isNear                      // another day than the one behind it: the eve of
	isNay                       // no: takes back what was just said
	isWithin                    // at any time until then: within 3 days
	isMinus                     // the hour less so many minutes: las cinco menos diez
	isOfHour                    // stands behind an hour, never behind a day of the month: de la tarde
	isOpen                      // from then on, or until then: no day by which
	isGuess                     // it may be then, or not
	isElse                      // behind "or": at some other time
	isThings                    // what a number counts, whatever stands before it: 4 times
)

var markNames = map[string]marks{
	"in": isIn, "ago": isAgo, "back": isBack, "hence": isHence, "next": isNext, "coming": isComing, "this": isThis, "last": isLast, "on": isOn, "at": isAt, "by": isBy,
	"after": isAfter, "since": isSince, "from": isFrom, "to": isTo, "approx": isApprox, "the": isThe, "of": isOf, "and": isAnd, "or": isOr, "not": isNot, "break": isBreak,
	"past": isPast, "ask": isAsk, "every": isEvery, "vague": isVague, "over": isOver, "less": isLess, "oclock": isOclock, "hourly": isHourly, "end": isEnd, "begin": isBegin,
	"mid": isMid, "poss": isPoss, "my": isMy, "measure": isMeasure, "follow": isFollow, "morning": isMorning, "one": isOne, "firm": isFirm, "meet": isMeet, "phrase": isPhrase,
	"between": isBetween, "halfof": isHalfOf, "mine": isMine, "fix": isFix, "move": isMove, "away": isAway, "drop": isDrop, "street": isStreet,
	"before": isBefore, "near": isNear, "nay": isNay, "within": isWithin, "minus": isMinus, "ofhour": isOfHour, "open": isOpen, "guess": isGuess, "else": isElse,
	"things": isThings,
}

var kindNames = map[string]kind{
	"num": kindNumber, "ord": kindOrdinal, "decimal": kindDecimal, "weekday": kindWeekday, "month": kindMonth, "day": kindDay, "part": kindPart, "unit": kindUnit, "clock": kindClock,
	"zone": kindZone, "quarter": kindQuarter, "half": kindHalf, "plus": kindPlus, "shift": kindShift, "ahead": kindAhead, "weekend": kindWeekend, "feast": kindFeast,
}

var unitNames = map[string]int{"minute": unitMinute, "hour": unitHour, "day": unitDay, "week": unitWeek, "month": unitMonth, "year": unitYear}

// A sense is what one word of the table says.
type sense struct {
	kind     kind
	n, m     int
	is       marks
	weak     bool // it means other things too, if nothing stands by it
	numbered bool // a number follows that tells one such thing from another: room 12
}

// A lexicon has the words of one language that say dates, folded.
type lexicon struct {
	code    string
	words   map[string][]sense // a compound such as Montagmorgen has two
	longest int                // words in a phrase
	long    []string           // words in which a slip is understood
}

// lexicons are made when first asked for: the table is long, and most commands read no text.
var lexicons = map[string]func() *lexicon{}

func init() {
	for code, table := range dateWords {
		lexicons[code] = gosync.OnceValue(func() *lexicon { return newLexicon(code, *table) })
	}
}

// dateWords are the words of each language. A line says what its words are: a kind with its number, marks, or both;
// ~ is a word that means other things too, + joins what a compound is made of. Words are folded, lower case without accents, with a
// space for an apostrophe or a hyphen inside.
var dateWords = map[string]*string{"en": &enDates, "es": &esDates, "fr": &frDates, "de": &deDates, "pt": &ptDates, "it": &itDates, "nl": &nlDates}

const slipLength = 6 // letters that a word has in which one wrong letter is understood

func newLexicon(code, table string) *lexicon {
	lex := &lexicon{code: code, words: make(map[string][]sense, 1000)}
	for line := range strings.Lines(table) {
		say, words, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		senses := parseSenses(say)
		for word := range strings.SplitSeq(words, ",") {
			if word = strings.TrimSpace(word); word != "" {
				lex.add(word, senses)
			}
		}
	}
	if code == "de" || code == "nl" {
		lex.compound()
	}
	for word, senses := range lex.words {
		lex.longest = max(lex.longest, strings.Count(word, " ")+1)
		if k := senses[0].kind; len(word) >= slipLength && !strings.Contains(word, " ") && (k == kindWeekday || k == kindMonth || k == kindDay || k == kindUnit || k == kindPart) {
			lex.long = append(lex.long, word)
		}
	}
	return lex
}

// add gives a word a sense. The marks of a word that stands in several lines are put together.
func (lex *lexicon) add(word string, senses []sense) {
	had, ok := lex.words[word]
	if !ok || len(had) > 1 || len(senses) > 1 {
		lex.words[word] = append([]sense(nil), senses...)
		return
	}
	had[0].is |= senses[0].is
	had[0].numbered = had[0].numbered || senses[0].numbered
	if had[0].kind == kindNone {
		had[0].kind, had[0].n, had[0].m, had[0].weak = senses[0].kind, senses[0].n, senses[0].m, senses[0].weak
	}
}

func parseSenses(say string) (senses []sense) {
	for one := range strings.SplitSeq(say, "+") {
		var s sense
		fields := strings.Fields(one)
		for i := 0; i < len(fields); i++ {
			name := strings.TrimSuffix(fields[i], "~")
			s.weak = s.weak || name != fields[i]
			if name == "numbered" {
				s.numbered = true
				continue
			}
			k, isKind := kindNames[name]
			if !isKind {
				if markNames[name] == 0 {
					panic("when: no sense " + name) // the table is ours
				}
				s.is |= markNames[name]
				continue
			}
			s.kind = k
			switch {
			case k == kindUnit: // "unit 15 minute"
				s.m = 1
				if n, err := strconv.Atoi(fields[i+1]); err == nil {
					s.m, i = n, i+1
				}
				i++
				s.n = unitNames[fields[i]]
			case k == kindFeast:
				s.n, _ = strconv.Atoi(fields[i+1])
				s.m, _ = strconv.Atoi(fields[i+2])
				i += 2
			case k != kindHalf && k != kindWeekend:
				i++
				s.n, _ = strconv.Atoi(fields[i])
			}
			if k == kindClock {
				s.m = 1
			}
		}
		senses = append(senses, s)
	}
	return senses
}

// compound adds the words that German and Dutch make of a weekday and a part of the day, and of a weekday and an
// appointment.
func (lex *lexicon) compound() {
	var days, parts []string
	for word, senses := range lex.words {
		switch {
		case strings.Contains(word, " ") || len(senses) != 1 || senses[0].weak || len(word) < 4:
		case senses[0].kind == kindWeekday:
			days = append(days, word)
		case senses[0].kind == kindPart || senses[0].is&isMorning != 0:
			parts = append(parts, word)
		}
	}
	for _, day := range days {
		on := lex.words[day][0]
		for _, part := range parts {
			in := sense{kind: kindPart, n: lex.words[part][0].n}
			if lex.words[part][0].is&isMorning != 0 {
				in.n = partMorning
			}
			lex.words[day+part] = []sense{on, in}
		}
		on.is |= isPoss
		lex.words[day+"stermin"], lex.words[day+"safspraak"], lex.words[day+"afspraak"] = []sense{on}, []sense{on}, []sense{on}
	}
}

// The hours that stand for the parts of the day.
const (
	partSmall     = 3
	partMorning   = 9
	partAfternoon = 15
	partEvening   = 18
	partNight     = 20
)

// find is what a phrase says.
func (lex *lexicon) find(phrase string) []sense { return lex.words[phrase] }

// slip is what a long word says of which one letter is wrong, missing, too much or in its neighbour's place; nothing if
// it could be several words. The first letter and the end are right: Augusta is no August.
func (lex *lexicon) slip(word string) []sense {
	if n := len(strings.TrimRight(word, word[max(0, len(word)-1):])) + 1; n < len(word) && n >= 3 { // tomorrowww
		if senses := lex.words[word[:n]]; senses != nil {
			return senses
		}
	}
	if len(word) < slipLength-1 {
		return nil
	}
	var found []sense
	for _, known := range lex.long {
		if len(word)-len(known) > 1 || len(known)-len(word) > 1 || !oneSlip(word, known) {
			continue
		}
		senses := lex.words[known]
		if found != nil && found[0] != senses[0] {
			return nil
		}
		found = senses
	}
	return found
}

func oneSlip(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	ra, rb := a[i:], b[i:]
	switch {
	case len(ra) == len(rb) && len(ra) > 1:
		swapped := ra[0] == rb[1] && ra[1] == rb[0] && ra[2:] == rb[2:]
		return swapped || i > 0 && ra[1:] == rb[1:]
	case len(ra) == len(rb)+1:
		return i > 0 && len(ra) > 1 && ra[1:] == rb
	case len(rb) == len(ra)+1:
		return i > 0 && len(ra) > 0 && ra == rb[1:]
	}
	return false
}
