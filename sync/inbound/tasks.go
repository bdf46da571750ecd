package inbound

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Texts about tasks and notes.

const (

	// dayEnds is the hour at which a task is due of which only the day is named.
	dayEnds = 17

	// mostTasks is how many tasks one list names.
	mostTasks = 9
)

func (d *Decision) newTask(c Case, r *Config, w wording.World) {
	words := c.Meaning.Command.Arg
	if c.Staff != nil && c.Meaning.Command.Who != "" {
		words = c.Meaning.Command.What
	}
	switch {
	case c.Contact == nil && c.Staff != nil:
		d.say("asked back", "a task of staff that names nobody", replyWhom)
		return
	case c.Contact == nil:
		d.say("unknown sender", "a task needs a contact", replyNotKnown)
		return
	case words == "":
		d.say("asked back", "a task without words", replyWhatTask)
		return
	}
	title, due, understood, unclear := dueOf(&c, words, r, w)
	body := "Asked for by text."
	if c.Staff != nil && c.Meaning.Command.Who != "" {
		body = "Asked for by " + c.Staff.Name + ", by text."
	}
	if words != title {
		body += "\n" + words
	}
	local, said := due.In(c.zone(w)), c.Text.ReceivedAt.In(c.zone(w))
	switch {
	case unclear != "":
		body += "\nWhen it is due is not clear: " + unclear + "."
	case understood != "" && local.Year() != said.Year():
		body += "\nDue " + wording.WhenFrom(local, said) + "."
	}
	d.NewTasks = []store.Fields{record.NewTask(title, body, due, "")}
	d.NewNumber = freeNumber(c.Numbers)
	reason := "asked for a task" + understood
	if unclear != "" {
		reason += "; when is not clear: " + unclear
	}
	dueAt := ""
	if understood != "" {
		dueAt = wording.WhenFrom(local, said)
	}
	d.say(TaskCreated, reason, replyTaskMade(d.NewNumber, record.Shorten(title, 80), dueAt, unclear != ""))
}

// dueOf finds the time that a task names, on the sender's clock. understood says what was found, for the
// reason; unclear, what looks like a time and why it is not taken for one. The title keeps all words then.
func dueOf(c *Case, words string, r *Config, w wording.World) (title string, due time.Time, understood, unclear string) {
	at, found := r.Words.Dates().Find(words, c.Text.ReceivedAt.In(c.zone(w)), w.Region)
	if !found || at.Roughly {
		switch {
		case found:
			unclear = fmt.Sprintf("%q: it names no one day", at.Phrase)
		case at.Unclear():
			unclear = fmt.Sprintf("%q: %s", at.Phrase, at.Doubt)
		}
		return record.Shorten(words, record.TitleLength), c.Text.ReceivedAt.Add(record.TaskTime), "", unclear
	}
	title, due = record.Shorten(at.Rest, record.TitleLength), at.At
	if title == "" {
		title = record.Shorten(words, record.TitleLength)
	}
	if !at.HasTime {
		if end := time.Date(due.Year(), due.Month(), due.Day(), dayEnds, 0, 0, 0, due.Location()); end.After(c.Text.ReceivedAt) {
			due = end
		}
	}
	understood = fmt.Sprintf("; %q is %s", at.Phrase, wording.WhenFrom(due, c.Text.ReceivedAt.In(c.zone(w))))
	if at.Ambiguous {
		understood += ", though it can be read in another way"
	}
	return title, due, understood, ""
}

// staffTask leaves something to people.
func (d *Decision) staffTask(c Case, title string) {
	d.NewTasks = append(d.NewTasks, record.NewTask(title, c.Text.Body, c.Text.ReceivedAt.Add(record.TaskTime), ""))
}

// freeNumber is the smallest number that stands for no task.
func freeNumber(numbers map[int]int64) int {
	for n := 1; ; n++ {
		if _, taken := numbers[n]; !taken {
			return n
		}
	}
}

func (d *Decision) listTasks(c Case, w wording.World) {
	if c.Contact == nil && c.Staff == nil {
		d.say("unknown sender", "tasks belong to contacts", replyNotKnown)
		return
	}
	shown := c.Tasks[:min(len(c.Tasks), mostTasks)]
	d.Numbers = numbersFor(shown, c.Numbers)
	d.say(tasksListed, fmt.Sprintf("%d are open", len(c.Tasks)), replyTasks(shown, d.Numbers, len(c.Tasks)-len(shown), c.Text.ReceivedAt.In(c.zone(w))))
}

// numbersFor gives each task the number it had, or else the next one that stands for nothing.
func numbersFor(tasks []store.Record, had map[int]int64) map[int]int64 {
	taken := map[int]int64{}
	maps.Copy(taken, had)
	numbers := map[int]int64{}
	for i := range tasks {
		n := numberOf(had, tasks[i].ID)
		if n == 0 {
			n = freeNumber(taken)
			taken[n] = tasks[i].ID
		}
		numbers[n] = tasks[i].ID
	}
	return numbers
}

// numberOf is the smallest number under which a task was told; 0: none.
func numberOf(numbers map[int]int64, task int64) (number int) {
	for n, id := range numbers {
		if id == task && (number == 0 || n < number) {
			number = n
		}
	}
	return number
}

func (d *Decision) doneTask(c Case, r *Config, w wording.World) {
	if c.Contact == nil && c.Staff == nil {
		d.say("unknown sender", "tasks belong to contacts", replyNotKnown)
		return
	}
	cmd := c.Meaning.Command
	if c.Staff != nil && cmd.Who != "" {
		cmd.Arg = cmd.What
	}
	found := namedTasks(c, cmd)
	switch {
	case len(found) == 0 && cmd.N == 0 && cmd.Arg != "" && cmd.Who == "":
		d.talk(c, r, w) // "done with my treatment, thank you"
	case len(found) != 1:
		d.say("asked back", "it is not clear which task is done", replyWhichTask)
	default:
		t := found[0]
		d.Task, d.TaskEdits = t.ID, store.Fields{store.Completed: "true"}
		d.say("task completed", t.Get(store.Title), replyTaskDone(record.Shorten(t.Get(store.Title), 80)))
	}
}

// namedTasks are the open tasks a DONE may mean: the one under the number last told, the one
// with that title, or those with these words in it; without either, all.
func namedTasks(c Case, cmd parse.Command) (found []*store.Record) {
	if cmd.N > 0 {
		if t := record.ByID(c.Tasks, c.Numbers[cmd.N]); t != nil {
			found = append(found, t)
		}
		return found
	}
	words := strings.ToLower(strings.TrimRight(cmd.Arg, ".!? "))
	for i := range c.Tasks {
		t := &c.Tasks[i]
		title := strings.ToLower(t.Get(store.Title))
		switch {
		case words != "" && title == words:
			return []*store.Record{t}
		case strings.Contains(title, words):
			found = append(found, t)
		}
	}
	return found
}

// note keeps words as a note on the contact.
func (d *Decision) note(c Case, r *Config, w wording.World) {
	switch {
	case c.Contact == nil && c.Staff != nil:
		d.say("asked back", "a note of staff that names nobody", replyWhom)
	case c.Staff != nil && c.Meaning.Command.Who != "":
		d.Note = "Note by " + c.Staff.Name + ", by text:\n" + c.Meaning.Command.What
		d.say("noted", "a note of staff", replyNoted)
	case c.Contact == nil, c.Meaning.Command.Arg == "":
		d.talk(c, r, w)
	default:
		d.Note = noteOf(c)
		d.say("noted", "asked for a note", replyNoted)
	}
}

// noteOf is the note that keeps a text.
func noteOf(c Case) string { return "Text from " + c.Text.Sender + ":\n" + c.Text.Body }

// undo takes back what the sender's last text did, as far as nobody changed it since.
func (d *Decision) undo(c Case, r *Config) {
	var kept []string
	for _, did := range c.Last {
		switch {
		case did.Record == nil, !did.Record.GoneAt.IsZero():
			kept = append(kept, fmt.Sprintf("the %s is gone", did.Entity))
		case did.Entity == store.Appointment && !did.Record.Time(store.Start).After(c.Now):
			kept = append(kept, "the appointment has begun")
		case r.ReadOnly[did.Entity]:
			kept = append(kept, fmt.Sprintf("%ss are not written to the CRM", did.Entity))
		case !did.Made && slices.ContainsFunc(did.After.Names(), func(f string) bool { return did.Record.Get(f) != did.After[f] }):
			kept = append(kept, fmt.Sprintf("the %s was changed since", did.Entity))
		default:
			d.TakeBack = append(d.TakeBack, did)
		}
	}
	switch {
	case len(c.Last) == 0:
		d.say("nothing to undo", "no text of the last day did anything that could be taken back", replyNothingToUndo)
	case len(d.TakeBack) == 0:
		d.say("not undone", strings.Join(kept, ", "), replyCannotUndo)
	default:
		d.say("undone", fmt.Sprintf("took back what text %d did", c.LastText), replyUndone)
		if len(kept) > 0 {
			d.Reason += ", but " + strings.Join(kept, ", ")
		}
	}
}
