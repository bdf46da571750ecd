package parse

import (
	"slices"
	"strings"
	"unicode"

	"ghlsms/sms"
)

// StaffCommand is Command for staff, who may say whom a text is about:
//
//	TASK Jane Doe: call back fri 10am      TASK +12025550143 call back      NOTE Jane: prefers mornings
//	DONE Jane: invoice                     TASKS Jane    NEXT Jane    WHO Jane    WHO 0155…
//	CONFIRM Jane                           X Jane        CANCEL Jane  R Jane to friday 3pm
//
// Who is a name of one to four words before a colon (or, where nothing else can follow, all of the
// rest), or a number. CANCEL with a name is no opt-out; an opt-out text as a whole is one for staff too.
func (w *Words) StaffCommand(text string) Command {
	w, text = w.orEnglish(), sms.Clean(text)
	c := w.Command(text)
	switch {
	case c.Reaction || c.Verb == VerbStop || len(text) > maxStaffText:
		return c
	case takesRest(c.Verb):
		return w.about(c)
	case c.Verb != VerbNone:
		return c
	}
	verb, rest, ok := keyword(text, w.staffKeys())
	if !ok || unsure(text, verb) || strings.HasPrefix(strings.ToUpper(text), "BEGIN:VCARD") {
		return c
	}
	who, what, ok := whom(rest, verb == VerbWho)
	if !ok && verb == VerbMove {
		if at := moveTo().FindStringIndex(rest); at != nil && isPerson(rest[:at[0]]) {
			who, what, ok = strings.TrimSpace(rest[:at[0]]), rest[at[1]:], true
		}
	}
	if !ok && verb != VerbWho {
		who, what, ok = w.whomAndWhen(rest)
	}
	if all := strings.TrimRight(rest, ".!? "); !ok && isPerson(all) {
		who, ok = all, true
	}
	switch {
	case ok:
		return Command{Verb: verb, Arg: rest, Who: who, What: what}
	case verb == VerbWho && rest == "":
		return Command{Verb: VerbWho}
	}
	return c
}

// whomAndWhen takes a name off the front of a text that else says only a day or a time: X Leo friday.
func (w *Words) whomAndWhen(text string) (who, what string, ok bool) {
	before, _, dated := strings.Cut(w.Dates().Mask(text, dateWord, ownerWord), dateWord)
	who = strings.TrimSpace(before)
	for {
		name, last, more := cutLast(who)
		if lower := strings.ToLower(last); !more || lower != "from" && !w.joins(lower) {
			break
		}
		who = name
	}
	if _, only := w.withoutDates(text); !dated || !only || !isPerson(who) || !strings.HasPrefix(text, who) {
		return "", "", false
	}
	return who, strings.TrimSpace(text[len(who):]), true
}

// cutLast cuts a text before its last word.
func cutLast(text string) (before, last string, ok bool) {
	i := strings.LastIndexByte(text, ' ')
	if i < 0 {
		return text, "", false
	}
	return strings.TrimSpace(text[:i]), text[i+1:], true
}

const maxStaffText = 4096

var moveTo = sms.Pattern(`(?i)\s+(?:to|for|on)\s+`)

// staffKeys are the keywords behind which staff may name somebody. Everyday words and YES are not
// among them, but CANCEL is.
func (w *Words) staffKeys() map[string]Verb {
	keys := map[string]Verb{"cancel": VerbCancel, "who": VerbWho, "who is": VerbWho, "whos": VerbWho, "reschedule": VerbMove}
	for text, verb := range w.whole {
		about := verb == VerbTasks || verb == VerbNext || verb == VerbConfirm || verb == VerbCancel || verb == VerbMove || verb == VerbWho
		if about && !w.everyday[text] && !w.yes[text] {
			keys[text] = verb
		}
	}
	return keys
}

// about finds whom a TASK, NOTE or DONE is about.
func (w *Words) about(c Command) Command {
	who, what, ok := whom(c.Arg, false)
	if !ok {
		return c
	}
	c.Who, c.What = who, what
	if c.Verb == VerbDone {
		c.N = taskNumber(what)
	}
	return c
}

// whom takes a number off the front of a text, or a name before the first colon. Short numbers
// count where nothing but a person can follow.
func whom(text string, short bool) (who, what string, ok bool) {
	if n := leadingNumber(text, short); n > 0 {
		return strings.TrimRight(strings.TrimSpace(text[:n]), ":,;"), strings.TrimLeft(text[n:], joining), true
	}
	name, rest, found := strings.Cut(text, ":")
	if !found || strings.HasPrefix(rest, "/") || !isPerson(name) {
		return "", "", false
	}
	return strings.TrimSpace(name), strings.TrimSpace(rest), true
}

var numberToken = sms.Pattern(`^\s*[+(]?[0-9][0-9().\-/]*[:,;]?(?:\s|$)`)

// leadingNumber is the length of the telephone number a text begins with, in groups as people write
// it, 0 if there is none.
func leadingNumber(text string, short bool) int {
	end, digits := 0, 0
	for digits < 10 { // a whole number; what follows is something else
		token := numberToken().FindString(text[end:])
		if token == "" {
			break
		}
		end += len(token)
		for _, r := range token {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		if strings.ContainsAny(token, ":,;") {
			break
		}
	}
	if digits >= 7 && digits <= 17 || short && digits >= 3 {
		return end
	}
	return 0
}

// chores are the words a task begins with, and no name does.
var chores = set("ask,tell,fix,remind,check,buy,pay,get,make,do,write,order,book,cancel,move,confirm,todo,note,re,prepare,clean,visit,meet,print,update,add,ship,pick,bring," +
	"week,month,year,day,morning,afternoon,evening,are,was,were,did,does,can,will,am,be,has,have,had,mon,tue,wed,thu,fri,sat,sun,all,list,task,tasks,mine")

// isPerson tells a name of one to four words, in any case.
func isPerson(text string) bool {
	words := strings.Fields(text)
	if len(words) == 0 || len(words) > 4 {
		return false
	}
	return !slices.ContainsFunc(words, func(word string) bool {
		lower := strings.ToLower(strings.TrimRight(word, "."))
		return !isNameShape(word) || notNames[lower] || chores[lower]
	})
}
