package rule

import (
	"fmt"
	"time"

	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/wording"
)

// Answers tells whether a text by a rule answers what somebody texted a moment before. Such a text leaves at
// any hour: who has just texted is awake, and waits for it.
func (rule *Rule) Answers(texted, now time.Time) bool {
	return rule.On == "text received" && rule.After == 0 && now.Sub(texted) < answerTime
}

// hoursOf are the hours at which whom an action texts may be texted, and by whose clock. Those of staff never end.
func (c Case) hoursOf(a Action, w wording.World, now time.Time) (hours.Week, *time.Location) {
	if a.Kind != ActText {
		return hours.Always, w.Zone
	}
	number := c.Contact.Get(store.Phone)
	place := w.PlaceOf(c.Contact, number, w.ClockOf("", nil))
	return w.HoursOf(c.Contact, number, place, now), place.Zone
}

// Closed is why a text by the rule must not leave at a time, by the hours at which its recipient may be texted and by
// its own; empty: it may. both are the hours that are in the two.
func (rule *Rule) Closed(texting hours.Week, at time.Time, zone *time.Location) (why string, both hours.Week) {
	both = texting
	if rule.Between != nil {
		both = texting.Within(*rule.Between)
	}
	if open, _ := both.Open(at, zone); open {
		return "", both
	}
	if open, _ := texting.Open(at, zone); open {
		return "the rule texts only " + rule.Between.String(), both
	}
	return NotNow, both
}

// NotNow is why a text waits for hours at which people may be texted.
const NotNow = "people may not be texted at this hour"

// window is when a text leaves, zero for now, and why it waits until then; until when it is of use; or why it never
// leaves. The hours of the rule narrow those of who gets it.
func (c Case) window(texting hours.Week, zone *time.Location, now time.Time) (due, expires time.Time, waits, skipped string) {
	if c.Rule.Answers(c.At, now) {
		texting = hours.Always
	}
	leaves, expires := now, c.At.Add(textTime)
	if c.Rule.Between != nil {
		if opens, _, _ := c.Rule.Between.Next(now, zone); opens.After(now) {
			leaves, expires = opens, opens.Add(textTime)
		}
	}
	waits, both := c.Rule.Closed(texting, now, zone)
	leaves, ok := both.Shift(leaves, time.Time{}, zone, hours.Later)
	switch {
	case !ok:
		return due, expires, "", "people may not be texted on any day"
	case leaves.After(now) && leaves.Add(moment).After(expires):
		return due, expires, "", fmt.Sprintf("people may not be texted before %s, and then it is too late", wording.When(leaves.In(zone)))
	case leaves.After(now):
		due = leaves.UTC()
	}
	if waits == "" && !due.IsZero() { // the hours are about to end
		waits = "the rule texts only " + c.Rule.Between.String()
	}
	return due, expires.UTC(), waits, ""
}
