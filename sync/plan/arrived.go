package plan

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"ghlsms/sms"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/inbound"
)

// AnsweredIt is the reason of an unknown text that counts as done because its recipient answered it.
const AnsweredIt = "the recipient answered it"

// arrived settles an unknown text as sent when its recipient answers with a code that only this text
// offers, such as C or 2. If another text that is unknown or sent offers the same code, nothing is
// proven; nor is it by an everyday word such as YES.
func (p *planning) arrived(ctx context.Context, c inbound.Case) error {
	code := codeIn(c.Text.Body)
	if code == "" {
		return nil
	}
	asked := time.Time{} // zero: a letter asks for no question
	switch cmd := c.Meaning.Said; {
	case cmd.Verb == parse.VerbConfirm, cmd.Verb == parse.VerbCancel, cmd.Verb == parse.VerbMove:
	case cmd.Verb == parse.VerbChoice && c.Question != nil && cmd.N <= len(c.Question.Choices):
		asked = c.Question.AskedAt
	default:
		return nil
	}
	texts, err := p.tx.MayHaveGot(ctx, c.Text.Sender, c.Text.ReceivedAt.Add(-store.AnswerTime), c.Text.ReceivedAt)
	if err != nil {
		return err
	}
	var meant []store.SentText
	for _, t := range texts {
		if offers(t.Body, code) {
			meant = append(meant, t)
		}
	}
	if len(meant) != 1 {
		return nil
	}
	t := meant[0]
	switch {
	case t.State == store.Done, t.SentAt.Before(p.world.Restored), // what this mirror has missed since may be meant as well
		!asked.IsZero() && !t.PlannedAt.Equal(asked): // it is not the text that asks the question
		return nil
	}
	if err := p.cfg.NoteReminder(ctx, p.tx, t.OutboxID); err != nil {
		return err
	}
	if err := p.tx.Delivered(ctx, t.OutboxID, string(sms.StateDelivered), AnsweredIt, c.Text.ReceivedAt, time.Time{}); err != nil {
		return err
	}
	p.plan.Arrived = append(p.plan.Arrived, t.OutboxID)
	return p.tx.Conclude(ctx, t.OutboxID, store.Outcome{State: store.Done, Reason: AnsweredIt})
}

// codeIn is the code that a text consists of: one letter, or a number of one or two digits. Empty: it is
// something else.
func codeIn(body string) string {
	words := wordsOf(body)
	if len(words) != 1 {
		return ""
	}
	code := []rune(words[0])
	if len(code) == 1 || len(code) == 2 && unicode.IsDigit(code[0]) && unicode.IsDigit(code[1]) {
		return words[0]
	}
	return ""
}

// offers tells whether a text of ours has a code as a word of its own.
func offers(body, code string) bool { return slices.Contains(wordsOf(body), code) }

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToUpper(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
