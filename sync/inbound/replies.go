package inbound

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// What the daemon answers. Short, so that most fit one part.

func replyStopped(business string) string {
	return as(business, "You are opted out and will get no more texts. Reply START to get them again.")
}

func replyStarted(business string) string {
	return as(business, "You will get our texts again. Reply STOP to end them.")
}

func replyWhoAreYou(business string) string {
	return as(business, "Thanks, we got your text. Please reply with your name and email so that we know who you are.")
}

// replyTaskMade tells the number of a task, and, where its words named a time, what was understood, or that it was not.
func replyTaskMade(number int, title, due string, unclear bool) string {
	switch {
	case due != "":
		return fmt.Sprintf("Noted as %d: %q, due %s. UNDO takes it back.", number, title, due)
	case unclear:
		return fmt.Sprintf("Noted as %d: %q. It is not clear to us when that is. TASKS lists what is open.", number, title)
	}
	return fmt.Sprintf("Noted as %d: %q. TASKS lists what is open.", number, title)
}

func replyTaskDone(title string) string { return fmt.Sprintf("Done: %q.", title) }

// replyTasks lists open tasks by their numbers, and how many more there are.
func replyTasks(tasks []store.Record, numbers map[int]int64, more int, now time.Time) string {
	if len(tasks) == 0 {
		return "Nothing is open."
	}
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		t := record.ByID(tasks, numbers[n])
		fmt.Fprintf(&b, "%d. %s", n, record.Shorten(t.Get(store.Title), 40))
		if due := t.Time(store.Due); !due.IsZero() {
			fmt.Fprintf(&b, " (%s)", wording.DayFrom(due.In(now.Location()), now))
		}
		b.WriteByte('\n')
	}
	if more > 0 {
		fmt.Fprintf(&b, "and %d more.\n", more)
	}
	return b.String() + "Reply DONE and a number."
}

// ReplyChoose lists what can be chosen.
func ReplyChoose(question string, choices []string) string {
	var b strings.Builder
	b.WriteString(question + " Reply\n")
	for i, c := range choices {
		fmt.Fprintf(&b, "%d for %s\n", i+1, c)
	}
	return b.String() + "0 for none."
}

// replyNext tells what is coming up, a line each.
func replyNext(lines []string) string {
	if len(lines) == 1 {
		return "Next: " + lines[0] + "."
	}
	return "Next:\n" + strings.Join(lines, "\n")
}

// The answers that are always the same.
const (
	replyHelp      = "C confirms, X cancels, R moves your next appointment, NEXT shows it, TASK and a few words leave a task, TASKS lists them, STOP ends texts."
	replyStaffHelp = "TASK Jane Doe: call fri 10am, NOTE Jane: ..., CONFIRM Jane, X Jane, R Jane, WHO 0155..., NEXT, TASKS, DONE 2, UNDO. " +
		"A phone number does for a name."
	replyWhichTask     = "Which one? Reply TASKS for the list, then DONE and a number."
	replyWhatTask      = "What should we note? Reply TASK and a few words."
	ReplyNoAppointment = "We find no coming appointment for this number."
	replyNotKnown      = "We do not know this number yet. Please reply with your name and email."
	replyUpdated       = "Thanks, we updated your details."
	replyNoted         = "Noted."
	replyNoChoice      = "That is none of the choices. Reply one of the numbers, or 0 for none."
	replyKept          = "All stays as it is."
	ReplyCallYou       = "We cannot do that by text, but we have your wish and will call you."
	replyLookInto      = "Thanks, we will look into it."
	replyUndone        = "Taken back."
	replyNothingToUndo = "There is nothing to take back."
	replyCannotUndo    = "That cannot be taken back any more. Please call us."
	replyNotUnderstood = "Not understood. Reply HELP for what you can text."
	replyWhom          = "Whom is it for? Write the name and a colon: TASK Jane Doe: call back"
	replyPIN           = "Please begin with your PIN."
	replyNobody        = "No contact fits %q."
	replyTooMany       = "Several contacts fit %q. Write more of the name, or the number."
	replyTooManyTasks  = "That is more than we can note by text today. Please call us."
	ReplySlotTaken     = "That time has just been taken."
)

// replyRename asks whether a contact is to have another name.
func replyRename(known, said string) string {
	return fmt.Sprintf("We know this number as %s. Reply YES to change the name to %s, or NO.", known, said)
}

func replyEmailTaken(email string) string {
	return fmt.Sprintf("Is %s your own address? Reply YES, or the right one.", email)
}

// ReplyAppointment is the answer about an appointment that was confirmed, cancelled or moved. whose is "your" or "the".
func ReplyAppointment(status, whose, when string) string {
	switch status {
	case "cancelled":
		return fmt.Sprintf("%s appointment on %s is cancelled. Reply UNDO if that was a mistake.", upperFirst(whose), when)
	case Moved:
		return fmt.Sprintf("%s appointment is now on %s.", upperFirst(whose), when)
	}
	return fmt.Sprintf("Thanks, %s appointment on %s is confirmed.", whose, when)
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// as prefixes a text with the name of the business, which the law requires of opt-out and help texts.
func as(business, text string) string {
	if business == "" {
		return text
	}
	return business + ": " + text
}
