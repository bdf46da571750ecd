package smsto

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms"
)

// inboundOverlap is how far behind the newest text we look again, for texts that are listed
// late or out of order.
const inboundOverlap = 6 * time.Hour

// text is an inbound text as the API shows it, or may show it: only the names of the webhook's
// fields are documented.
type text struct {
	ID        loose `json:"id"`
	UID       loose `json:"_id"`
	MessageID loose `json:"message_id"`
	From      loose `json:"from"`
	Sender    loose `json:"sender"`
	To        loose `json:"to"`
	Message   loose `json:"message"`
	Text      loose `json:"text"`
	Received  loose `json:"receivedDate"`
	Received2 loose `json:"received_at"`
	Received3 loose `json:"received_date"`
	Created   loose `json:"created_at"`
}

func first(values ...loose) loose { return cmp.Or(values...) }

func (t text) received() loose { return first(t.Received, t.Received2, t.Received3, t.Created) }

// incoming gives a text its key: its id if it has one, else a hash of all that is told about
// it. Two equal texts of the same person in the same second are then one.
func (t text) incoming() sms.Incoming {
	from, body := string(first(t.From, t.Sender)), string(first(t.Message, t.Text))
	in := sms.Incoming{From: strings.TrimSpace(from), To: strings.TrimSpace(string(t.To)), Text: sms.Clean(body), At: t.received().time()}
	if id := first(t.UID, t.MessageID, t.ID); id != "" {
		in.Key = "id:" + string(id)
		return in
	}
	h := sha256.New()
	for _, part := range []string{from, string(t.To), string(t.received()), body} {
		h.Write([]byte(strconv.Itoa(len(part)) + "|" + part))
	}
	in.Key = "hash:" + hex.EncodeToString(h.Sum(nil)[:16])
	return in
}

// Inbound lists the texts that came in. SMS.to shows recent ones only, so the caller must ask
// often enough; how far back they go is not documented. A batch below the limit is the end for
// now; the call after it starts over six hours before the newest text, and so repeats texts. A
// cursor that this gateway did not make counts as empty.
//
// A text whose time cannot be read is returned as long as it is shown, with At the time of the
// call; a time in the future is brought down to it too. From is empty if a text has no sender.
func (g *Gateway) Inbound(ctx context.Context, after sms.Cursor, limit int) ([]sms.Incoming, sms.Cursor, error) {
	c, err := g.call(http.MethodGet, g.account+"/v1/recent/inbound-sms", nil)
	if err != nil {
		return nil, after, err
	}
	c.Max = 8 << 20
	var list rows[text]
	if err := c.Do(ctx, g.client, &list); err != nil {
		return nil, after, err
	}
	if err := list.check(c); err != nil {
		return nil, after, err
	}
	texts := arrange(list.Data)
	if len(texts) > 0 && !slices.ContainsFunc(texts, hasSender) {
		return nil, after, c.Refused(sms.ErrUnavailable, "inbound texts have an unknown shape")
	}
	now := time.Now().UTC()
	batch, next := parseCursor(after).take(texts, limit, now)
	for i := range batch {
		if batch[i].At.IsZero() || batch[i].At.After(now) {
			batch[i].At = now
		}
	}
	return batch, next.cursor(), nil
}

// arrange puts the texts into their order, each once. Those without a time come first.
func arrange(list []text) []sms.Incoming {
	out := make([]sms.Incoming, 0, len(list))
	seen := map[string]bool{}
	for _, t := range list {
		in := t.incoming()
		if !seen[in.Key] {
			seen[in.Key] = true
			out = append(out, in)
		}
	}
	slices.SortFunc(out, inOrder)
	return out
}

func hasSender(in sms.Incoming) bool { return in.From != "" }

func inOrder(a, b sms.Incoming) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Key, b.Key)) }

// position is what a cursor holds. A pass starts at the mark less the overlap and ends with a
// batch below the limit. After a full batch, resume is the last text that was returned, so that
// the next call goes on behind it instead of returning the same texts for ever.
type position struct {
	newest time.Time
	resume sms.Incoming // only At and Key; the zero value starts a new pass
}

// take returns the next texts of a pass and the position behind them.
func (p position) take(texts []sms.Incoming, limit int, now time.Time) ([]sms.Incoming, position) {
	since := p.newest.Add(-inboundOverlap)
	texts = slices.DeleteFunc(texts, func(in sms.Incoming) bool {
		if p.resume.Key != "" {
			return inOrder(in, p.resume) <= 0
		}
		return !p.newest.IsZero() && !in.At.IsZero() && in.At.Before(since)
	})
	full := limit > 0 && len(texts) >= limit
	if full {
		texts = texts[:limit]
	}
	next := position{newest: p.newest}
	for _, in := range texts {
		// A clock that is ahead must not make us skip what comes with the right time.
		if in.At.After(next.newest) && !in.At.After(now) {
			next.newest = in.At
		}
	}
	if full {
		next.resume = texts[len(texts)-1]
	}
	return texts, next
}

const cursorForm = "v1"

func (p position) cursor() sms.Cursor {
	if p.newest.IsZero() && p.resume.Key == "" {
		return ""
	}
	parts := []string{cursorForm, stamp(p.newest)}
	if p.resume.Key != "" {
		parts = append(parts, stamp(p.resume.At), p.resume.Key)
	}
	return sms.Cursor(strings.Join(parts, " "))
}

func parseCursor(c sms.Cursor) position {
	parts := strings.SplitN(string(c), " ", 4)
	if len(parts) != 2 && len(parts) != 4 || parts[0] != cursorForm {
		return position{}
	}
	var p position
	var ok bool
	if p.newest, ok = unstamp(parts[1]); !ok {
		return position{}
	}
	if len(parts) == 4 {
		if p.resume.At, ok = unstamp(parts[2]); !ok {
			return position{}
		}
		p.resume.Key = parts[3]
	}
	return p
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func unstamp(s string) (time.Time, bool) {
	if s == "-" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t.UTC(), err == nil
}
