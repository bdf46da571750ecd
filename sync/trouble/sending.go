package trouble

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// The kinds of troubles with what leaves.
const (
	KindCredit      = "gateway-credit"     // the account is empty
	KindLowCredit   = "gateway-credit-low" // it soon will be
	KindSender      = "gateway-sender"     // the gateway refuses whom texts come from
	KindNoSending   = "gateway-sending"    // texts do not leave, for another reason
	KindWriteScope  = "crm-write-scope"    // the token may not write what is to be written
	KindUnwritten   = "crm-unwritten"      // changes do not reach the CRM
	KindRefused     = "texts-refused"      // the gateway refuses texts, and does not say why
	KindUntold      = "gateway-unwritten"  // opt-outs, or changes of the address book, do not reach the gateway
	KindFailed      = "effects-failed"
	KindMissed      = "reminders-missed"
	KindExpired     = "effects-expired"
	KindUndelivered = "texts-undelivered"
	KindUnconfirmed = "texts-unconfirmed" // texts stay with the gateway
	KindOverLimit   = "texts-over-limit"  // what people asked for is refused by a limit
	KindOverdue     = "reminders-overdue"
	KindUndecided   = "texts-undecided"
)

// findSending finds why no text leaves.
func findSending(ctx context.Context, tx *store.Tx, l Look) ([]store.Trouble, error) {
	for _, lane := range l.lanes {
		if lane.Name != store.LaneSend || lane.Code == store.NoEntry { // which is found by what refuses us
			continue
		}
		waiting, err := tx.Stakes(ctx)
		t := store.Trouble{Kind: KindNoSending, Severity: store.Urgent, Since: lane.Since, Details: sms.Clean(lane.Reason), Cost: l.costOf(waiting), Size: waiting.Waiting}
		switch lane.Code {
		case store.NoCredit:
			t.Kind, t.What = KindCredit, "the gateway's account has no credit, so no text leaves"
			t.Remedy = "top up the account; texts leave by themselves a few minutes later"
		case store.NoSender:
			t.Kind, t.What = KindSender, "the gateway refuses the sender that texts come from, so no text leaves"
			t.Remedy = "have the number or name in sms.from approved by the gateway, or put another into the config"
		case store.Unclear:
			t.What, t.Remedy = "the gateway's answers leave open whether it took a text, so sending rests between tries", "see what is unclear: ghlsms outbox list"
		default:
			t.What, t.Remedy = "the gateway takes no text", "look whether this machine reaches the gateway, and at the gateway's status page"
		}
		if t.Kind == KindNoSending {
			t.Severity = l.byAge(tx.Now.Sub(lane.Since), l.UndecidedAfter)
		}
		return []store.Trouble{t}, err
	}
	return nil, nil
}

// byAge is how bad it is that something lasts which may end by itself.
func (l Look) byAge(age, urgent time.Duration) store.Severity {
	switch {
	case urgent == 0 || age < urgent/2:
		return store.Notice
	case age < urgent:
		return store.Warning
	}
	return store.Urgent
}

// findLowCredit finds that the account is nearly empty, as the gateway said when it was last asked.
func findLowCredit(ctx context.Context, tx *store.Tx, l Look) ([]store.Trouble, error) {
	if l.LowBalance == 0 {
		return nil, nil
	}
	said, err := tx.Meta(ctx, store.MetaBalance)
	amount, currency, _ := strings.Cut(said, " ")
	left, perr := strconv.ParseFloat(amount, 64)
	if err != nil || perr != nil || left >= l.LowBalance {
		return nil, err // no number: the gateway was not asked yet
	}
	if slices.ContainsFunc(l.lanes, func(lane store.Lane) bool { return lane.Name == store.LaneSend && lane.Code == store.NoCredit }) {
		return nil, nil // it is empty, which is another trouble
	}
	cost, err := l.stakes(ctx, tx)
	return []store.Trouble{{
		Kind: KindLowCredit, Severity: store.Warning, Since: l.source(store.SourceBalance).ReadAt, Cost: cost,
		What:   fmt.Sprintf("the gateway's account is low: less than %s %s (alarms.low_balance)", strconv.FormatFloat(l.LowBalance, 'f', -1, 64), currency),
		Remedy: "top up the account",
	}}, err
}

// findUnwritten finds what does not reach the CRM, or the lists that the gateway keeps.
func findUnwritten(ctx context.Context, tx *store.Tx, l Look) (found []store.Trouble, err error) {
	all, err := tx.Obstructed(ctx)
	for _, o := range all {
		t := store.Trouble{Severity: store.Warning, Since: o.Since, Details: sms.Clean(o.Cause), Cost: plural(o.N, "change waits", "changes wait")}
		switch {
		case o.Code == store.NoScope:
			t.Kind, t.What = KindWriteScope, "the token may not write what is to be written to the CRM"
			t.Remedy = "give the token the scopes that ghlsms auth status lists as missing"
		case o.InCRM && o.Code != store.Guarded && o.Code != store.Unclear && o.Code != store.DayUsed && l.StaleAfter > 0 && tx.Now.Sub(o.Since) > l.StaleAfter:
			t.Kind, t.About, t.What, t.Remedy = KindUnwritten, string(o.Code), "changes do not reach the CRM", "see them: ghlsms outbox list"
		case !o.InCRM && !o.Text && o.Code != store.Guarded && l.StaleAfter > 0 && tx.Now.Sub(o.Since) > l.StaleAfter:
			t.Kind, t.About, t.What = KindUntold, string(o.Code), "opt-outs or changes of the address book do not reach the gateway"
			t.Remedy = "they are heeded here all the same; see them: ghlsms outbox list"
		case o.Text && o.Code == store.Refused && l.UndecidedAfter > 0 && tx.Now.Sub(o.Since) > l.UndecidedAfter:
			cost, err := l.stakes(ctx, tx)
			if err != nil {
				return nil, err
			}
			t.Kind, t.Size, t.What, t.Cost = KindRefused, o.N, "the gateway refuses "+plural(o.N, "text", "texts")+", and does not say plainly why", cost
			t.Remedy = "see its words: ghlsms outbox list; they are tried again while they are of use"
		default:
			continue
		}
		found = append(found, t)
	}
	return found, err
}

// findFailures finds what failed for good and was not looked at.
func findFailures(ctx context.Context, tx *store.Tx, _ Look) (found []store.Trouble, err error) {
	inVain, err := tx.FailedInARow(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		store.Failure
		kind, one, many, remedy string
	}{
		{store.FailedEffects, KindFailed, "change or text failed and will not be tried again", "changes or texts failed and will not be tried again", "see them: ghlsms outbox list --state failed"},
		{store.Missed, KindMissed, "reminder was missed: it could not leave in time", "reminders were missed: they could not leave in time", "see why: ghlsms reminders list --decision skipped"},
		{store.Expired, KindExpired, "text or change that is no reminder did not happen: its time had passed", "texts or changes that are no reminders did not happen: their time had passed", "see why: ghlsms outbox list --state dropped"},
		{store.Undelivered, KindUndelivered, "text left and did not arrive", "texts left and did not arrive", "see whose: ghlsms report texts"},
		{store.OverLimit, KindOverLimit, "text of a person was more than the limits of tasks allow, and made none", "texts of people were more than the limits of tasks allow, and made none", "see them: ghlsms report texts"},
	} {
		n, since, err := tx.Failures(ctx, f.Failure)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue
		}
		t := store.Trouble{
			Kind: f.kind, Severity: store.Warning, Since: since, Size: n, What: plural(n, f.one, f.many), Cost: "somebody may wait for " + map[bool]string{true: "it", false: "them"}[n == 1] + " in vain",
			Remedy: f.remedy + "; then put it away: ghlsms trouble ack " + f.kind,
		}
		if f.kind == KindUndelivered && inVain >= manyNumbers {
			t.Severity, t.What = store.Urgent, fmt.Sprintf("%s, the last %d of them in a row", plural(n, f.one, f.many), inVain)
			t.Remedy = "look at the gateway's page, and its account; " + t.Remedy
		}
		found = append(found, t)
	}
	return found, nil
}

// manyNumbers are so many texts that it is not the fault of their numbers that none arrives.
const manyNumbers = 3

// findUnconfirmed finds texts that a gateway took and keeps, or does not know any more.
func findUnconfirmed(ctx context.Context, tx *store.Tx, l Look) ([]store.Trouble, error) {
	if l.StaleAfter == 0 {
		return nil, nil
	}
	n, inARow, since, err := tx.Unconfirmed(ctx, tx.Now.Add(-l.StaleAfter))
	if err != nil || n == 0 {
		return nil, err
	}
	t := store.Trouble{
		Kind: KindUnconfirmed, Severity: store.Warning, Since: since, Size: n, What: fmt.Sprintf("the gateway took %s over %s ago, and does not say that %s left it", plural(n, "text", "texts"), spanOf(l.StaleAfter), map[bool]string{true: "it has", false: "they have"}[n == 1]),
		Cost:   "people who were reminded or answered may not know of it",
		Remedy: "see what the gateway's own page says of them, and whether its phone or modem is on; see whose: ghlsms report texts",
	}
	if inARow >= manyNumbers {
		t.Severity = store.Urgent
	}
	return []store.Trouble{t}, nil
}

// spanOf is a length of time as people say it.
func spanOf(d time.Duration) string {
	if d >= time.Minute && d%time.Minute == 0 {
		return plural(int(d/time.Minute), "minute", "minutes")
	}
	return d.String()
}

// findOverdue finds decisions that should have been made.
func findOverdue(ctx context.Context, tx *store.Tx, l Look) (found []store.Trouble, err error) {
	if l.UndecidedAfter == 0 {
		return nil, nil
	}
	before := tx.Now.Add(-l.UndecidedAfter)
	n, oldest, err := tx.OverdueReminders(ctx, before)
	if err == nil && n > 0 {
		found = append(found, store.Trouble{
			Kind: KindOverdue, Severity: store.Urgent, Since: oldest, Size: n, What: plural(n, "reminder is", "reminders are") + " due and not decided",
			Cost: "what is too late is not sent", Remedy: "see which: ghlsms reminders list --decision planned",
		})
	}
	if err != nil {
		return nil, err
	}
	texts, err := tx.Undecided(ctx, 0, undecidedMost)
	if err != nil {
		return nil, err
	}
	late := slices.DeleteFunc(texts, func(t store.Inbound) bool { return !t.StoredAt.Before(before) })
	if len(late) > 0 {
		found = append(found, store.Trouble{
			Kind: KindUndecided, Severity: store.Urgent, Since: late[0].StoredAt, Size: len(late), What: plural(len(late), "text that came in is", "texts that came in are") + " not decided",
			Cost: "an answer, or a wish for no more texts, may be among them", Remedy: "see them: ghlsms report texts, and the log",
		})
	}
	return found, nil
}

// undecidedMost is how many texts that wait for a decision are counted.
const undecidedMost = 1000
