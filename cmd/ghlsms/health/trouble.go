package health

import (
	"fmt"
	"io"
	"strings"
	"time"

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
	AckedAt  time.Time `json:"acked_at,omitzero"`
	AckedBy  string    `json:"acked_by,omitempty"`
	AckedWhy string    `json:"acked_why,omitempty"`
}

// Troubles turns what was found into what is told.
func Troubles(all []store.Trouble) []Trouble {
	shown := []Trouble{}
	for _, t := range all {
		s := Trouble{
			Kind: t.Kind, About: t.About, Severity: string(t.Severity), What: t.What, Details: t.Details, Cost: t.Cost, Remedy: t.Remedy,
			Since: t.Since, AckedAt: t.AckedAt, AckedBy: t.AckedBy, AckedWhy: t.AckedWhy,
		}
		if t.ID != 0 {
			s.ID = fmt.Sprintf("T%d", t.ID)
		}
		shown = append(shown, s)
	}
	return shown
}

// Loud tells whether a trouble asks for somebody: it is no notice, and nobody has put it away.
func (t Trouble) Loud() bool { return t.Severity != string(store.Notice) && t.AckedAt.IsZero() }

// troubleWidth is how wide a line about a trouble is at most.
const troubleWidth = 78

// PrintTroubles writes troubles for a person: the worst first, put away ones last and short.
func PrintTroubles(w io.Writer, all []Trouble, now time.Time, zone *time.Location) {
	var away []Trouble
	for _, t := range all {
		if !t.AckedAt.IsZero() {
			away = append(away, t)
			continue
		}
		head := strings.ToUpper(t.Severity)
		if t.Severity == string(store.Notice) {
			head = "notice"
		}
		since := fmt.Sprintf("since %s (%s)", Shown(t.Since, zone), age(now.Sub(t.Since)))
		wrapped(w, fmt.Sprintf("%-8s", head), t.What+", "+since)
		for _, line := range []string{t.Details, t.Cost} {
			if line != "" {
				wrapped(w, "", line)
			}
		}
		wrapped(w, "      ->", t.Remedy)
	}
	for _, t := range away {
		by := ""
		if t.AckedBy != "" {
			by = " by " + t.AckedBy
		}
		why := ""
		if t.AckedWhy != "" {
			why = ": " + t.AckedWhy
		}
		wrapped(w, "put away", t.What+" ("+Shown(t.AckedAt, zone)+by+why+")")
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
