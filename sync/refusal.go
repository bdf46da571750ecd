package sync

import (
	"errors"

	"ghlsms/sms"
	"ghlsms/store"
)

// refusals are texts that the gateway refused for a reason that it does not say plainly. Whether that is about one text
// or about all of them is learned from the others: one that leaves meanwhile makes a refusal its text's own; the same
// words for enough people in a row are everybody's.
type refusals struct {
	words string
	who   map[string]bool // whose texts they met since one was last accepted
	left  int             // how many texts were accepted
	first map[int64]int   // of each effect that was refused: how many had been accepted then
}

// enoughRefused is how many people must meet the same refusal in a row for it to be everybody's.
const enoughRefused = 3

// mostVague is how often a text that never expires is tried against such a refusal.
const mostVague = 8

// mostKept bounds what is kept of effects that ended otherwise.
const mostKept = 1000

// noteSent keeps what the gateway said to a text for somebody.
func (c *cycle) noteSent(in store.Intent, number string, err error) {
	r := &c.refusals
	switch {
	case err == nil:
		r.left, r.who = r.left+1, nil
		delete(r.first, in.ID)
	case errors.Is(err, sms.ErrRefused):
		if words := err.Error(); words != r.words || r.who == nil {
			r.words, r.who = words, map[string]bool{}
		}
		r.who[number] = true
		if r.first == nil || len(r.first) >= mostKept {
			r.first = map[int64]int{}
		}
		if _, known := r.first[in.ID]; !known {
			r.first[in.ID] = r.left
		}
	}
}

// everybodys tells whether a refusal has met so many people in a row that it is nobody's own.
func (c *cycle) everybodys(err error) bool {
	return err.Error() == c.refusals.words && len(c.refusals.who) >= enoughRefused
}

// isAlone tells that a refusal is about this text: another one left since it was first refused, or it was tried often.
func (c *cycle) isAlone(in store.Intent) bool {
	first, known := c.refusals.first[in.ID]
	alone := known && c.refusals.left > first || in.ExpiresAt.IsZero() && in.Attempts >= mostVague
	if alone {
		delete(c.refusals.first, in.ID)
	}
	return alone
}
