package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/plan"
)

// A lane is one way of using one side. A side that refuses to be read may still take what is
// written, so each lane is closed by its own failures only.
type lane int

const (
	readCRM lane = iota
	writeCRM
	readGateway
	writeGateway // its address book and its list of opt-outs
	send
	lanes
)

// A route is the lanes on which a kind of effect is carried outside.
type route struct {
	prepare lane // to read again what it rests on
	carry   lane // to make the call
	ask     lane // to find out what became of it
	both    bool // it does not start while prepare is closed, since what it rests on must be read
}

var (
	makeInCRM   = route{prepare: readCRM, carry: writeCRM, ask: readCRM}
	changeInCRM = route{prepare: readCRM, carry: writeCRM, ask: readCRM, both: true}
	atGateway   = route{prepare: readGateway, carry: writeGateway, ask: readGateway}
	asText      = route{prepare: readCRM, carry: send, ask: readGateway}
)

// blocked is why a lane that a route needs is closed; nil: none is.
func (c *cycle) blocked(r route) error {
	if err := c.closed(r.carry); err != nil || !r.both {
		return err
	}
	return c.closed(r.prepare)
}

// A verdict classifies an error: whether the call was done, and whether the next one would fail too.
type verdict int

const (
	unclear   verdict = iota // may have been done
	later                    // not done: too many calls
	refused                  // not done: a person must mend credentials or credit
	forbidden                // not done: the token lacks the scope for this call
	away                     // not done: the side cannot be reached
	sick                     // not done: the side answered, but cannot do this one now
	vague                    // not done: for a reason that may be this one's, or meet every text alike
	never                    // not done, and no use to try again
)

// weigh judges an error of either client. later comes with how long to wait.
func weigh(err error) (verdict, time.Duration) {
	if rate, ok := errors.AsType[*ghl.RateLimitError](err); ok {
		return later, rate.RetryAfter
	}
	if rate, ok := errors.AsType[*sms.RateLimitError](err); ok {
		return later, rate.After
	}
	auth, isAuth := errors.AsType[*ghl.AuthError](err)
	_, version := errors.AsType[*ghl.VersionError](err)
	_, invalid := errors.AsType[*ghl.ValidationError](err)
	_, duplicate := errors.AsType[*ghl.DuplicateError](err)
	switch {
	case err == nil, errors.Is(err, ghl.ErrUnknown), errors.Is(err, sms.ErrUnknown):
		return unclear, 0
	case isAuth && auth.Scope:
		return forbidden, 0
	case isAuth, version, errors.Is(err, sms.ErrAuth), errors.Is(err, sms.ErrCredit), errors.Is(err, sms.ErrSender):
		return refused, 0
	case invalid, duplicate, errors.Is(err, ghl.ErrInvalid), errors.Is(err, ghl.ErrNotFound), errors.Is(err, sms.ErrRejected), errors.Is(err, sms.ErrOptedOut):
		return never, 0
	case errors.Is(err, sms.ErrRefused):
		return vague, 0
	case errors.Is(err, ghl.ErrUnavailable), errors.Is(err, sms.ErrUnavailable):
		if answered(err) {
			return sick, 0
		}
		return away, 0
	}
	return unclear, 0
}

// obstacle is what kind of thing an error says stands in the way.
func obstacle(err error) store.Obstacle {
	if plan.IsPanic(err) {
		return store.Mistake
	}
	_, version := errors.AsType[*ghl.VersionError](err)
	auth, isAuth := errors.AsType[*ghl.AuthError](err)
	rate, isRate := errors.AsType[*ghl.RateLimitError](err)
	switch v, _ := weigh(err); {
	case isRate && rate.Daily:
		return store.DayUsed
	case errors.Is(err, sms.ErrCredit):
		return store.NoCredit
	case errors.Is(err, sms.ErrSender):
		return store.NoSender
	case version:
		return store.NoVersion
	case isAuth && auth.Location:
		return store.Elsewhere
	case errors.Is(err, ghl.ErrNotFound):
		return store.Gone
	default:
		return [...]store.Obstacle{
			unclear: store.Unclear, later: store.TooMany, refused: store.NoEntry, forbidden: store.NoScope, away: store.Away, sick: store.Sick, vague: store.Refused, never: store.Refused,
		}[v]
	}
}

// answered tells whether the other side answered at all, even with an error.
func answered(err error) bool {
	if e, ok := errors.AsType[*ghl.Error](err); ok {
		return e.Status != 0
	}
	if e, ok := errors.AsType[*sms.HTTPError](err); ok {
		return e.Code != 0
	}
	return false
}

// The longest and shortest times between two attempts, and the longest between two where the side refuses or fails every
// call: what waits must leave soon after the remedy.
const (
	retryFirst = 15 * time.Second
	retryMost  = time.Hour
	probeMost  = 2 * time.Minute
	limitMost  = 15 * time.Minute // that a lane rests for one answer about too many calls, whatever that asks for
)

func backoff(attempts int) time.Duration { return min(retryFirst<<min(attempts, 10), retryMost) }

// probeAfter is how long a lane rests after its nth failure in a row.
func probeAfter(n int) time.Duration { return min(backoff(n-1), probeMost) }

// sickMost is how many useless answers in a row close a lane: so many are no one record's fault.
const sickMost = 3

// said is what the last call on a lane came to.
type said struct {
	spoke bool
	err   error // nil: it went well
}

// laneNames are what lanes are called in the mirror.
var laneNames = [lanes]string{readCRM: store.LaneReadCRM, writeCRM: store.LaneWriteCRM, readGateway: store.LaneReadGateway, writeGateway: store.LaneWriteGateway, send: store.LaneSend}

// noteLanes keeps in the mirror which lanes the last calls on them found closed.
func (c *cycle) noteLanes(ctx context.Context) error {
	type change struct {
		lane lane
		code store.Obstacle
		why  string
	}
	var changes []change
	if c.lanesNoted == nil {
		c.Engine.lanesNoted = map[lane]store.Obstacle{}
	}
	for l, s := range c.said {
		if !s.spoke {
			continue
		}
		now := change{lane: lane(l)}
		if v, _ := weigh(s.err); s.err != nil {
			few := lane(l) != send || c.closed(send) == nil && !c.inDoubt()
			if v == never || v == forbidden || v == unclear && few || v == vague && c.rests[l].n == 0 {
				continue // about one record only
			}
			now.code, now.why = obstacle(s.err), s.err.Error()
		}
		if was, known := c.lanesNoted[lane(l)]; known && was == now.code {
			continue
		}
		changes = append(changes, now)
	}
	if len(changes) == 0 {
		return nil
	}
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		for _, one := range changes {
			var err error
			switch name := laneNames[one.lane]; {
			case one.code != "":
				err = tx.CloseLane(ctx, name, one.code, one.why)
				if rate, is := errors.AsType[*ghl.RateLimitError](c.said[one.lane].err); is && rate.Daily {
					err = errors.Join(err, tx.SetMeta(ctx, store.MetaDayReset, tx.Now.Add(rate.RetryAfter).Format(time.RFC3339)))
				}
			case one.lane == send && c.lanesNoted[send] == store.NoCredit: // what is known of the account is from before
				err = errors.Join(tx.OpenLane(ctx, name), tx.SetMeta(ctx, store.MetaBalance, ""), tx.DropCursor(ctx, store.SourceBalance))
			default:
				err = tx.OpenLane(ctx, name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		for _, one := range changes {
			c.lanesNoted[one.lane] = one.code
		}
	}
	return err
}

// lanesOpen keeps which lanes are closed for the rest of the cycle, and why.
type lanesOpen struct {
	shut [lanes]error
	sick [lanes]int
	said [lanes]said
}

// rest keeps a lane closed between tries: after answers that meet every call alike, so that one call tries again what
// would hurt them all, and after texts left in doubt, so that a failing gateway does not make the outcome of a whole
// queue unknown.
type rest struct {
	until time.Time
	n     int // failures in a row
	err   error
}

// fail makes a rest longer.
func (r *rest) fail(err error, pause func(n int) time.Duration) {
	r.n++
	r.until, r.err = time.Now().Add(pause(r.n)), err
}

// closed is why a lane is closed now; nil: it is open.
func (c *cycle) closed(l lane) error {
	if c.shut[l] == nil && time.Now().Before(c.rests[l].until) {
		return c.rests[l].err
	}
	return c.shut[l]
}

// mostDoubts is how many texts in a row may be left in doubt before sending rests between tries: several at a gateway that
// can be asked about them, none at another.
func (c *cycle) mostDoubts() int {
	if caps := c.Gateway.Caps(); caps.FindByRef || caps.FindByRecipient {
		return 5
	}
	return 0
}

// inDoubt tells that so many texts are in doubt that none more leaves before it is known what became of them.
func (c *cycle) inDoubt() bool { return c.mostDoubts() > 0 && c.doubts >= c.mostDoubts() }

var errInDoubt = fmt.Errorf("%w: several texts may or may not have left, and no more leave before that is known", sms.ErrUnknown)

// arrived notes that a text in doubt is known to have left: a lane that rests for doubts is open again.
func (c *cycle) arrived() {
	if v, _ := weigh(c.rests[send].err); c.rests[send].n > 0 && v == unclear {
		c.rests[send], c.said[send] = rest{}, said{spoke: true}
	}
}

// noteAnswer records the answer to a call on a lane, and tells whether the lane is closed now.
func (c *cycle) noteAnswer(l lane, err error) bool {
	if plan.IsPanic(err) {
		return false
	}
	v, after := weigh(err)
	c.said[l] = said{spoke: true, err: err}
	changes := l == send || l == writeCRM || l == writeGateway
	switch {
	case err == nil:
		c.sick[l], c.rests[l] = 0, rest{}
		return false
	case v == sick:
		c.sick[l]++
	case v == unclear && l == send:
		c.doubts++
		c.rests[l].fail(err, func(n int) time.Duration {
			if n -= c.mostDoubts(); n <= 0 {
				return 0
			}
			return min(backoff(n), 10*time.Minute)
		})
	}
	switch {
	case v == later:
		if changes {
			c.rests[l] = rest{until: time.Now().Add(min(max(after, retryFirst), limitMost)), n: max(c.rests[l].n, 1), err: err}
		}
		c.shut[l] = err
	case v == refused, v == away, v == sick && (l == send || c.sick[l] >= sickMost), v == vague && c.everybodys(err):
		if changes {
			c.rests[l].fail(err, probeAfter)
		}
		c.shut[l] = err
	}
	return c.closed(l) != nil
}

// noteFailure is noteAnswer for a call whose error is not returned: an error that closes the lane becomes a
// failure of the cycle, and so does a panic.
func (c *cycle) noteFailure(l lane, err error) {
	if plan.IsPanic(err) || c.noteAnswer(l, err) && err != nil {
		c.failures = append(c.failures, err)
	}
}

// each does something for each record, by reading on a lane. One record's failure is not the
// others'; only a closed lane ends it. The failures are joined.
func each[T any](ctx context.Context, c *cycle, l lane, all []T, do func(context.Context, T) error) error {
	var errs []error
	for _, one := range all {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := c.caught(whichOne(one), func() error { return do(ctx, one) })
		if c.noteAnswer(l, err) {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// judge turns the error of a call into an outcome: not done, to be tried again; failed; or, by default, unknown.
func (c *cycle) judge(in store.Intent, err error) store.Outcome {
	now := time.Now()
	out := store.Outcome{State: store.Pending, Reason: err.Error(), DueAt: now.Add(backoff(in.Attempts)), Code: obstacle(err)}
	switch v, after := weigh(err); v {
	case later:
		out.DueAt = now.Add(max(after, retryFirst))
	case refused, forbidden, away, sick:
		out.DueAt = now.Add(min(backoff(in.Attempts), probeMost))
	case vague:
		if c.isAlone(in) {
			out.State = store.Failed
		}
	case never:
		out.State = store.Failed
	case unclear:
		out.State, out.DueAt = store.Unknown, c.askAgain(now, c.Config.SettleAfter)
	}
	return out
}

// unprepared is the outcome of an intent that could not be prepared: nothing was sent, and a refusal to be read
// says nothing about the write.
func (c *cycle) unprepared(in store.Intent, err error) store.Outcome {
	out := c.judge(in, err)
	if out.State != store.Pending {
		out.State, out.DueAt = store.Pending, time.Now().Add(backoff(in.Attempts))
	}
	out.Tried = true
	return out
}

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
