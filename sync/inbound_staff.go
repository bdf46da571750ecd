package sync

import (
	"fmt"
	"strings"

	"ghlsms/sms"
	"ghlsms/store"
)

// Texts by which staff act on others.

// mostWrongPINs is how often a day a number may lack the PIN before it is not listened to any more:
// the sender of a text can be forged.
const mostWrongPINs = 5

// withoutPIN takes the PIN off the front or the end of a text, and tells whether it was there. Where
// none is needed all have it.
func withoutPIN(body, pin string) (rest string, ok bool) {
	if pin == "" {
		return body, true
	}
	body = strings.TrimSpace(body)
	if after, found := strings.CutPrefix(body, pin); found && (after == "" || !isDigit(after[0])) {
		return strings.TrimLeft(after, " :,.-\n"), true
	}
	if before, found := strings.CutSuffix(body, pin); found && !isDigit(before[len(before)-1]) {
		return strings.TrimRight(before, " :,.-\n"), true
	}
	return body, false
}

// redacted is a text as it may be kept and shown: without the PIN, wherever that stands.
func redacted(body, pin string) string {
	if pin == "" {
		return body
	}
	rest, _ := withoutPIN(body, pin)
	return strings.ReplaceAll(rest, pin, "****")
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// staffMatter tells whether staff ask for what only staff may, or in their own name. What they
// text about themselves as contacts, everybody may.
func staffMatter(c *TextCase, h heard) bool {
	switch {
	case h.cmd.Who != "", c.Contact == nil, h.choice != nil && c.Question.Kind == store.AskWho:
		return true
	}
	switch h.cmd.Verb {
	case sms.VerbWho, sms.VerbTasks, sms.VerbDone, sms.VerbUndo: // what is undone may be about others
		return true
	default:
		return false
	}
}

// admit lets staff pass who have the PIN and name one contact. Else it says what is missing.
func (d *TextDecision) admit(c *TextCase, h heard) {
	switch {
	case h.cmd.Verb == sms.VerbHelp:
	case !h.pin && c.WrongPINs >= mostWrongPINs:
		d.say(turnedAway, "too many texts without the PIN today: nothing is taken from this number until tomorrow", "")
	case !h.pin:
		d.say(turnedAway, "from staff, without the PIN", replyPIN)
	case h.choice != nil && h.choice.Contact != 0 && c.Contact == nil:
		d.say("asked back", "the contact that was chosen is gone", fmt.Sprintf(replyNobody, shorten(h.cmd.Who, 40)))
	case h.choice != nil, h.cmd.Who == "":
	case len(c.Named) == 0:
		d.say("asked back", "no contact fits what staff wrote", fmt.Sprintf(replyNobody, shorten(h.cmd.Who, 40)))
	case len(c.Named) > mostChoices:
		d.say("asked back", "too many contacts fit what staff wrote", fmt.Sprintf(replyTooMany, shorten(h.cmd.Who, 40)))
	case len(c.Named) > 1:
		var choices []store.Choice
		var labels []string
		for i := range c.Named {
			choices = append(choices, store.Choice{Contact: c.Named[i].ID})
			labels = append(labels, fullName(&c.Named[i])+" "+sms.Phone(c.Named[i].Get(store.Phone)).Masked())
		}
		d.ask(*c, h, store.AskWho, store.QuestionOpen, choices...)
		d.say("asked back", fmt.Sprintf("%d contacts fit what staff wrote", len(choices)), replyChoose("Who?", labels))
	default:
		c.Contact = &c.Named[0]
	}
}

// who tells staff whom they ask about.
func (d *TextDecision) who(c TextCase, w World) {
	if c.Staff == nil {
		d.say(turnedAway, "only staff may ask about others", "")
		return
	}
	if c.Contact == nil {
		d.say("asked back", "staff asked about nobody", replyWhom)
		return
	}
	about := []string{fullName(c.Contact)}
	if email := c.Contact.Get(store.Email); email != "" {
		about = append(about, email)
	}
	if tags := c.Contact.Value().Set(store.Tags); len(tags) > 0 {
		about = append(about, "tags "+strings.Join(tags, " "))
	}
	if c.OptOut != nil || blocked(c.Contact) {
		about = append(about, "opted out")
	}
	for i := range c.Upcoming {
		if reminds(c.Upcoming[i].Get(store.Status)) {
			about = append(about, "next "+when(c.Upcoming[i].Time(store.Start).In(w.Zone)))
			break
		}
	}
	if n := len(c.Tasks); n > 0 {
		about = append(about, fmt.Sprintf("%d open tasks", n))
	}
	d.say(told, "asked who somebody is", strings.Join(about, ", "))
}
