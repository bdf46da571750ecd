package sms

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
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
)

// Command is what [ParseCommand] understood.
type Command struct {
	Verb Verb
	// Arg is the rest of a TASK or DONE text as the sender wrote it; empty if nothing follows
	// or if N holds it.
	Arg string
	// N is the number after DONE, 1 to 9999, else 0.
	N         int
	Who, What string
	// MaybeStop comes with VerbNone only: the text contains an opt-out word but reads like
	// something else ("stop by at 5?"). A person must look at it, and until then nothing
	// should be sent to its sender.
	MaybeStop bool
	// Reaction comes with VerbNone: the text is a phone's report that somebody liked, laughed at
	// or otherwise marked a text, and quotes it.
	Reaction bool
	// Loose comes with VerbConfirm and VerbCancel: the text is an everyday word (OK, NO, SURE)
	// and an answer only if something was asked.
	Loose bool
	// Yes comes with VerbConfirm: the text is the word YES, which by custom also opts in
	// again a person who has opted out. From anybody else it is an answer.
	Yes bool
}

// ParseCommand tells what a text asks for. It is total: every text has an answer, and case,
// accents, surrounding space, punctuation and emoji make no difference to it.
//
// A text that is one of the opt-out words the carriers and the FCC name (STOP, STOPALL,
// UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPT OUT, REMOVE, ARRET), alone, politely wrapped, on
// a line of its own before a signature, or said as a plain sentence ("don't text me anymore"),
// is always VerbStop. The bare word CANCEL is one of them by law; cancelling an appointment
// takes X, NO or a sentence that names the appointment.
//
// A phone's report of a reaction (Liked “Reply STOP to opt out”) quotes us, and is VerbNone.
func ParseCommand(text string) Command {
	text = Clean(text)
	if strings.HasPrefix(strings.ToUpper(text), "BEGIN:VCARD") {
		return Command{} // its END is no opt-out
	}
	if isReaction(text) {
		return Command{Reaction: true}
	}
	said := fold(text)
	if isStop(said) || unambiguousStop[fold(firstLine(text))] {
		return Command{Verb: VerbStop}
	}
	words := polite(said)
	if verb, ok := wholeTexts[words]; ok {
		return Command{Verb: verb, Yes: words == "yes", Loose: slices.Contains(everyday, words)}
	}
	if cancelVisit.MatchString(withoutOpening(words)) {
		return Command{Verb: VerbCancel}
	}
	if c, ok := parseTask(text); ok {
		return c
	}
	if c, ok := parseDone(text); ok {
		return c
	}
	return Command{MaybeStop: maybeStop(said)}
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
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '`' || isJoiner(r):
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

// Phones without tapbacks get them as text. Both kinds of quotes are seen.
var reaction = regexp.MustCompile(`^(?:(?:Liked|Loved|Disliked|Laughed at|Emphasized|Emphasised|Questioned) [“"«]` +
	`|(?:Reacted )?\S{1,24} to [“"«]|Removed an? \pL+ from [“"«])`)

func isReaction(text string) bool { return reaction.MatchString(text) }

// wholeTexts are the texts that ask for something when they say nothing else. The opt-out
// words are not here: isStop has seen the text before.
var wholeTexts = verbs(map[Verb]string{
	VerbStart:   "start,unstop,opt in,optin,opt me in,opt me back in,opt back in,start again",
	VerbHelp:    "help,info,help me,information",
	VerbConfirm: "c,y,yes,ok,okay,confirm,confirmed,confirming,i confirm,yes confirm,yes i confirm,yes confirmed,c confirm,yep,yeah,yup,yes i will be there,yes ill be there,ill be there,i will be there",
	VerbCancel:  "x,n,no,nope,x cancel",
	VerbTasks:   "tasks,list,task list,list tasks,my tasks,show tasks,list my tasks,show my tasks",
	VerbTask:    "task",
	VerbDone:    "done",
})

// everyday are those of them that people also say when nobody asked.
var everyday = []string{"y", "ok", "okay", "yep", "yeah", "yup", "n", "no", "nope"}

func verbs(m map[Verb]string) map[string]Verb {
	out := make(map[string]Verb)
	for verb, texts := range m {
		for text := range strings.SplitSeq(texts, ",") {
			out[text] = verb
		}
	}
	return out
}

var cancelVisit = regexp.MustCompile(`^(?:cancel|cancelling|canceling)(?: (?:my|the|our|this|that|todays|tomorrows|next|upcoming|` +
	`monday|tuesday|wednesday|thursday|friday|saturday|sunday|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays))*` +
	` (?:appointments?|appts?|apts?|appt|bookings?|reservations?|visits?|sessions?|meetings?)` +
	`(?: (?:for|on|at|today|tomorrow|tonight|this|next|week|morning|afternoon|evening|noon|monday|tuesday|wednesday|thursday|friday|saturday|sunday|[0-9]{1,2}|[0-9]{1,2}[ap]m|[ap]m))*$`)

var taskText = regexp.MustCompile(`(?is)^[^\pL\pN]*task(?:[^\pL\pN]+(.*))?$`)

func parseTask(text string) (Command, bool) {
	m := taskText.FindStringSubmatchIndex(text)
	if m == nil {
		return Command{}, false
	}
	return Command{Verb: VerbTask, Arg: rest(text, "task")}, true
}

// rest is what follows the keyword, without the punctuation that joins them.
func rest(text, keyword string) string {
	i := strings.Index(strings.ToLower(text), keyword)
	if i < 0 || i+len(keyword) > len(text) {
		return ""
	}
	return strings.TrimSpace(strings.TrimLeft(text[i+len(keyword):], " \t\n\u00a0:;,.-–—=>*!"))
}

var (
	doneText   = regexp.MustCompile(`(?is)^[^\pL\pN]*done(?:[^\pL\pN].*)?$`)
	doneNumber = regexp.MustCompile(`^#? *([0-9]{1,4})[^\pL\pN]*$`)
)

func parseDone(text string) (Command, bool) {
	if !doneText.MatchString(text) {
		return Command{}, false
	}
	arg := rest(text, "done")
	if polite(fold(arg)) == "" {
		return Command{Verb: VerbDone}, true
	}
	if m := doneNumber.FindStringSubmatch(arg); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
			return Command{Verb: VerbDone, N: n}, true
		}
	}
	return Command{Verb: VerbDone, Arg: arg}, true
}
