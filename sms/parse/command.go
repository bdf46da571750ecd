package parse

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"ghlsms/sms"
)

// A Verb is what a text asks for. The zero value is [VerbNone].
type Verb string

// The verbs. Stop wins over all others.
const (
	VerbNone    Verb = ""        // an ordinary text, for a person to read
	VerbStop    Verb = "stop"    // opt out of everything: STOP, CANCEL, "please stop texting me"
	VerbStart   Verb = "start"   // opt in again: START, UNSTOP, "opt in"
	VerbHelp    Verb = "help"    // HELP, INFO
	VerbConfirm Verb = "confirm" // C, YES, OK, CONFIRM; see Command.Yes
	VerbCancel  Verb = "cancel"  // X, NO, "cancel my appointment"; never the bare word CANCEL
	VerbTask    Verb = "task"    // TASK <what>: a new task, Arg says what, in the sender's words
	VerbTasks   Verb = "tasks"   // TASKS, LIST
	VerbDone    Verb = "done"    // DONE, DONE 2, DONE <words>
	VerbMove    Verb = "move"    // R, RESCHEDULE, "can I move my appointment to friday?"; Arg is the new time if one is said
	VerbNext    Verb = "next"    // NEXT, "when is my appointment?"
	VerbNote    Verb = "note"    // NOTE <text>
	VerbUndo    Verb = "undo"    // UNDO, "undo that"
	VerbChoice  Verb = "choice"  // a bare number, 0 to 99, in N: "2", "#2", "option 2"
	VerbWho     Verb = "who"     // WHO <name or number>, from staff only
)

// Command is what [Words.Command] and [Words.StaffCommand] understood.
type Command struct {
	Verb Verb
	// Arg is the rest of a TASK, NOTE or DONE text, or the new time of a moved visit, as the sender
	// wrote it; empty if nothing follows or if N holds it.
	Arg string
	// N is the number after DONE, 1 to 9999, or a choice, 0 to 99; else 0.
	N int
	// Who comes from [Words.StaffCommand] only: whom the text is about, a name or a number as written.
	// What is the rest behind it; Arg holds both, for a Who that turns out to be nobody.
	Who, What string
	// MaybeStop comes with VerbNone only: the text contains an opt-out word but reads like
	// something else ("stop by at 5?"). A person must look at it, and until then nothing
	// should be sent to its sender.
	MaybeStop bool
	// Maybe comes with VerbNone only: the text speaks of confirming, cancelling or moving a visit, in words that are not
	// all understood. With MaybeStop it is about a visit only if there is one.
	Maybe Verb
	// Reaction comes with VerbNone: the text is a phone's report that somebody liked, laughed at
	// or otherwise marked a text, and quotes it.
	Reaction bool
	// Loose comes with VerbConfirm and VerbCancel: the text is an everyday word or sign (OK, NO, SURE, 👍)
	// and an answer only if something was asked.
	Loose bool
	// Yes comes with VerbConfirm: the text is the word YES, which by custom also opts in
	// again a person who has opted out. From anybody else it is an answer.
	Yes bool
}

// Command tells what a text asks for. It is total: every text has an answer, and case,
// accents, surrounding space, punctuation and emoji make no difference to it.
//
// A text that is one of the opt-out words the carriers and the FCC name (STOP, STOPALL,
// UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPT OUT, REMOVE, ARRET) or one of those used in other
// languages (ALTO, ABMELDEN, SAIR), alone, politely wrapped, on a first or last line of its own,
// or said as a plain sentence ("don't text me anymore"), is always VerbStop. The bare
// word CANCEL is one of them by law; cancelling an appointment takes X, NO or a sentence that
// names the appointment.
//
// A phone's report of a reaction (Liked “Reply STOP to opt out”) quotes us, and is VerbNone.
func (w *Words) Command(text string) Command {
	w, text = w.orEnglish(), sms.Clean(text)
	if strings.HasPrefix(strings.ToUpper(text), "BEGIN:VCARD") {
		return Command{} // its END is no opt-out
	}
	if isReaction(text) {
		return Command{Reaction: true}
	}
	all := fold(text)
	text = withoutDevice(text)
	said := fold(withoutSignOff(text))
	if w.optsOut(text, said) || w.optsOut(text, all) {
		return Command{Verb: VerbStop}
	}
	if said == "" && thumbsUp().MatchString(text) {
		return Command{Verb: VerbConfirm, Loose: true}
	}
	words := w.polite(said)
	if verb, ok := w.whole[words]; ok {
		if unsure(text, verb) {
			return Command{Maybe: verb, Loose: w.everyday[words] || w.yes[words]}
		}
		return Command{Verb: verb, Yes: verb == VerbConfirm && w.yes[words], Loose: w.everyday[words]}
	}
	if verb := w.datedVerb(text, words); verb == VerbMove {
		return Command{Verb: verb, Arg: text}
	} else if unsure(text, verb) {
		return Command{Maybe: verb}
	} else if verb != VerbNone {
		return Command{Verb: verb}
	}
	if verb := w.visitVerb(text, words); verb == VerbMove {
		return Command{Verb: verb, Arg: newTime(text)}
	} else if verb != VerbNone {
		return Command{Verb: verb}
	}
	if n, ok := choice(text, words); ok {
		return Command{Verb: VerbChoice, N: n}
	}
	if verb, rest, ok := keyword(text, w.leading); ok {
		if verb == VerbDone {
			return w.done(rest)
		}
		return Command{Verb: verb, Arg: rest}
	}
	if about := w.saysCancel(text, all); about != cancelsNothing {
		return Command{Maybe: VerbCancel, MaybeStop: about == cancelsDay}
	}
	if maybeStop(all) {
		return Command{MaybeStop: true}
	}
	return w.begins(text, words)
}

// begins finds what a text may ask for that begins with a keyword and names a day, among words that are not understood: X
// friday, sorry, kid is sick.
func (w *Words) begins(text, said string) Command {
	first, _, _ := strings.Cut(said, " ")
	verb := w.whole[first]
	if verb != VerbConfirm && verb != VerbCancel && (verb != VerbMove || len(first) > 2) || !w.namesDay(text) { // people move couches too
		return Command{}
	}
	return Command{Maybe: verb, Loose: w.everyday[first] || w.yes[first]}
}

func (w *Words) namesDay(text string) bool { return w.Dates().Mask(text, dateWord, ownerWord) != "" }

func (w *Words) optsOut(text, said string) bool {
	switch {
	case isStop(said), unambiguousStop[fold(firstLine(text))], unambiguousStop[fold(lastLine(text))], w.own[said], w.own[w.polite(said)]:
		return true
	}
	_, _, ordered := keyword(text, w.leading) // "TASK: tell Bob. Remove my number from his file"
	return !ordered && saysStop(text)
}

// fold reduces a text to its words: compatibility forms and accents undone, lower case,
// apostrophes dropped, everything else that is no letter or digit a single space. Letters
// spelt out (S.T.O.P) become a word.
func fold(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKD.String(text)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '`' || sms.IsJoiner(r):
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	if len(words) > 2 && spelt(words) {
		return strings.Join(words, "")
	}
	return strings.Join(words, " ")
}

func spelt(words []string) bool {
	for _, w := range words {
		if len(w) != 1 {
			return false
		}
	}
	return true
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func lastLine(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }

// Signs that say no, and those that ask or say an hour, which no words do.
var (
	refusing  = sms.Pattern(`[👎❌🚫✖❎🙅⛔]`)
	wondering = sms.Pattern(`[?¿❓❔⁉🤔🤷\x{20E3}\x{1F550}-\x{1F567}]`)
)

// unsure tells that beside an answer to a reminder stands what makes it none: C friday?, C 👎.
func unsure(text string, verb Verb) bool {
	switch verb {
	case VerbConfirm:
		return wondering().MatchString(text) || refusing().MatchString(text)
	case VerbCancel:
		return wondering().MatchString(text)
	default:
		return false
	}
}

// thumbsUp is a text of signs that say yes.
var thumbsUp = sms.Pattern(`^[👍👌✅✔☑🆗][👍👌✅✔☑🆗\x{1F3FB}-\x{1F3FF}\x{FE0F}\s!]*$`)

// Phones without tapbacks get them as text. Both kinds of quotes are seen.
var reaction = sms.Pattern(`^(?:(?:Liked|Loved|Disliked|Laughed at|Emphasized|Emphasised|Questioned) [“"«]` +
	`|(?:Reacted )?\S{1,24} to [“"«]|Removed an? \pL+ from [“"«])`)

func isReaction(text string) bool { return reaction().MatchString(text) }

// keyword takes a keyword off the front of a text. The rest is what follows, as written, without
// the punctuation that joins them.
func keyword(text string, keys map[string]Verb) (verb Verb, rest string, ok bool) {
	end := 0
	for range mostKeywords {
		start := strings.IndexFunc(text[end:], inWord)
		if start < 0 {
			break
		}
		n := strings.IndexFunc(text[end+start:], func(r rune) bool { return !inWord(r) })
		if n < 0 {
			n = len(text) - end - start
		}
		end += start + n
		if v, found := keys[fold(text[:end])]; found {
			verb, rest, ok = v, strings.TrimSpace(strings.TrimLeft(text[end:], joining)), true
		}
	}
	return verb, rest, ok
}

const joining = " \t\n\u00a0:;,.-–—=>*!"

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

var doneNumber = sms.Pattern(`^#? *([0-9]{1,4})[^\pL\pN]*(?:(?i:thanks|thank you|thx|ty|please|pls|gracias|danke|merci|obrigad[oa]|grazie|bedankt)[^\pL\pN]*)?$`)

func (w *Words) done(arg string) Command {
	if w.polite(fold(arg)) == "" {
		return Command{Verb: VerbDone}
	}
	if n := taskNumber(arg); n > 0 {
		return Command{Verb: VerbDone, N: n}
	}
	return Command{Verb: VerbDone, Arg: arg}
}

// taskNumber is the number that is all of a text, 0 if there is none.
func taskNumber(arg string) int {
	m := doneNumber().FindStringSubmatch(arg)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // four digits at most
	return n
}

var choiceText = sms.Pattern(`^(?:(?:option|choice|number|nr|opcion|opcao|opzione|optie|numero|nummer) )?([0-9]{1,2})$`)

// choice reads a bare number. Signs that make it an amount, a time or a date make it none.
func choice(text, words string) (int, bool) {
	m := choiceText().FindStringSubmatch(words)
	if m == nil || strings.ContainsAny(text, "$€£%+/:<>=-°") {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}

var newTimeText = sms.Pattern(`(?is)\b(?:resched\w*|move|change|postpone|rebook|shift|reprogramar|cambiar|mover|reagendar|aplazar|posponer|` +
	`d[ée]placer|reporter|changer|d[ée]caler|reprogrammer|verschieben?|verlegen|umbuchen|remarcar|mudar|alterar|adiar|spostare|sposta|rimandare|cambiare|verzetten|verplaatsen)\b` +
	`.*?\s(?:to|for|on|para|al|pour|au|auf|per|naar)\s+(.+)$`)

// newTime is what follows "to" or "for" in a text that moves a visit.
func newTime(text string) string {
	m := newTimeText().FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.TrimRight(strings.TrimSpace(m[1]), ".!? ")
}
