package sms

import (
	"strconv"
	"strings"
	"time"
)

const (
	VerbMove   Verb = "move"
	VerbNext   Verb = "next"
	VerbNote   Verb = "note"
	VerbUndo   Verb = "undo"
	VerbChoice Verb = "choice"
	VerbWho    Verb = "who"
)

type Words struct{}

type When struct {
	At        time.Time
	HasTime   bool
	Phrase    string
	Rest      string
	Ambiguous bool
}

func (w *Words) Command(text string) Command {
	f := fold(text)
	switch {
	case f == "r" || f == "reschedule":
		return Command{Verb: VerbMove}
	case f == "next":
		return Command{Verb: VerbNext}
	case f == "undo":
		return Command{Verb: VerbUndo}
	case strings.HasPrefix(f, "note "):
		return Command{Verb: VerbNote, Arg: rest(text, "note")}
	}
	if n, err := strconv.Atoi(f); err == nil && n < 100 {
		return Command{Verb: VerbChoice, N: n}
	}
	return ParseCommand(text)
}

func (w *Words) StaffCommand(text string) Command {
	f := fold(text)
	if strings.HasPrefix(f, "who ") {
		return Command{Verb: VerbWho, Who: strings.TrimSpace(text[4:])}
	}
	if strings.HasPrefix(f, "confirm ") {
		return Command{Verb: VerbConfirm, Who: strings.TrimSpace(text[8:])}
	}
	if strings.HasPrefix(f, "x ") {
		return Command{Verb: VerbCancel, Who: strings.TrimSpace(text[2:])}
	}
	c := w.Command(text)
	if who, what, ok := strings.Cut(c.Arg, ":"); ok && (c.Verb == VerbTask || c.Verb == VerbNote) {
		c.Who, c.What = who, strings.TrimSpace(what)
	}
	return c
}

func (w *Words) Details(text, region string) Details { return ParseDetails(text, region) }

func (w *Words) FindWhen(text string, now time.Time, region string) (When, bool) {
	if i := strings.Index(text, "tomorrow"); i >= 0 {
		d := now.AddDate(0, 0, 1)
		return When{At: time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, now.Location()), Phrase: "tomorrow", Rest: strings.TrimSpace(text[:i])}, true
	}
	return When{}, false
}

func AutoReply(text string) bool { return strings.Contains(text, "automated") }

func NewWords(languages []string, own map[Verb][]string) (*Words, error) { return &Words{}, nil }
