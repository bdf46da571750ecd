package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms/parse/when"
)

// whenForm is how commands take a time.
const whenForm = "a time such as '2026-11-28 18:00', 18:00, +2d, -90m or 'friday 5pm'"

// A dayTime is the time that is meant where words name only a day.
type dayTime int

const (
	dayBegan dayTime = iota // its first minute; and what returns, such as monday, is the last one
	dayEnds                 // its last minute
	dayWorks                // the end of work, as in texts
)

// clockArg reads a time that a person writes, by the location's clock, in numbers or in the words that texts take. A
// time of day is the next one; a span counts from now.
func clockArg(cfg *config.Config, arg string, now time.Time, zone *time.Location, of dayTime) (time.Time, error) {
	if span := strings.TrimLeft(arg, "+-"); len(span) == len(arg)-1 {
		var d config.Duration
		if err := d.UnmarshalText([]byte(span)); err != nil || d <= 0 {
			return time.Time{}, term.UsageError{Err: fmt.Errorf("%q is no span: write %s", arg, whenForm)}
		}
		if arg[0] == '-' {
			d = -d
		}
		return now.Add(d.Std()), nil
	}
	if at, err := time.Parse(time.RFC3339, arg); err == nil {
		return at, nil
	}
	for _, form := range []string{"2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(form, arg, zone); err == nil {
			return at, nil
		}
	}
	if at, err := time.Parse("15:04", arg); err == nil {
		local := now.In(zone)
		on := time.Date(local.Year(), local.Month(), local.Day(), at.Hour(), at.Minute(), 0, 0, zone)
		if !on.After(now) {
			on = on.AddDate(0, 0, 1)
		}
		return on, nil
	}
	return wordsArg(cfg, arg, now.In(zone), of)
}

// wordsArg reads a time in the languages of texts, and in English.
func wordsArg(cfg *config.Config, arg string, now time.Time, of dayTime) (time.Time, error) {
	languages := slices.Clone(cfg.Inbound.Languages)
	if !slices.Contains(languages, "en") {
		languages = append(languages, "en")
	}
	read, ok := when.Languages(languages).Read(arg, now, cfg.Region, of == dayBegan)
	switch {
	case !ok && read.Doubt != "":
		return time.Time{}, term.UsageError{Err: fmt.Errorf("%q is not clear, since %s: write %s", arg, read.Doubt, whenForm)}
	case !ok:
		return time.Time{}, term.UsageError{Err: fmt.Errorf("%q is no time: write %s", arg, whenForm)}
	case read.HasTime:
		return read.At, nil
	}
	y, m, d := read.At.Date()
	switch end := time.Date(y, m, d, 17, 0, 0, 0, now.Location()); {
	case of == dayBegan:
		return time.Date(y, m, d, 0, 0, 0, 0, now.Location()), nil
	case of == dayWorks && end.After(now):
		return end, nil
	}
	return read.At, nil
}
