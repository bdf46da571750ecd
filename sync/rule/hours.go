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

// hoursOf are the hours at which whom an action texts may be texted. Those of staff never end.
func (c Case) hoursOf(a Action, w wording.World) hours.Week {
	if a.Kind != ActText {
		return hours.Always
	}
	week, _ := w.Hours.Of(c.Contact, c.Contact.Get(store.Phone))
	return week
}

// window is when a text leaves, zero for now, and until when it is of use; or why it never leaves. The hours
// of the rule narrow those of who gets it.
func (c Case) window(texting hours.Week, zone *time.Location, now time.Time) (due, expires time.Time, skipped string) {
	if c.Rule.Answers(c.At, now) {
		texting = hours.Always
	}
	leaves, expires := now, c.At.Add(textTime)
	if c.Rule.Between != nil {
		opens, closes, _ := c.Rule.Between.Next(now, zone)
		if opens.After(now) {
			leaves, expires = opens, opens.Add(textTime)
		}
		expires = hours.Earliest(closes, expires)
		texting = texting.Within(*c.Rule.Between)
	}
	leaves, ok := texting.Shift(leaves, time.Time{}, zone, hours.Later)
	switch {
	case !ok:
		return due, expires, "people may not be texted on any day"
	case leaves.After(now) && leaves.Add(moment).After(expires):
		return due, expires, fmt.Sprintf("people may not be texted before %s, and then it is too late", wording.When(leaves.In(zone)))
	case leaves.After(now):
		due = leaves.UTC()
	}
	return due, expires.UTC(), ""
}
