package alarm

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"

	"ghlsms/cmd/ghlsms/term"
)

// most is how many troubles a message for people lists; of the rest it tells the number.
const most = 10

// subject is a message in a line.
func subject(location string, now time.Time, all []Trouble) string {
	s := "[ghlsms] "
	if location != "" {
		s += location + ": "
	}
	return s + headline(now, all)
}

// headline is what a message is about.
func headline(now time.Time, all []Trouble) string {
	if len(all) != 1 {
		return summary(all)
	}
	t := all[0]
	what := lowered(strings.TrimRight(t.What, ". "))
	switch t.News {
	case GetsWorse:
		return fmt.Sprintf("worse: %s (%s, for %s)", what, t.Severity, span(now.Sub(t.Since)))
	case Grows:
		return fmt.Sprintf("more: %s (%s, for %s)", what, t.Severity, span(now.Sub(t.Since)))
	case ComesBack:
		return fmt.Sprintf("again: %s (%s)", what, t.Severity)
	case Acknowledged:
		return fmt.Sprintf("acknowledged by %s: %s", cmp.Or(t.AckedBy, "somebody"), what)
	}
	switch t.State {
	case GoesOn:
		return fmt.Sprintf("still %s (%s, for %s)", what, t.Severity, span(now.Sub(t.Since)))
	case IsOver:
		return "over: " + what
	default:
		return fmt.Sprintf("%s (%s)", what, t.Severity)
	}
}

// summary counts troubles by their state.
func summary(all []Trouble) string {
	count, urgent := map[string]int{}, 0
	for _, t := range all {
		count[t.stage()]++
		if t.urgent() && t.State != IsOver {
			urgent++
		}
	}
	var parts []string
	for _, one := range []struct {
		stage      string
		one, other string
	}{
		{string(Begins), "trouble begins", "troubles begin"}, {string(ComesBack), "comes back", "come back"}, {string(GetsWorse), "gets worse", "get worse"},
		{string(Grows), "grows", "grow"}, {string(GoesOn), "goes on", "go on"}, {string(Acknowledged), "is acknowledged", "are acknowledged"}, {string(IsOver), "is over", "are over"},
	} {
		if n := count[one.stage]; n > 0 {
			parts = append(parts, term.Count(n, one.one, one.other))
		}
	}
	s := strings.Join(parts, ", ")
	if urgent > 0 {
		s += fmt.Sprintf(" (%d urgent)", urgent)
	}
	return s
}

// stage says in a word or two where a trouble is.
func (t Trouble) stage() string { return cmp.Or(string(t.News), string(t.State)) }

// history is a sentence on how often it came back, and one on who knows of it.
func (t Trouble) history(now time.Time) (said []string) {
	until := now
	if !t.Ended.IsZero() {
		until = t.Ended
	}
	if t.Returns > 0 {
		said = append(said, fmt.Sprintf("It came back %s in %s.", term.Count(t.Returns, "time", "times"), span(until.Sub(t.Since))))
	}
	if t.AckedBy != "" {
		why := ""
		if t.AckedWhy != "" {
			why = ": " + t.AckedWhy
		}
		said = append(said, "Acknowledged by "+t.AckedBy+why+".")
	}
	return said
}

// lowered begins a sentence in the middle of a line, unless its first word is written in a way of its own.
func lowered(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if r := []rune(word); len(r) < 2 || strings.ContainsFunc(string(r[1:]), func(c rune) bool { return !unicode.IsLower(c) && c != ',' && c != '\'' }) {
		return s
	}
	r := []rune(s)
	r[0] = unicode.ToLower(r[0])
	return string(r)
}

// body tells all of it, worst first. A way that takes no more than limit bytes (0: any number) is told of fewer
// troubles. With width, lines are wrapped there.
func body(now time.Time, all []Trouble, width, limit int) string {
	listed := min(len(all), most)
	for {
		s := list(now, all, listed, width)
		if limit == 0 || len(s) <= limit {
			return s
		}
		if listed == 1 {
			return strings.ToValidUTF8(s[:limit-len("…")], "") + "…"
		}
		listed--
	}
}

func list(now time.Time, all []Trouble, listed, width int) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if width > 0 {
			text = strings.Join(term.Wrap(text, width), "\n")
		}
		b.WriteString(text + "\n")
	}
	for i, t := range all[:listed] {
		if i > 0 {
			b.WriteByte('\n')
		}
		what := strings.TrimRight(t.What, ". ") + "."
		if len(all) > 1 {
			stage := t.stage()
			what = strings.ToUpper(stage[:1]) + stage[1:] + ", " + t.Severity + ": " + what
		}
		line("%s", what)
		if t.State == IsOver {
			line("From %s to %s, %s.", clock(now, t.Since), clock(now, t.Ended), span(t.Ended.Sub(t.Since)))
			for _, said := range t.history(now) {
				line("%s", said)
			}
		} else {
			line("Since %s, %s.", clock(now, t.Since), span(now.Sub(t.Since)))
			for _, said := range t.history(now) {
				line("%s", said)
			}
			if t.Cost != "" {
				line("What it costs: %s", t.Cost)
			}
			if t.Remedy != "" {
				line("What to do: %s", t.Remedy)
			}
		}
		if t.Details != "" {
			for l := range strings.Lines(t.Details) {
				line("%s", strings.TrimRight(l, "\n"))
			}
		}
	}
	if rest := len(all) - listed; rest > 0 {
		b.WriteByte('\n')
		line("and %d more", rest)
	}
	return b.String()
}

// clock is a moment by the clock of the zone of now.
func clock(now, t time.Time) string {
	t = t.In(now.Location())
	if t.Year() != now.Year() {
		return t.Format("Mon 2 Jan 2006 15:04 MST")
	}
	return t.Format("Mon 2 Jan 15:04 MST")
}

// span is how long something lasts, roughly.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return term.Count(int(d/time.Minute), "minute", "minutes")
	case d < 48*time.Hour:
		return term.Count(int(d/time.Hour), "hour", "hours")
	}
	return term.Count(int(d/(24*time.Hour)), "day", "days")
}
