package inbound

import (
	"fmt"
	"strings"

	"ghlsms/sms"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
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

// Redact is a text as it may be kept and shown: without the PIN, wherever that stands.
func Redact(body, pin string) string {
	if pin == "" {
		return body
	}
	rest, _ := withoutPIN(body, pin)
	return strings.ReplaceAll(rest, pin, "****")
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// staffMatter tells whether a text of staff needs the rights of staff. What they text about themselves, as
// contacts, anybody may.
func staffMatter(c *Case) bool {
	switch {
	case c.Meaning.Command.Who != "", c.Contact == nil, c.Meaning.Choice != nil && c.Question.Kind == store.AskWho:
		return true
	}
	switch c.Meaning.Command.Verb {
	case parse.VerbWho, parse.VerbTasks, parse.VerbDone, parse.VerbUndo: // what is undone may be about others
		return true
	default:
		return false
	}
}

// admit lets staff pass who have the PIN and name one contact. Else it says what is missing.
func (d *Decision) admit(c *Case) {
	switch {
	case c.Meaning.Command.Verb == parse.VerbHelp:
	case !c.Meaning.HasPIN && c.WrongPINs >= mostWrongPINs:
		d.say(TurnedAway, "too many texts without the PIN today: nothing is taken from this number until tomorrow", "")
	case !c.Meaning.HasPIN:
		d.say(TurnedAway, "from staff, without the PIN", replyPIN)
	case c.Meaning.Choice != nil && c.Meaning.Choice.Contact != 0 && c.Contact == nil:
		d.say("asked back", "the contact that was chosen is gone", fmt.Sprintf(replyNobody, record.Shorten(c.Meaning.Command.Who, 40)))
	case c.Meaning.Choice != nil, c.Meaning.Command.Who == "":
	case len(c.Named) == 0:
		d.say("asked back", "no contact fits what staff wrote", fmt.Sprintf(replyNobody, record.Shorten(c.Meaning.Command.Who, 40)))
	case len(c.Named) > MostChoices:
		d.say("asked back", "too many contacts fit what staff wrote", fmt.Sprintf(replyTooMany, record.Shorten(c.Meaning.Command.Who, 40)))
	case len(c.Named) > 1:
		var choices []store.Choice
		var labels []string
		for i := range c.Named {
			choices = append(choices, store.Choice{Contact: c.Named[i].ID})
			labels = append(labels, record.NameOrNumber(&c.Named[i])+" "+sms.Phone(c.Named[i].Get(store.Phone)).Masked())
		}
		d.ask(*c, store.AskWho, store.QuestionOpen, choices...)
		d.say("asked back", fmt.Sprintf("%d contacts fit what staff wrote", len(choices)), ReplyChoose("Who?", labels))
	default:
		c.Contact = &c.Named[0]
	}
}

// who tells staff whom they ask about.
func (d *Decision) who(c Case, w wording.World) {
	if c.Staff == nil {
		d.say(TurnedAway, "only staff may ask about others", "")
		return
	}
	if c.Contact == nil {
		d.say("asked back", "staff asked about nobody", replyWhom)
		return
	}
	about := []string{record.NameOrNumber(c.Contact)}
	if email := c.Contact.Get(store.Email); email != "" {
		about = append(about, email)
	}
	if tags := c.Contact.Value().Set(store.Tags); len(tags) > 0 {
		about = append(about, "tags "+strings.Join(tags, " "))
	}
	if c.OptOut != nil || record.Blocked(c.Contact) {
		about = append(about, "opted out")
	}
	for i := range c.Upcoming {
		if record.TakesPlace(c.Upcoming[i].Get(store.Status)) {
			about = append(about, "next "+wording.When(c.Upcoming[i].Time(store.Start).In(w.Zone)))
			break
		}
	}
	if n := len(c.Tasks); n > 0 {
		about = append(about, fmt.Sprintf("%d open tasks", n))
	}
	d.say(told, "asked who somebody is", strings.Join(about, ", "))
}
