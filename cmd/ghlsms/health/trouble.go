package health

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/alarm"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
)

// Trouble is something that is not as people expect; see package trouble.
type Trouble struct {
	ID       string    `json:"id,omitempty"` // empty: found just now
	Kind     string    `json:"kind"`
	About    string    `json:"about,omitempty"`
	Severity string    `json:"severity"`
	What     string    `json:"what"`
	Details  string    `json:"details,omitempty"`
	Cost     string    `json:"cost,omitempty"`
	Remedy   string    `json:"remedy"`
	Since    time.Time `json:"since"`
	Size     int       `json:"size,omitempty"`    // how much it is about
	Returns  int       `json:"returns,omitempty"` // how often it came back
	AckedAt  time.Time `json:"acked_at,omitzero"`
	AckedBy  string    `json:"acked_by,omitempty"`
	AckedWhy string    `json:"acked_why,omitempty"`
	Alarm    string    `json:"alarm,omitempty"` // the id under which it is told
}

// Troubles turns what was found into what is told.
func Troubles(all []store.Trouble) []Trouble {
	shown := []Trouble{}
	for _, t := range all {
		s := Trouble{
			Kind: t.Kind, About: t.About, Severity: string(t.Severity), What: t.What, Details: t.Details, Cost: t.Cost, Remedy: t.Remedy,
			Since: t.Since, Size: t.Size, Returns: t.Returns, AckedAt: t.AckedAt, AckedBy: t.AckedBy, AckedWhy: t.AckedWhy,
		}
		if t.ID != 0 {
			s.ID, s.Alarm = fmt.Sprintf("T%d", t.ID), alarm.ID(t.Kind, t.About, t.Since)
		}
		shown = append(shown, s)
	}
	return shown
}

// Loud tells whether a trouble asks for somebody: it is no notice. That somebody knows of it does not mend it.
func (t Trouble) Loud() bool { return t.Severity != string(store.Notice) }

// Acked says who knows of a trouble, and why it may rest; empty: nobody does.
func (t Trouble) Acked(zone *time.Location) string {
	if t.AckedAt.IsZero() {
		return ""
	}
	said := "acknowledged by " + cmp.Or(t.AckedBy, "somebody") + " on " + Shown(t.AckedAt, zone)
	if t.AckedWhy != "" {
		said += ": " + t.AckedWhy
	}
	return said
}

// Back says how often a trouble came back; empty: it did not.
func (t Trouble) Back(now time.Time) string {
	if t.Returns == 0 {
		return ""
	}
	within := age(now.Sub(t.Since))
	if now.Sub(t.Since) < time.Minute {
		within = "less than a minute"
	}
	return "it came back " + term.Count(t.Returns, "time", "times") + " in " + within
}

// troubleWidth is how wide a line about a trouble is at most.
const troubleWidth = 78

// PrintTroubles writes troubles for a person.
func PrintTroubles(w io.Writer, all []Trouble, now time.Time, zone *time.Location) {
	for _, t := range all {
		head := strings.ToUpper(t.Severity)
		if t.Severity == string(store.Notice) {
			head = "notice"
		}
		since := fmt.Sprintf("since %s (%s)", Shown(t.Since, zone), age(now.Sub(t.Since)))
		wrapped(w, fmt.Sprintf("%-8s", head), t.What+", "+since)
		for _, line := range []string{t.Details, t.Cost, t.Back(now), t.Acked(zone)} {
			if line != "" {
				wrapped(w, "", line)
			}
		}
		wrapped(w, "      ->", t.Remedy)
	}
}

// age is how long something lasts, as a person says it.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// wrapped writes a paragraph behind a head of eight columns.
func wrapped(w io.Writer, head, text string) {
	for i, line := range term.Wrap(sms.Clean(text), troubleWidth-9) {
		if i > 0 {
			head = ""
		}
		fmt.Fprintf(w, "%-8s %s\n", head, line)
	}
}
