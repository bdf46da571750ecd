package sync

import (
	"fmt"
	"strings"
	"time"

	"ghlsms/store"
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

func replyTaskMade(title string) string {
	return fmt.Sprintf("Noted: %q. Reply TASKS to see what is open.", title)
}

func replyTaskDone(title string) string { return fmt.Sprintf("Done: %q.", title) }

// replyTasks lists open tasks, and how many more there are.
func replyTasks(tasks []store.Record, more int, zone *time.Location) string {
	if len(tasks) == 0 {
		return "Nothing is open."
	}
	var b strings.Builder
	for i, t := range tasks {
		fmt.Fprintf(&b, "%d. %s", i+1, shorten(t.Get(store.Title), 40))
		if due := t.Time(store.Due); !due.IsZero() {
			fmt.Fprintf(&b, " (%s)", due.In(zone).Format(dateForm))
		}
		b.WriteByte('\n')
	}
	if more > 0 {
		fmt.Fprintf(&b, "and %d more.\n", more)
	}
	return b.String() + "Reply DONE and a number."
}

const (
	replyHelp          = "Reply C to confirm or X to cancel your next appointment, TASK and a few words to leave a task, TASKS to list them, STOP to end texts."
	replyWhichTask     = "Which one? Reply TASKS for the list, then DONE and a number."
	replyWhatTask      = "What should we note? Reply TASK and a few words."
	replyNoAppointment = "We find no coming appointment for this number."
	replyNotKnown      = "We do not know this number yet. Please reply with your name and email."
	replyUpdated       = "Thanks, we updated your details."
)

func replyConfirmed(when string) string {
	return fmt.Sprintf("Thanks, your appointment on %s is confirmed.", when)
}

func replyCancelled(when string) string {
	return fmt.Sprintf("Your appointment on %s is cancelled. Call us for a new one.", when)
}

// as says who speaks, which the law wants of opt-out and help texts.
func as(business, text string) string {
	if business == "" {
		return text
	}
	return business + ": " + text
}
