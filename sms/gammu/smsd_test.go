package gammu_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"ghlsms/sms"
	"ghlsms/sms/gammu"
	"ghlsms/sms/gammu/gammutest"
)

// The tests in this file run the real gammu-smsd.

func start(t *testing.T, opts ...gammutest.Option) (*gammutest.Phone, *gammu.Gateway) {
	t.Helper()
	t.Parallel()
	p := gammutest.Start(t, opts...)
	return p, open(t, gammu.Options{Database: p.Database(), PhoneID: gammutest.PhoneID, Number: "+15550100"})
}

func open(t *testing.T, opts gammu.Options) *gammu.Gateway {
	t.Helper()
	g, err := gammu.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func send(t *testing.T, g *gammu.Gateway, ref, to, text string) string {
	t.Helper()
	acc, err := g.Send(t.Context(), sms.Outgoing{Ref: ref, To: sms.Phone(to), Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return acc.ID
}

func waitSent(t *testing.T, p *gammutest.Phone, n int) []gammutest.Sent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	sent, err := p.WaitSent(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out: %s", what)
		}
	}
}

func status(t *testing.T, g *gammu.Gateway, id string) sms.Delivery {
	t.Helper()
	d, err := g.Status(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func transmissions(t *testing.T, p *gammutest.Phone, want int) {
	t.Helper()
	if n, err := p.Transmissions(); err != nil || n != want {
		t.Errorf("the phone sent %d times, want %d, %v", n, want, err)
	}
}

func TestTextsLeaveWhole(t *testing.T) {
	p, g := start(t)
	texts := []struct {
		text  string
		parts int
		max   int // characters or UTF-16 units in a part
	}{
		{"See you at 9", 1, 160},
		{strings.Repeat("x", 160), 1, 160},
		{strings.Repeat("0123456789", 40), 3, 153},
		{"Zażółć gęślą jaźń 😀", 1, 70},
		{strings.Repeat("Smiles 😀😀 ", 20), 4, 67},
		{"x" + strings.Repeat("€", 100), 2, 153},
		{"@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà^{}\\[~]|€", 1, 160},
		{`it's 'quoted'); DROP TABLE outbox; --`, 1, 160},
	}
	ids := make([]string, len(texts))
	for i, tt := range texts {
		ids[i] = send(t, g, fmt.Sprintf("ref-%d", i), "+15550100011", tt.text)
	}
	sent := waitSent(t, p, len(texts))
	parts := 0
	for i, tt := range texts {
		s := sent[i]
		if s.Text != tt.text || s.Ref != fmt.Sprintf("ref-%d", i) || s.To != "+15550100011" || fmt.Sprint(s.ID) != ids[i] {
			t.Errorf("sent %q to %s as %s with id %d, want %q as id %s", s.Text, s.To, s.Ref, s.ID, tt.text, ids[i])
		}
		if len(s.Parts) != tt.parts {
			t.Errorf("%q left in %d parts, want %d", tt.text, len(s.Parts), tt.parts)
		}
		for _, part := range s.Parts {
			if n := len(utf16.Encode([]rune(part))); n > tt.max || strings.Contains(part, "\uFFFD") {
				t.Errorf("part %q of %d units, want at most %d", part, n, tt.max)
			}
		}
		if d := status(t, g, ids[i]); d.State != sms.StateSent || d.Parts != tt.parts || time.Since(d.At) > 10*time.Minute {
			t.Errorf("status of %q is %+v", tt.text, d)
		}
		parts += tt.parts
	}
	transmissions(t, p, parts)
}

func TestSameReferenceLeavesOnce(t *testing.T) {
	p, g := start(t)
	must(t, p.Stop())
	queued := send(t, g, "once", "+15550100012", "Hello")
	if again := send(t, g, "once", "+15550100012", "Hello"); again != queued {
		t.Errorf("id %s while in the outbox, want %s", again, queued)
	}
	if d := status(t, g, queued); d.State != sms.StateQueued || d.Parts != 1 || time.Since(d.At).Abs() > 10*time.Minute {
		t.Errorf("status while queued is %+v", d)
	}
	must(t, p.Restart())
	waitSent(t, p, 1)
	acc, err := g.Send(t.Context(), sms.Outgoing{Ref: "once", To: "+15550100012", Text: "Hello"})
	if err != nil || acc != (sms.Accepted{ID: queued, State: sms.StateSent}) {
		t.Errorf("after it left: %+v, %v", acc, err)
	}
	found, err := g.FindSent(t.Context(), sms.SentQuery{Ref: "once"})
	if err != nil || len(found) != 1 || found[0].ID != queued || found[0].State != sms.StateSent || time.Since(found[0].At).Abs() > 10*time.Minute {
		t.Errorf("found %+v, %v", found, err)
	}
	send(t, g, "twice", "+15550100012", "Hello") // proves that nothing was queued before it
	if sent := waitSent(t, p, 2); len(sent) != 2 || sent[1].Ref != "twice" {
		t.Errorf("sent %+v", sent)
	}
	transmissions(t, p, 2)
}

func TestTextsComeIn(t *testing.T) {
	p, g := start(t, gammutest.RollbackJournal())
	long := strings.Repeat("All work and no play. ", 15)
	texts := []struct{ from, text string }{
		{"+15550100002", "STOP"},
		{"+15550100003", "Zażółć gęślą jaźń 😀"},
		{"+15550100002", long},
		{"+15550100004", strings.Repeat("😀ż", 60)},
		{"INFO", "From a name {€}"},
		{"12345", "From a short code"},
		{"+15550100002", "STOP"},
	}
	begin := time.Now().Truncate(time.Second)
	for _, tt := range texts {
		must(t, p.Text(tt.from, tt.text))
	}
	var got []sms.Incoming
	var cursor sms.Cursor
	eventually(t, "all texts in the inbox", func() bool {
		in, next, err := g.Inbound(t.Context(), cursor, 2)
		must(t, err)
		got, cursor = append(got, in...), next
		return len(got) >= len(texts)
	})
	keys := make(map[string]bool)
	for i, in := range got {
		if in.From != texts[i].from || in.Text != texts[i].text || in.To != "+15550100" {
			t.Errorf("text %d: %q from %s to %s, want %q from %s", i, in.Text, in.From, in.To, texts[i].text, texts[i].from)
		}
		if in.At.Before(begin) || in.At.After(time.Now()) || in.At.Location() != time.UTC {
			t.Errorf("text %d came at %s, not between %s and now in UTC", i, in.At, begin)
		}
		keys[in.Key] = true
	}
	if len(keys) != len(texts) {
		t.Errorf("%d keys for %d texts", len(keys), len(texts))
	}
	in, next, err := g.Inbound(t.Context(), cursor, 10)
	if err != nil || len(in) != 0 || next != cursor {
		t.Errorf("then %v, cursor %s after %s, %v", in, next, cursor, err)
	}
}

// A part that gammu-smsd got too late to join it, here because it was restarted, is joined by
// the gateway.
func TestLatePartIsJoined(t *testing.T) {
	p, g := start(t)
	must(t, p.Part("+15550100005", "behind 😀", 7, 2, 2))
	var cursor sms.Cursor
	eventually(t, "the lone part in the inbox", func() bool {
		in, next, err := g.Inbound(t.Context(), cursor, 10)
		must(t, err)
		if len(in) != 0 {
			t.Fatalf("given out without its first part: %+v", in)
		}
		cursor = next
		return cursor != "0"
	})
	must(t, p.Text("+15550100006", "not held up"))
	must(t, p.Part("+15550100005", "in front, ", 7, 2, 1))
	var got []string
	eventually(t, "both texts", func() bool {
		in, next, err := g.Inbound(t.Context(), cursor, 10)
		must(t, err)
		for _, i := range in {
			got = append(got, i.Text)
		}
		cursor = next
		return len(got) == 2
	})
	if got[0] != "not held up" || got[1] != "in front, behind 😀" {
		t.Errorf("got %q", got)
	}
}

func TestDeliveryReports(t *testing.T) {
	p, g := start(t)
	good := send(t, g, "good", "+15550100021", "Hello")
	bad := send(t, g, "bad", "+15550100022", "Hello")
	long := send(t, g, "long", "+15550100023", strings.Repeat("Hello ", 60))
	silent := send(t, g, "silent", "+15550100024", "Hello")
	waitSent(t, p, 4)
	must(t, p.Deliver("+15550100021", true))
	must(t, p.Deliver("+15550100022", false))
	must(t, p.Deliver("+15550100023", true))
	for id, want := range map[string]sms.State{good: sms.StateDelivered, bad: sms.StateFailed, long: sms.StateDelivered} {
		eventually(t, string(want), func() bool { return status(t, g, id).State == want })
		if d := status(t, g, id); time.Since(d.At).Abs() > 10*time.Minute || (d.Reason == "") != (want == sms.StateDelivered) {
			t.Errorf("%s: %+v", want, d)
		}
	}
	if d := status(t, g, long); d.Parts != 3 {
		t.Errorf("long text: %+v", d)
	}
	if d := status(t, g, silent); d.State != sms.StateSent {
		t.Errorf("text without a report: %+v", d)
	}
}

func TestRestartsLoseAndRepeatNothing(t *testing.T) {
	p, g := start(t, gammutest.RollbackJournal())
	const n = 10
	for i := range n {
		send(t, g, fmt.Sprintf("r-%d", i), fmt.Sprintf("+155501001%02d", i), fmt.Sprintf("Text %d", i))
	}
	waitSent(t, p, 2)
	must(t, p.Restart())
	waitSent(t, p, 5)
	// gammu-smsd sleeps for a second now. Killed while it sends, it would lock that text for
	// a minute.
	must(t, p.Kill())
	for i := range n { // as after a crash on our side
		send(t, g, fmt.Sprintf("r-%d", i), fmt.Sprintf("+155501001%02d", i), fmt.Sprintf("Text %d", i))
	}
	must(t, p.Restart())
	send(t, g, "last", "+15550100199", "Last")
	times := make(map[string]int)
	for _, s := range waitSent(t, p, n+1) {
		times[s.Ref+" "+s.Text]++
	}
	for i := range n {
		if k := fmt.Sprintf("r-%d Text %d", i, i); times[k] != 1 {
			t.Errorf("%q left %d times", k, times[k])
		}
	}
	if len(times) != n+1 {
		t.Errorf("sent %v", times)
	}
	transmissions(t, p, n+1)
}

// Far from UTC, texts leave at once all the same, and all times are right.
func TestGammuInAnotherZone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/Los_Angeles", "Pacific/Auckland"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Skip(err)
			}
			p := gammutest.Start(t, gammutest.InZone(zone))
			g := open(t, gammu.Options{Database: p.Database()})
			begin := time.Now().Truncate(time.Second)
			must(t, p.Text("+15550100002", "Hello"))
			id := send(t, g, "r", "+15550100031", "Hello")
			waitSent(t, p, 1)
			var in []sms.Incoming
			eventually(t, "text in the inbox", func() bool {
				in, _, err = g.Inbound(t.Context(), "", 1)
				must(t, err)
				return len(in) == 1
			})
			sent := status(t, g, id)
			must(t, p.Deliver("+15550100031", true))
			eventually(t, "delivery", func() bool { return status(t, g, id).State == sms.StateDelivered })
			for what, at := range map[string]time.Time{"in": in[0].At, "sent": sent.At, "delivered": status(t, g, id).At} {
				if at.Before(begin) || at.After(time.Now()) {
					t.Errorf("%s at %s, not between %s and now", what, at, begin)
				}
			}
		})
	}
}
