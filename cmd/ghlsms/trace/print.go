package trace

import (
	"fmt"
	"io"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/term"
)

// Print tells the story to a person, in lines that are not too wide.
func (s *Story) Print(w io.Writer, zone *time.Location) error {
	for _, line := range term.Wrap(s.Answer, width) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	if s.Earlier > 0 {
		fmt.Fprintf(w, "(%s before: --limit 0 without --since shows all)\n", term.Count(s.Earlier, "event", "events"))
	}
	if len(s.Events) == 0 {
		_, err := fmt.Fprintln(w, "\nNothing is known to have happened.")
		return err
	}
	ids, whos := 0, len("WHO")
	for _, e := range s.Events {
		ids, whos = max(ids, len(e.ID)), max(whos, len(side(e.Who)))
	}
	words := max(width-len(stamp)-whos-ids-6, 24)
	row := func(at, who, what, id string) {
		line := fmt.Sprintf("%-*s  %-*s  %s", len(stamp), at, whos, who, what)
		if id != "" {
			line += strings.Repeat(" ", words-term.Width(what)) + "  " + id
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(w)
	row("WHEN", "WHO", "WHAT, AND WHY", "ID")
	for _, e := range s.Events {
		lines := term.Wrap(e.What, words)
		for _, line := range term.Wrap(e.Why, words-2) {
			lines = append(lines, "  "+line)
		}
		row(e.At.In(zone).Format(stamp), side(e.Who), lines[0], e.ID)
		for _, line := range lines[1:] {
			row("", "", line, "")
		}
	}
	fmt.Fprintln(w)
	last := "Times are those of " + zone.String() + ". " + strings.Join(s.NotKept, " ")
	for _, line := range term.Wrap(last, width) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// width is that of the narrowest terminal that people use.
const width = 80

const stamp = "2006-01-02 15:04"

func side(who string) string {
	if who == theCRM {
		return "CRM"
	}
	return who
}
