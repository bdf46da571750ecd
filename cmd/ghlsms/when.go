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
	if at, err := time.Parse("2006-01-02 15:04", arg); err == nil {
		return when.Wall(at, 60*at.Hour()+at.Minute(), zone), nil
	}
	if at, err := time.Parse(time.DateOnly, arg); err == nil {
		if of == dayWorks {
			return endOfWork(at, now.In(zone)), nil
		}
		return when.Wall(at, 0, zone), nil
	}
	if at, err := time.Parse("15:04", arg); err == nil {
		local, minute := now.In(zone), 60*at.Hour()+at.Minute()
		on := when.Wall(local, minute, zone)
		if !on.After(now) {
			on = when.Wall(local.AddDate(0, 0, 1), minute, zone)
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
	case read.Roughly && of != dayBegan:
		return time.Time{}, term.UsageError{Err: fmt.Errorf("%q is not clear, since it names no one day: write %s", arg, whenForm)}
	case read.HasTime:
		return read.At, nil
	}
	switch of {
	case dayBegan:
		return when.Wall(read.At, 0, now.Location()), nil
	case dayWorks:
		return endOfWork(read.At, now), nil
	default:
		return read.At, nil
	}
}

// endOfWork is when something is due of which only the day is said: at five in the afternoon, or, if that has passed
// today, when the day ends.
func endOfWork(day, now time.Time) time.Time {
	const five, last = 17 * 60, 24*60 - 1
	if at := when.Wall(day, five, now.Location()); at.After(now) {
		return at
	}
	return when.Wall(day, last, now.Location())
}

// dueArg reads the --due of a task, which must be still to come.
func dueArg(cfg *config.Config, arg string, now time.Time, zone *time.Location) (time.Time, error) {
	if strings.TrimSpace(arg) == "" {
		return time.Time{}, term.UsageError{Err: fmt.Errorf("--due is empty: write %s, or leave it out", whenForm)}
	}
	at, err := clockArg(cfg, arg, now, zone, dayWorks)
	switch {
	case err != nil:
		return at, fmt.Errorf("--due: %w", err)
	case at.Before(now):
		return at, term.UsageError{Err: fmt.Errorf("--due %q was %s, which has passed: write %s", arg, at.In(zone).Format(fullForm), whenForm)}
	}
	return at, nil
}

// fullForm shows a time that a person wrote as it was understood.
const fullForm = "Mon, Jan 2, 2006 at 3:04 PM"
