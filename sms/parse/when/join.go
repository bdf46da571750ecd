package when

import "strings"

// A date in a text is what its atoms say together. Those that stand side by side, with only "on", "at", a comma or
// the like between them, are one; of those that do not, a day and a time in one sentence are.

const glue = isOn | isAt | isBy | isThe | isApprox | isOf | isAfter

// gap tells that nothing between two atoms keeps them apart.
func (s *scan) gap(i, j int) bool {
	for ; i < j; i++ {
		it := &s.items[i]
		if it.kind == kindPunct && it.isSign(",()-–—:\n/@~") || it.kind == kindNone && it.is&glue != 0 && it.is&(isNot|isFix) == 0 {
			continue
		}
		return false
	}
	return true
}

// context is what the words before an atom make of it.
type context struct {
	not, past, every, fix, move, away, drop bool
	clause, sentence                        int
}

// atoms are all that a text says of days and times, in order.
func (s *scan) atoms() (all []said) {
	var c context
	negated := -1 // the clause in which a negation stands that nothing follows
	for i := 0; i < len(s.items); {
		it := &s.items[i]
		if d, ok := s.atomAt(i); ok && (it.kind != kindNone || !it.does(isPhrase)) {
			s.inContext(&d, &c)
			if n := len(all); n > 0 && s.follows(&all[n-1], &d) {
				d.fixes = true
			}
			if d.has != 0 {
				all = append(all, d)
				negated = -1
				c.past = c.past || d.past
			}
			i = d.j
			continue
		}
		if s.takesBack(i, all) {
			c = context{fix: true, clause: c.clause + 1, sentence: c.sentence, move: c.move}
			i++
			continue
		}
		if it.does(isNot) && it.kind == kindNone {
			negated = c.clause
		}
		s.listen(it, &c)
		if negated >= 0 && (c.clause != negated || i == len(s.items)-1) { // monday doesn't work
			for k := range all {
				if all[k].clause == negated {
					all[k].refused = true
				}
			}
			negated = -1
		}
		i++
	}
	return all
}

// takesBack tells a no between two dates: monday, no tuesday. In Spanish, Italian and Portuguese
// that is also "not".
func (s *scan) takesBack(i int, all []said) bool {
	if !s.word(i, isNay) || len(all) == 0 {
		return false
	}
	before, after := i, s.skipSigns(i+1)
	for before > 0 && s.at(before-1).isSign(",.-–—") {
		before--
	}
	if all[len(all)-1].j != before || s.lex.code != "en" && s.lex.code != "fr" && after == i+1 {
		return false
	}
	if s.lex.code == "en" && s.word(after, isOn) && !s.word(after, isAt) && before < i { // monday, no for tuesday
		return false
	}
	d, ok := s.atomAt(s.skip(after, isOn|isAt|isThe))
	if !ok || d.has == 0 || before == i && after == i+1 {
		return false
	}
	if s.visit && !s.moved() { // yes for monday, no for tuesday: two visits
		s.denied = true
		return false
	}
	return true
}

func (s *scan) skipSigns(i int) int {
	for s.at(i).isSign(",.-–—") && i < len(s.items) {
		i++
	}
	return i
}

// follows tells that two dates are those from which and to which something is moved, whatever the order of the words.
func (s *scan) follows(a, b *said) bool {
	from, to := a.i-1, b.i-1
	for s.word(from, isThe) && !s.word(from, isFrom) {
		from--
	}
	for s.word(to, isThe) && !s.word(to, isTo) {
		to--
	}
	return s.word(from, isFrom) && s.word(to, isTo) && s.gap(a.j, to) && s.moved()
}

// moved tells that the text moves something.
func (s *scan) moved() bool {
	for i := range s.items {
		if s.word(i, isMove) {
			return true
		}
	}
	return false
}

// listen takes in what a word says of the dates that follow.
func (s *scan) listen(it *item, c *context) {
	switch {
	case it.kind == kindPunct:
		switch {
		case it.isSign(".!?;"):
			c.sentence++
			fallthrough
		case it.isSign(",\n:()"):
			c.clause++
			c.not, c.past, c.every, c.away, c.drop = false, false, false, false, false
		}
	case it.kind != kindNone || it.does(isPhrase):
	case it.does(isFix):
		c.fix = true
		c.clause++
		c.not, c.past, c.every, c.away, c.drop = false, false, false, false, false
	case it.does(isBreak):
		c.clause++
		c.not, c.past, c.every, c.away, c.drop = false, false, false, false, false
	default:
		c.not = c.not || it.does(isNot)
		c.every = c.every || it.does(isEvery)
		c.move = c.move || it.does(isMove)
		c.away = c.away || it.does(isAway)
		c.drop = (c.drop || it.does(isDrop)) && !it.does(isMove)
		if it.does(isAsk) {
			c.past = false
		} else if it.does(isPast) {
			c.past = true
		}
	}
}

// subjects are the words behind which stands what is spoken of, not when.
var subjects = map[string]bool{"about": true, "re": true, "regarding": true, "concerning": true, "wegen": true, "bezüglich": true, "bzgl": true, "sobre": true, "concernant": true, "riguardo": true, "betreffende": true}

// uncertain are the words that leave open whether it is that day at all.
var uncertain = map[string]bool{"maybe": true, "perhaps": true, "if": true, "whether": true, "vielleicht": true, "ob": true, "falls": true, "quizás": true, "quiza": true, "quizá": true,
	"peut-être": true, "forse": true, "se": true, "misschien": true, "talvez": true}

// titles are the words behind which a day is a name: Frau Sonntag.
var titles = map[string]bool{"dr": true, "mr": true, "mrs": true, "ms": true, "prof": true, "frau": true, "herr": true, "herrn": true, "señor": true, "señora": true, "sr": true, "sra": true,
	"don": true, "doña": true, "madame": true, "mme": true, "monsieur": true, "signor": true, "signora": true, "sig": true, "mevrouw": true, "meneer": true, "dhr": true, "mevr": true, "dona": true}

// inContext tells of an atom what the words around it make of it.
func (s *scan) inContext(d *said, c *context) {
	d.clause, d.sentence = c.clause, c.sentence
	i := d.i - 1
	for s.word(i, isThe|isApprox) && !s.word(i, isBy|isAfter|isSince|isOn) {
		i--
	}
	d.by = s.word(i, isBy) && !s.word(i, isAt)
	d.before = s.word(i, isBefore) && (!s.word(i, isOn) || !s.at(i-1).does(isMeet)) // the Dutch voor is also "for"
	switch {
	case s.word(i, isAfter):
		d.bound = boundAfter
	case d.before:
		d.bound = boundBefore
	case s.word(i, isBy) && s.lex.code != "nl":
		d.bound = boundUnknown
	}
	d.refused = c.not && !d.by || c.away || c.drop && !s.visit
	if s.onStreet(d) || s.isName(d.i) {
		d.has = 0
	}
	d.mayBePast = c.past || s.toldBehind(d) || s.toldByAccent(d)
	d.fixes = d.fixes || c.fix || c.move && (s.word(i, isTo) || s.word(i-1, isTo))
	if last := s.at(d.j + 1); d.has&hasDate != 0 && d.year == 0 &&
		(s.word(d.i-1, isLast) || s.word(d.j, isLast) && last.kind == kindUnit && last.n == unitYear) { // last december 4, december 4 last year
		d.past = true
	}
	d.mayBePast = d.mayBePast && (!c.move || !d.fixes) // was moved to friday
	if c.fix {
		c.fix = false
	}
	switch {
	case s.word(i, isSince) && !s.word(i, isBy|isAt|isFrom|isOn), s.bornOn(d):
		d.past = true
	case s.word(i, isAfter) && !s.word(i, isAt|isBy) && d.has&hasClock == 0 && d.has != 0 && d.doubt == "":
		d.doubt = doubtVague
	}
	about := d.i - 1
	for s.word(about, isThe) {
		about--
	}
	if it := s.at(about); (subjects[s.lower(it)] || uncertain[s.lower(it)]) && d.has&hasDay != 0 && d.has&hasSpan == 0 && d.doubt == "" {
		d.doubt = doubtHalf // call jane about friday
	}
	if d.doubt == "" {
		d.doubt = s.notSure(d)
	}
	if one := s.at(d.i - 1); d.has&hasWeekday != 0 && one.does(isOne) && d.doubt == "" { // a friday
		d.doubt = doubtVague
	}
	if c.every && d.has&(hasFixed|hasSpan|hasDate) == 0 || s.word(d.j, isEvery) && d.has != 0 {
		d.doubt = doubtEvery
	}
	s.owner(d)
}

// toldBehind tells that the verb at the end of a clause tells of the past: ich habe am Freitag angerufen.
func (s *scan) toldBehind(d *said) bool {
	ends := func(it *item) bool {
		return it.kind == kindPunct || it.kind == kindNone && it.is&(isBreak|isAsk|isFix) != 0
	}
	i, helper := d.i-1, false
	for ; i >= 0 && !ends(&s.items[i]) && !helper; i-- {
		helper = helpers[s.lex.code][s.lower(&s.items[i])]
	}
	for j := d.j; helper && j < len(s.items) && !ends(&s.items[j]); j++ {
		if s.word(j, isPast) {
			return true
		}
	}
	return false
}

// toldByAccent tells that a Spanish verb before a date tells of the past, which only its accent says: pagué, llamó.
func (s *scan) toldByAccent(d *said) bool {
	for i := d.i - 1; s.lex.code == "es" && i >= 0 && s.at(i).kind != kindPunct && !s.at(i).does(isBreak); i-- {
		word := s.lastWord(i)
		future := strings.HasSuffix(word, "aré") || strings.HasSuffix(word, "eré") || strings.HasSuffix(word, "iré")
		if len(word) > 4 && !future && !accented[word] && (strings.HasSuffix(word, "é") || strings.HasSuffix(word, "ó")) {
			return true
		}
	}
	return false
}

// accented are words that end like such verbs and are none.
var accented = map[string]bool{"porqué": true, "bebé": true, "café": true, "comité": true, "josé": true, "esté": true}

// bornOn tells that a date is that of a birth.
func (s *scan) bornOn(d *said) bool {
	for i := d.i - 1; i >= 0 && i >= d.i-birthNear && d.has&hasDay != 0; i-- {
		it := s.at(i)
		if births[s.lower(it)] {
			return true
		}
		if it.does(isBreak|isAsk) || it.kind == kindPunct && !it.isSign(":.") {
			break
		}
	}
	return false
}

// births are the words for a birth, and birthNear how far before its date they stand.
var births = map[string]bool{
	"born": true, "dob": true, "d.o.b": true, "birth": true, "birthdate": true, "geboren": true, "geburtsdatum": true, "geb": true, "geboortedatum": true, "né": true, "née": true, "naissance": true,
	"nací": true, "naci": true, "nació": true, "nacido": true, "nacida": true, "nacimiento": true, "nato": true, "nata": true, "nascita": true, "nasci": true, "nasceu": true, "nascido": true, "nascida": true,
	"nascimento": true,
}

const birthNear = 4

// helpers are the verbs behind which the one that tells what was done stands at the end.
var helpers = map[string]map[string]bool{
	"de": {"habe": true, "hab": true, "hat": true, "haben": true, "habt": true, "bin": true, "ist": true, "sind": true},
	"nl": {"heb": true, "hebt": true, "heeft": true, "hebben": true, "ben": true, "is": true, "zijn": true},
}

func (s *scan) lower(it *item) string { return strings.ToLower(s.text[it.from:it.to]) }

// notSure tells of a day that the words beside it leave open: probably friday, friday i think, until friday, friday or sooner.
func (s *scan) notSure(d *said) string {
	switch before, behind := d.i-1, s.at(d.j); {
	case d.has&hasDay == 0:
		return ""
	case s.word(before, isGuess), s.word(before, isOn) && s.word(before-1, isGuess), s.word(d.j, isGuess) && (s.at(d.j+1).kind == kindPunct || behind.to-behind.from == len("ish")):
		return doubtHalf
	case s.word(before, isOpen), s.word(before, isFrom) && onwards[s.lower(behind)]:
		return doubtVague
	case s.word(d.j, isOr) && s.word(d.j+1, isElse) && !d.by:
		return doubtTwo
	}
	return ""
}

// onwards are the words that leave open until when: from friday on.
var onwards = map[string]bool{"on": true, "onward": true, "onwards": true}

// onStreet tells a day by which a street is called: rue du 11 novembre, 4th of July st.
func (s *scan) onStreet(d *said) bool {
	i := d.i - 1
	for s.word(i, isThe|isOf|isOn) && !s.word(i, isStreet) {
		i--
	}
	keyword := i == 0 && s.at(0).to-s.at(0).from == 1 && !s.at(1).isSign("/") // C martes, not C/ Mayor
	return s.word(i, isStreet) && !keyword || s.lex.code == "en" && d.has&hasDate != 0 && (s.lower(s.at(d.j)) == "street" || s.lower(s.at(d.j)) == "st" || s.lower(s.at(d.j)) == "avenue")
}

// isName tells what stands behind a title, with or without a point.
func (s *scan) isName(i int) bool {
	if s.at(i - 1).isSign(".") {
		i--
	}
	return titles[s.lower(s.at(i-1))]
}

// owner tells that an atom says which appointment: my friday appointment, mi cita del viernes, the 3pm slot.
func (s *scan) owner(d *said) {
	next := s.at(d.j)
	i := d.i - 1
	thing := next.kind == kindNone && (next.is == 0 || next.is&isMeet != 0)
	switch {
	case s.word(i, isMy) && thing, s.word(i, isThe) && !s.word(i, isOn) && next.does(isMeet):
		d.belongs = true
	case s.lex.code != "en" && (s.word(i, isOf) || s.lex.code == "de" && s.word(i, isFrom)) && !s.word(i, isBetween) && s.at(i-1).kind == kindNone && i > 0 && (s.at(i-1).is == 0 || s.at(i-1).is&isMeet != 0):
		d.belongs = true
	case s.word(i, isFrom|isOf) && dated[s.lastWord(i-1)]:
		d.belongs = true
	}
}

// lastWord is the last one of an item, which may be a phrase.
func (s *scan) lastWord(i int) string {
	words := s.lower(s.at(i))
	return words[strings.LastIndexByte(words, ' ')+1:]
}

// dated are what a day tells from others of its kind: the invoice from friday.
var dated = map[string]bool{
	"invoice": true, "letter": true, "message": true, "mail": true, "email": true, "statement": true, "bill": true, "receipt": true, "voicemail": true, "note": true, "notes": true,
	"photo": true, "photos": true, "results": true, "result": true, "payment": true, "charge": true, "quote": true, "estimate": true,
	"rechnung": true, "brief": true, "nachricht": true, "facture": true, "lettre": true, "factuur": true, "bericht": true, "fatura": true, "carta": true,
}

// groups joins what stands side by side.
func (s *scan) groups(all []said) (groups []said) {
	for _, d := range all {
		if n := len(groups); n > 0 && s.gap(groups[n-1].j, d.i) && (!d.fixes || groups[n-1].has&d.has == 0) {
			if both, ok := s.join(groups[n-1], d); ok {
				groups[n-1] = both
				continue
			}
		}
		d.parts = []said{d}
		groups = append(groups, d)
	}
	return groups
}

// join makes one of two atoms, if they can be.
func (s *scan) join(a, b said) (said, bool) {
	if a.refused != b.refused && a.clause != b.clause || a.has&b.has&^hasZone != 0 && !a.same(&b) || !a.goesWith(&b, s.lex.code) {
		return a, false
	}
	if a.has&hasClock != 0 && b.has&hasClock != 0 {
		return a, a.clock == b.clock
	}
	sum := a
	sum.take(&b)
	if b.has&hasSpan != 0 && a.has&hasWeekday != 0 || a.has&hasSpan != 0 && b.has&hasWeekday != 0 { // Montag in 14 Tagen
		sum.shift += (a.span.days + b.span.days) / 7
		sum.has &^= hasSpan
	}
	sum.to, sum.j = max(a.to, b.to), b.j
	sum.loose = a.loose && b.loose && (a.has&hasDay != 0) == (b.has&hasDay != 0)
	sum.past, sum.refused, sum.slip = a.past || b.past, a.refused || b.refused, a.slip || b.slip
	sum.mayBePast, sum.belongs, sum.by = a.mayBePast && b.mayBePast, a.belongs || b.belongs, a.by || b.by
	sum.before, sum.bound = a.before || b.before, max(a.bound, b.bound)
	if sum.doubt == "" || b.doubt != "" {
		sum.doubt = b.doubt
		if b.doubt == "" {
			sum.doubt = a.doubt
		}
	}
	whole := a.parts[0]
	whole.to, whole.j, whole.slip = sum.to, sum.j, sum.slip
	sum.parts = []said{whole}
	return sum, true
}

// take copies what b says.
func (d *said) take(b *said) {
	if b.has&hasDate != 0 {
		d.year, d.month, d.day, d.swap, d.eve = b.year, b.month, b.day, b.swap, b.eve
	}
	if b.has&hasFixed != 0 {
		d.fixed = b.fixed
	}
	if b.has&hasWeekday != 0 {
		d.weekday, d.mode, d.shift = b.weekday, b.mode, b.shift
	}
	if b.has&hasDom != 0 {
		d.dom = b.dom
	}
	if b.has&hasWeek != 0 {
		d.week = b.week
	}
	if b.has&hasMonth != 0 {
		d.months = b.months
	}
	if b.has&hasYear != 0 {
		d.years = b.years
	}
	if b.has&hasClock != 0 {
		d.clock, d.exact, d.soft, d.zone, d.zoneName = b.clock, b.exact, b.soft, b.zone, b.zoneName
	}
	if b.has&hasPart != 0 {
		d.part = b.part
	}
	if b.has&hasSpan != 0 {
		d.span = b.span
	}
	d.has |= b.has
}

// same tells that what both say is the same.
func (d *said) same(b *said) bool {
	both := d.has & b.has
	return (both&hasDate == 0 || d.month == b.month && d.day == b.day) && (both&hasFixed == 0 || d.fixed == b.fixed) && (both&hasWeekday == 0 || d.weekday == b.weekday && d.shift == b.shift) &&
		(both&hasDom == 0 || d.dom == b.dom) && both&(hasWeek|hasMonth|hasYear|hasSpan) == 0 && (both&hasClock == 0 || d.clock == b.clock) && (both&hasPart == 0 || d.part == b.part)
}

// goesWith tells that two may be said of one day.
func (d *said) goesWith(b *said, code string) bool {
	switch day := (d.has | b.has) & hasDay; day {
	case hasDate | hasWeekday, hasDate | hasFixed, hasFixed | hasWeekday, hasDom | hasWeekday, hasDom | hasFixed, hasDom | hasMonth, hasWeekday | hasWeek,
		hasDate | hasFixed | hasWeekday, hasDom | hasFixed | hasWeekday, hasDom | hasMonth | hasWeekday:
		return true
	case hasWeekday | hasSpan:
		days := d.span.days + b.span.days
		return code != "en" && days > 0 && (days%7 == 0 || days%7 == 1)
	case hasSpan:
		return d.span.minutes+b.span.minutes == 0
	case hasFixed | hasSpan: // heute in 14 Tagen
		return code != "en" && d.fixed+b.fixed >= 0 && (d.span.minutes+b.span.minutes == 0 || d.fixed+b.fixed == 0)
	default:
		return day&(day-1) == 0 // of one kind, or none
	}
}
