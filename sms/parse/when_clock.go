package parse

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A clock is a time of day that a text says, and where.
type clock struct {
	from, to     int
	hour, minute int
	numbered     bool // not only a part of the day
	exact        bool // as on a 24-hour clock
	part         int  // the hour that a part of the day stands for, or 0
	alone        bool // it says a time with no day beside it
}

// clockForm is the one grammar of ours: the library passes over times of day, or takes them for years.
// Groups: what joins, hour, minute, h and its minute, unit or am or pm.
var clockForm = regexp.MustCompile(`(?i)(\bat|@|\bum|\bgegen|\ba las|\ba la|à|às|\balle|\bom|\bvers)?\s*(\d{1,2})(?:[:.](\d{2})|(h)(\d{2})?)?(?:\s?(a\.?m\.?|p\.?m\.?|uhr(?:\s\d{2})?|uur|heures?|h|o'?clock))?`)

// partForms are the parts of the day by the hour they stand for.
var partForms = []struct {
	hour int
	form *regexp.Regexp
}{
	{9, regexp.MustCompile(`(?i)(this |in the )?(?:morning|vormittags?|früh|mattina|matin|ochtend|(?:de|por) la mañana|d[ae] manhã)`)},
	{12, regexp.MustCompile(`(?i)(?:at |am |um |à |al )?()(?:noon|midday|mittags?|mediodía|midi|mezzogiorno|meio[- ]dia)`)},
	{15, regexp.MustCompile(`(?i)(this |in the |cet |am )?(?:afternoon|nachmittags?|après-midi|pomeriggio|namiddag|(?:de|por) la tarde|[dà]a? tarde)`)},
	{15, regexp.MustCompile(`(?i)()vanmiddag`)},
	{18, regexp.MustCompile(`(?i)(this |in the |ce |am )?(?:evening|abends?|soir|di sera|avond)`)},
	{18, regexp.MustCompile(`(?i)()(?:stasera|vanavond)`)},
	{20, regexp.MustCompile(`(?i)()(?:tonight|esta noche)`)},
	{20, regexp.MustCompile(`(?i)(?:(?:de|por) la noche|da noite)`)},
}

// findClocks finds all times of day, also those that count only beside a day.
func findClocks(text string) []clock {
	var found []clock
	for _, m := range clockForm.FindAllStringSubmatchIndex(text, -1) {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return strings.ToLower(text[m[2*i]:m[2*i+1]])
		}
		joiner, unit := group(1), group(6)+group(4)
		start := m[4] // the hour
		if joiner != "" {
			start = m[2]
		}
		c := clock{from: start, to: m[1], numbered: true}
		c.hour, _ = strconv.Atoi(group(2))
		c.minute, _ = strconv.Atoi(group(3) + group(5))
		if u, minute, ok := strings.Cut(unit, " "); ok && u == "uhr" {
			c.minute, _ = strconv.Atoi(minute)
		}
		if joiner == "" && unit == "" && group(3) == "" || !separate(text, c.from, c.to) || c.hour > 23 || c.minute > 59 {
			continue
		}
		dotted := group(3) != "" && text[m[6]-1] == '.'
		switch {
		case strings.HasPrefix(unit, "a"), strings.HasPrefix(unit, "p"):
			if c.hour < 1 || c.hour > 12 {
				continue
			}
			c.hour %= 12
			if unit[0] == 'p' {
				c.hour += 12
			}
			c.exact, c.alone = true, true
		case unit == "":
			c.exact = c.hour > 12 || group(2)[0] == '0'
			c.alone = group(3) != "" && !dotted || joiner != "" && clauseEnds(text[c.to:])
			if dotted && joiner == "" {
				continue // 3.50 is a price
			}
		case strings.HasPrefix(unit, "h"): // "3h" may be how long
			c.exact, c.alone = true, joiner != ""
		default:
			c.exact, c.alone = !strings.HasPrefix(unit, "o"), true
		}
		found = append(found, c)
	}
	for _, p := range partForms {
		for _, m := range p.form.FindAllStringSubmatchIndex(text, -1) {
			if separate(text, m[0], m[1]) {
				found = append(found, clock{from: m[0], to: m[1], part: p.hour, alone: len(m) > 2 && m[2] >= 0})
			}
		}
	}
	return found
}

// separate tells whether a match is no part of a longer word or number.
func separate(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, size := utf8.DecodeRuneInString(text[to:])
	if from > 0 && (inWord(before) || strings.ContainsRune("+-/.:#$€%_&=", before)) || to < len(text) && (inWord(after) || strings.ContainsRune("%/_$€", after)) {
		return false
	}
	behind, _ := utf8.DecodeRuneInString(text[min(len(text), to+size):])
	return !strings.ContainsRune(".:-,", after) || behind < '0' || behind > '9'
}

var clauseForm = regexp.MustCompile(`(?i)^\s*(?:$|[.,;:!?)\n-]|(?:to|about|for|with|and|please|on|by|at|call|send|in)(?:\s|$))`)

// clauseEnds tells that what follows a number is not what it counts.
func clauseEnds(rest string) bool { return clauseForm.MatchString(rest) }

// meant is the hour and minute that are meant: "at 5" is in the afternoon unless something says else.
func (c clock) meant() (hour, minute int) {
	switch {
	case !c.numbered:
		return c.part, 0
	case !c.exact && (c.part > 12 && c.hour < 12 || c.part == 0 && c.hour < 7 || c.part == 12 && c.hour < 5):
		return c.hour + 12, c.minute
	}
	return c.hour, c.minute
}

// wall is a time of day in a zone. One that the change to summer time leaves out is as much later as
// the clock was put forward.
func wall(y int, m time.Month, d, hour, minute int, zone *time.Location) time.Time {
	at := time.Date(y, m, d, hour, minute, 0, 0, zone)
	if at.Hour() == hour%24 && at.Minute() == minute {
		return at
	}
	_, before := at.Add(-6 * time.Hour).Zone()
	return time.Date(y, m, d, hour, minute, 0, 0, time.UTC).Add(-time.Duration(before) * time.Second).In(zone)
}
