package trace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// effect tells of an effect: planned, held, carried outside, and what became of it there.
func (t *teller) effect(ctx context.Context, in *store.Intent) error {
	me := id(EffectKind, in.ID)
	if !t.once(me) {
		return nil
	}
	e := outgoing{teller: t, in: in, me: me, side: theCRM}
	what, err := e.describe(ctx)
	if err != nil {
		return err
	}
	if e.tries, err = t.tx.Tries(ctx, in.ID); err != nil {
		return err
	}
	e.tell(what)
	if in.BrakeID != 0 {
		return t.brake(ctx, in.BrakeID)
	}
	return nil
}

// outgoing is an effect that is told.
type outgoing struct {
	*teller
	in   *store.Intent
	text store.Text
	me   string
	side string // where it goes
	why  string // what asked for it

	tries []store.Try
}

// describe says what an effect does, and finds out where it goes and what asked for it.
func (e *outgoing) describe(ctx context.Context) (what string, err error) {
	in := e.in
	if slices.Contains([]store.Kind{store.SendText, store.PutEntry, store.RemoveEntry, store.TellOptOut, store.TellOptIn}, in.Kind) {
		e.side = theGateway
	}
	e.why = e.cause()
	if in.Kind == store.SendText {
		e.text, err = e.tx.Text(ctx, in.ID)
		return fmt.Sprintf("%s text to %s: %s", e.text.Purpose, e.text.Number, quoted(e.text.Body)), err
	}
	payload, err := in.Fields()
	if err != nil {
		return deeds[in.Kind], nil //nolint:nilerr // a payload that holds no fields
	}
	ended := in.State == store.Done || in.State == store.Failed || in.State == store.Dropped // before that the record knows
	if e.why == "" && in.AskedBy != "" {
		e.why = "asked for by " + askers(in.AskedBy)
	}
	if e.why == "" && ended && slices.Contains(store.Entities, in.Kind.Entity()) && !slices.ContainsFunc(payload.Names(), record.IsDND) {
		e.why = "who asked for it here is not kept"
	}
	before := store.Fields{}
	for f := range payload {
		if was, known := in.Before[f]; known {
			before[f] = was
		}
	}
	what = deeds[in.Kind]
	if in.RecordID != 0 {
		what = id(in.Kind.Entity(), in.RecordID) + " " + what
	}
	if words := e.change(before, payload); words != "" {
		what += ", " + words
	}
	return what, nil
}

// askers says who asked for an effect, of what the mirror keeps.
func askers(kept string) string {
	all := strings.Split(kept, ", ")
	for i, one := range all {
		by, who, _ := strings.Cut(one, " ")
		all[i] = map[store.Origin]string{
			store.ByPerson: or(who, "somebody") + " at this machine", store.ByText: "a text", store.ByGateway: "the gateway's address book", store.ByRule: "a rule",
		}[store.Origin(by)]
	}
	return strings.Join(filled(all...), " and ")
}

// deeds are what kinds of effects do, in a word or two.
var deeds = map[store.Kind]string{
	store.CreateContact: "made", store.UpdateContact: "changed", store.TagContact: "tagged", store.UntagContact: "untagged", store.DeleteContact: "deleted",
	store.CreateTask: "made", store.UpdateTask: "changed", store.CompleteTask: "completed", store.DeleteTask: "deleted",
	store.CreateNote: "made", store.UpdateNote: "changed", store.DeleteNote: "deleted", store.AddMessage: "what they texted, into their conversation",
	store.UpdateAppointment: "changed", store.DeleteAppointment: "deleted", store.PutEntry: "put into the address book", store.RemoveEntry: "taken off the address book",
	store.TellOptOut: "opt-out for the gateway's own list", store.TellOptIn: "end of an opt-out for the gateway's own list",
}

// cause is the text that asked for an effect, as far as one did.
func (e *outgoing) cause() string {
	for _, c := range e.causes[e.in.CreatedAt.UnixMilli()] {
		asked := e.in.ContactID != 0 && e.in.ContactID == c.ContactID ||
			slices.ContainsFunc(c.Did, func(d store.Undo) bool { return d.ID == e.in.RecordID && d.Entity == e.in.Kind.Entity() })
		switch {
		case e.in.Key == replyKey(&c):
			return "answer to " + id(TextKind, c.ID)
		case asked && e.in.Kind != store.SendText:
			who, _ := e.sender(c.Sender)
			return fmt.Sprintf("asked for by %s in %s", map[string]string{staff: "staff", person: "the person"}[who], id(TextKind, c.ID))
		}
	}
	return ""
}

// tell tells what became of an effect that does what.
func (e *outgoing) tell(what string) {
	in, verb := e.in, "written to the CRM"
	if e.side == theGateway {
		verb = "handed to the gateway"
	}
	what = ": " + what
	if in.State == store.Pending || in.State != store.Held && (in.StartedAt.IsZero() || in.StartedAt.Sub(in.CreatedAt) > prompt) {
		e.add(in.CreatedAt, "effect.planned", we, "planned"+what, e.why, e.me)
		e.why, what = "", ""
	}
	begun := func(kind, words, why string) {
		e.add(in.StartedAt, kind, we, words+what, joined(e.why, why), e.me)
	}
	why := e.earlier(verb)
	switch in.State {
	case store.Pending:
		if len(e.tries) == 0 {
			begun("effect.begun", verb+", in vain", "")
		}
		e.waiting()
	case store.Held:
		e.add(in.CreatedAt, "effect.held", we, "held"+what, joined(e.why, in.Reason), e.me)
	case store.Sending:
		begun("effect.begun", "being "+verb, "")
	case store.Unknown:
		begun("effect.unclear", verb+", or perhaps not", or(why, in.Reason))
		if in.Asked > 0 {
			e.add(in.AskedAt, "effect.asked", we, fmt.Sprintf("asked the %s what became of it, %s", e.sideName(), term.Count(in.Asked, "time", "times")), in.Reason, e.me)
		}
	case store.Done:
		at := ""
		if in.OutsideID != "" {
			at = "its id there is " + in.OutsideID
		}
		begun("effect.done", verb, at)
		if in.Reason != "" || in.DoneAt.Sub(in.StartedAt) > prompt {
			e.add(in.DoneAt, "effect.settled", we, "found to have happened", in.Reason, e.me)
		}
	case store.Failed:
		if in.DoneAt.Sub(in.StartedAt) > prompt {
			begun("effect.begun", verb, "")
		}
		e.add(in.DoneAt, "effect.failed", e.side, "refused"+what, joined(e.why, in.Reason), e.me)
	case store.Dropped:
		e.add(in.DoneAt, "effect.dropped", we, "given up"+what, joined(e.why, in.Reason), e.me)
	}
	e.add(in.UndoneAt, "effect.undone", staff, "asked here that this be taken back", "ghlsms undo", e.me)
	e.delivery()
}

// earlier tells the attempts and answers before the one that led to where the effect is now, and returns why it is unclear, if it
// is.
func (e *outgoing) earlier(verb string) (unclear string) {
	in := e.in
	for i, one := range e.tries {
		last := i == len(e.tries)-1
		words, kind, who := verb+", in vain", "effect.tried", we
		switch {
		case one.Asked:
			words, kind = fmt.Sprintf("asked the %s what became of it", e.sideName()), "effect.asked"
			if last && in.State == store.Unknown { // which is told with how often it was
				continue
			}
		case one.State == store.Unknown:
			words = verb + ", or perhaps not"
			if in.State == store.Unknown && one.LastAt.Sub(in.StartedAt) < prompt && !one.At.Before(in.StartedAt) {
				unclear = one.Reason
				continue
			}
		case one.State == store.Failed:
			words, who = "refused", e.side
			if last && in.State == store.Failed {
				continue
			}
		}
		if one.N > 1 {
			words += fmt.Sprintf(", %s until %s", term.Count(one.N, "time", "times"), e.when(one.LastAt))
		}
		e.add(one.At, kind, who, words, one.Reason, e.me)
	}
	if len(e.tries) == 0 && in.Cause != "" && !strings.Contains(in.Reason, in.Cause) {
		e.add(in.CreatedAt, "effect.kept", we, "could not leave at first", in.Cause, e.me)
	}
	return unclear
}

func (e *outgoing) sideName() string {
	if e.side == theCRM {
		return "CRM"
	}
	return e.side
}

// waiting tells why an effect is in line, as far as there is a reason.
func (e *outgoing) waiting() {
	who, kind := we, "effect.waits"
	switch {
	case strings.HasPrefix(e.in.Reason, "tried again by hand"):
		who, kind = staff, "effect.retried"
	case strings.HasPrefix(e.in.Reason, "released"):
		who, kind = staff, "effect.released"
	case e.in.Reason == "":
		return
	}
	at := e.in.DueAt
	if who == we {
		at = later(e.in.CreatedAt, e.in.StartedAt)
	}
	words := "back in line"
	if who == we {
		words = "waits until " + e.when(e.in.DueAt)
	}
	e.add(at, kind, who, words, e.in.Reason, e.me)
}

// delivery tells what the gateway said of a text that it took.
func (e *outgoing) delivery() {
	words := map[sms.State]string{
		sms.StateSent: "sent on to the network", sms.StateDelivered: "delivered", sms.StateFailed: "did not arrive",
		sms.StateOptedOut: "refused: the recipient opted out there", sms.StateExpired: "the gateway gave up waiting; it may have arrived",
		sms.StateUnclear: "the gateway's word on it is not clear",
	}[sms.State(e.text.Delivery)]
	if words != "" {
		e.add(e.text.DeliveryAt, "text."+e.text.Delivery, theGateway, words, e.text.Detail, e.me)
	}
}
