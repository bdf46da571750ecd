package trouble

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// The kinds of troubles with reading a side, or being let in.
const (
	KindCRMEntry      = "crm-entry"      // the CRM refuses the token
	KindCRMScope      = "crm-scope"      // the token may not do what the config asks for
	KindCRMVersion    = "crm-version"    // the CRM refuses the version of its API
	KindCRMLocation   = "crm-location"   // the CRM does not have the location
	KindCRMDay        = "crm-day"        // the day's calls to the CRM are used up
	KindCRMUnread     = "crm-unread"     // the CRM cannot be read
	KindGatewayEntry  = "gateway-entry"  // the gateway refuses the key
	KindGatewayUnread = "gateway-unread" // the gateway cannot be read
	KindStandstill    = "standstill"     // nothing is read, and nobody says why
	KindMistake       = "mistake"        // a record that ghlsms fails on
	KindStopped       = "stopped"        // ghlsms did not run for a while; kept once it is over
	KindCycle         = "cycle"          // the cycle fails, and no source is to blame
)

// isCRM tells whether a source or a lane is the CRM's.
func isCRM(name string) bool { return strings.HasPrefix(name, "crm.") }

// refusal is one side that refuses us or cannot be reached, as sources and lanes have it.
type refusal struct {
	kind    string
	sources []string // that cannot be read; none: a lane
	since   time.Time
	words   string // of the side
	read    time.Time
}

// kindOf is what kind of trouble an obstacle on a side is; empty: none of these.
func kindOf(name string, code store.Obstacle) string {
	switch {
	case code == store.NoEntry && isCRM(name):
		return KindCRMEntry
	case code == store.NoEntry:
		return KindGatewayEntry
	case code == store.NoScope && isCRM(name):
		return KindCRMScope
	case code == store.NoVersion:
		return KindCRMVersion
	case code == store.Elsewhere, code == store.Gone && name == store.SourceLocation:
		return KindCRMLocation
	case code == store.DayUsed:
		return KindCRMDay
	case code == store.Mistake:
		return KindMistake
	case strings.HasPrefix(name, "sms."):
		return KindGatewayUnread
	case isCRM(name):
		return KindCRMUnread
	}
	return ""
}

// refusals joins what sources and lanes say, by kind.
func (l Look) refusals() (all []*refusal) {
	add := func(kind, words string, since time.Time) *refusal {
		i := slices.IndexFunc(all, func(r *refusal) bool { return r.kind == kind })
		if i < 0 {
			i = len(all)
			all = append(all, &refusal{kind: kind, since: since, words: words})
		}
		r := all[i]
		if since.Before(r.since) {
			r.since = since
		}
		return r
	}
	for _, s := range l.sources {
		if s.Failing.IsZero() {
			continue
		}
		kind := kindOf(s.Name, s.Code)
		if s.Name == store.SourcePlanning {
			kind = KindMistake
		}
		if kind == "" {
			continue
		}
		r := add(kind, s.Error, s.Failing)
		r.sources = append(r.sources, s.Name)
		if slices.Contains(store.Watched, s.Name) && (r.read.IsZero() || s.ReadAt.Before(r.read)) {
			r.read = s.ReadAt
		}
	}
	for _, lane := range l.lanes {
		if kind := kindOf(lane.Name, lane.Code); kind == KindCRMEntry || kind == KindCRMLocation || kind == KindGatewayEntry || kind == KindCRMVersion || kind == KindCRMDay {
			add(kind, lane.Reason, lane.Since)
		}
	}
	return all
}

func findRefusals(ctx context.Context, tx *store.Tx, l Look) (found []store.Trouble, err error) {
	all := l.refusals()
	if len(all) == 0 {
		return nil, nil
	}
	cost, err := l.stakes(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		t := store.Trouble{Kind: r.kind, Severity: store.Urgent, Since: r.since, Size: len(r.sources), Details: sms.Clean(r.words), Cost: cost}
		if !slices.ContainsFunc(r.sources, func(s string) bool { return slices.Contains(store.Watched, s) }) && len(r.sources) > 0 {
			t.Severity, t.Cost = store.Warning, "what is read from there is old"
		}
		t.Cost = unheard(r.sources, t.Cost)
		what := strings.Join(r.sources, ", ")
		switch r.kind {
		case KindCRMEntry:
			t.Severity, t.What, t.Remedy = store.Urgent, "the CRM refuses the token", l.login()
		case KindCRMScope:
			t.What = "the token may not read what the config asks for: " + what
			t.Remedy = "give the token the scopes that ghlsms auth status lists as missing; if it has them, look why the CRM forbids this"
		case KindCRMVersion:
			t.Severity, t.What, t.Remedy = store.Urgent, "the CRM refuses the version of its API that this ghlsms speaks", "install a newer ghlsms"
		case KindCRMLocation:
			t.Severity, t.What, t.Remedy = store.Urgent, "the CRM does not have the location of the config, or the token is for another one", "mend ghl.location_id in the config, or the token, then restart ghlsms"
		case KindCRMDay:
			if err := l.dayUsed(ctx, tx, r, &t); err != nil {
				return nil, err
			}
		case KindGatewayEntry:
			t.Severity, t.What, t.Remedy = store.Urgent, "the gateway refuses the key or account", "put a key of the gateway's account that works into the config, then restart ghlsms"
		case KindMistake:
			t.Severity, t.What, t.Cost = store.Warning, "ghlsms fails on a record of "+what, "that record is left out, and the rest goes on"
			t.Remedy = "report it with the stack in the log"
		default:
			l.unread(tx, r, &t)
		}
		found = append(found, t)
	}
	return found, nil
}

// dayUsed is that no call is left of those that the CRM allows in a day. Until they are given anew, what changes there is not
// seen here.
func (l Look) dayUsed(ctx context.Context, tx *store.Tx, r *refusal, t *store.Trouble) error {
	said, err := tx.Meta(ctx, store.MetaDayReset)
	if err != nil {
		return err
	}
	t.What, t.Severity = "the day's calls to the CRM are used up", store.Urgent
	if reset, err := time.Parse(time.RFC3339, said); err == nil && reset.After(tx.Now) {
		t.What += "; it gives new ones at " + l.clock(reset)
		if l.StaleAfter > 0 && reset.Sub(r.since) < l.StaleAfter {
			t.Severity = store.Warning
		}
	}
	t.Remedy = "wait, or see what else uses up the location's calls; if it is ghlsms, poll less often: schedule.crm"
	return nil
}

// unread is a side that cannot be reached now. It may come back by itself, so it gets worse with time.
func (l Look) unread(tx *store.Tx, r *refusal, t *store.Trouble) {
	side, remedy := "the CRM", "look whether this machine reaches the CRM, and at the CRM's status page"
	if r.kind == KindGatewayUnread {
		side, remedy = "the gateway", "look whether this machine reaches the gateway, and at the gateway's status page"
	}
	t.What, t.Remedy = fmt.Sprintf("%s cannot be read: %s", side, strings.Join(r.sources, ", ")), remedy
	age := tx.Now.Sub(r.since)
	if !r.read.IsZero() && tx.Now.Sub(r.read) > age {
		age = tx.Now.Sub(r.read)
	}
	switch {
	case l.StaleAfter == 0 || age < l.StaleAfter/2:
		t.Severity = store.Notice
	case age < l.StaleAfter:
		t.Severity = store.Warning
	}
}

// login is how a person lets us in again.
func (l Look) login() string {
	if l.OAuth {
		return "log in again: ghlsms auth login"
	}
	return "make a new private integration token in the CRM and put it in: ghlsms auth rotate"
}

// findStandstill finds that nothing is read although nobody refuses: no daemon runs, or it hangs.
func findStandstill(ctx context.Context, tx *store.Tx, l Look) ([]store.Trouble, error) {
	if l.StaleAfter == 0 {
		return nil, nil
	}
	var still []string
	var since time.Time
	for _, name := range store.Watched {
		c := l.source(name)
		last := c.ReadAt
		if c.FailedAt.After(last) {
			last = c.FailedAt
		}
		if last.IsZero() {
			born, err := bornAt(ctx, tx)
			if err != nil {
				return nil, err
			}
			last = born
		}
		if tx.Now.Sub(last) <= l.StaleAfter {
			continue
		}
		still = append(still, name)
		if since.IsZero() || last.Before(since) {
			since = last
		}
	}
	if len(still) == 0 {
		return nil, nil
	}
	cost, err := l.stakes(ctx, tx)
	return []store.Trouble{{
		Kind: KindStandstill, Severity: store.Urgent, Since: since, Cost: unheard(still, cost),
		What:   "nothing was read for too long: " + strings.Join(still, ", "),
		Remedy: "look whether the daemon runs: systemctl status ghlsms; if it does, read more often (schedule in the config)",
	}}, err
}

// unheard adds to what a trouble with reading costs that people are not heard, who may wish for no more texts.
func unheard(sources []string, cost string) string {
	if slices.Contains(sources, store.SourceInbound) {
		return "what people text is not heard; " + cost
	}
	return cost
}

// bornAt is when the mirror was made.
func bornAt(ctx context.Context, tx *store.Tx) (time.Time, error) {
	born, err := tx.Meta(ctx, store.MetaBorn)
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, born)
}

// findCycle finds that a cycle fails for a reason that is no source's.
func findCycle(ctx context.Context, tx *store.Tx, _ Look) ([]store.Trouble, error) {
	c, err := tx.Cursor(ctx, store.SourceCycle)
	if err != nil || c.Failing.IsZero() {
		return nil, err
	}
	t := store.Trouble{
		Kind: KindCycle, Severity: store.Urgent, Since: c.Failing, Details: sms.Clean(c.Error),
		What: "ghlsms fails before it has read, planned or delivered everything", Cost: "what people text may not be heard, and reminders may not leave",
		Remedy: "see the error: ghlsms status, and the log",
	}
	if strings.Contains(c.Error, "permission denied") {
		t.Remedy = "let the user that ghlsms runs as own the file that ghlsms status names: chown"
	}
	return []store.Trouble{t}, nil
}
