package alarm

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/config"
)

// Answers that are none, and redirects that lead elsewhere or to a GET, are failures with a remedy.
func TestAnswers(t *testing.T) {
	other := receive(t, nil)
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
		calls  int
	}{
		{"201", status(201), "", 1},
		{"204", status(204), "", 1},
		{"304", status(304), "127.0.0.1 answered 304 Not Modified; look at alarms.webhook and at what the server says of it", 1},
		{"401", status(401), "127.0.0.1 answered 401 Unauthorized; look at alarms.webhook and at who may call it: it does not let us in", 1},
		{"404", status(404), "127.0.0.1 answered 404 Not Found; look at alarms.webhook: there is nothing of ours behind it", 1},
		{"429", status(429), "127.0.0.1 answered 429 Too Many Requests; it has had too many for now", 1},
		{"503", status(503), "127.0.0.1 answered 503 Service Unavailable; look at the server: it has a trouble of its own", 1},
		{"another host", elsewhere(307, other.URL), "127.0.0.1 sends us elsewhere; write the URL that it sends to, if you trust it, into alarms.webhook", 1},
		{"a GET", elsewhere(302, "/there"), "127.0.0.1 sends us elsewhere; write the URL that it sends to, if you trust it, into alarms.webhook", 1},
		{"itself", elsewhere(308, "/there"), "", 2},
		{"for ever", http.RedirectHandler("/hook", http.StatusTemporaryRedirect).ServeHTTP, "127.0.0.1 sends us elsewhere; write the URL that it sends to, if you trust it, into alarms.webhook", 4},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "127.0.0.1 hung up; look at alarms.webhook, and whether this machine reaches it", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := receive(t, tt.answer)
			err := tell(t, load(t, "webhook: "+r.URL+"/hook"), Options{}, credit(Begins))["webhook"]
			got := ""
			if f, ok := errors.AsType[*WayError](err); ok {
				got = f.Text()
			}
			if got != tt.want || len(r.all()) != tt.calls {
				t.Errorf("got  %v (%d calls)\nwant %s", err, len(r.all()), tt.want)
			}
		})
	}
	if len(other.all()) > 0 {
		t.Error("another host was told")
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func elsewhere(code int, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hook" {
			http.Redirect(w, r, to, code)
		}
	}
}

// Ways that hang do not hold up the others, nor whoever tells.
func TestHangingWays(t *testing.T) {
	hang, r := hanging(t), receive(t, nil)
	cfg := load(t, fmt.Sprintf("webhook: http://%s/hook\nntfy: %s/topic\nemail: {smtp: '%s', from: a@example.com, to: [b@example.com]}", hang, r.URL, hang))
	start := time.Now()
	failed := tell(t, cfg, Options{Timeout: 300 * time.Millisecond}, credit(Begins))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if failed["ntfy"] != nil || len(r.all()) != 1 {
		t.Errorf("ntfy waited for the others: %v", failed)
	}
	for _, way := range []string{"webhook", "email"} {
		if failed[way] == nil || !strings.Contains(failed[way].Error(), "127.0.0.1 did not answer in time") {
			t.Errorf("%s: %v", way, failed[way])
		}
	}
}

// stuck does not come back, whatever its context says.
type stuck struct{ until chan struct{} }

func (stuck) Name() string { return "stuck" }

func (s stuck) Tell(context.Context, string, time.Time, []Trouble) error {
	<-s.until
	return nil
}

type panicking struct{}

func (panicking) Name() string { return "panicking" }

func (panicking) Tell(context.Context, string, time.Time, []Trouble) error { panic("oh") }

// A way that does not come back is left behind, and not entered again while it hangs.
func TestStuckWay(t *testing.T) {
	way := stuck{make(chan struct{})}
	teller := &Teller{Ways: []Way{way, panicking{}}, Timeout: 20 * time.Millisecond}
	for _, want := range []string{"stuck: context deadline exceeded", "stuck: its last message still hangs"} {
		failed := teller.Tell(t.Context(), "", now, teller.Everywhere(many(1)))
		if failed["stuck"] == nil || failed["stuck"].Error() != want || failed["panicking"].Error() != "panicking: panic: oh" {
			t.Errorf("got %v, want %s", failed, want)
		}
	}
	close(way.until)
	for deadline := time.Now().Add(time.Minute); !teller.take("stuck"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came back")
		}
	}
}

// A way that has nothing to tell is not called.
func TestNothingToTell(t *testing.T) {
	r := receive(t, nil)
	teller := New(load(t, "webhook: "+r.URL+"\nntfy: "+r.URL+"/topic"), Options{})
	failed := teller.Tell(t.Context(), "", now, map[string][]Trouble{"ntfy": many(1), "webhook": nil})
	if _, tried := failed["webhook"]; tried || len(failed) != 1 || len(r.all()) != 1 {
		t.Errorf("got %v and %d calls", failed, len(r.all()))
	}
}

// Nothing secret is in a failure, a table, or a message, whatever goes wrong.
func TestSecretsStayOut(t *testing.T) {
	const planted = "pl4nted-s3cret"
	secrets := []string{planted, url.QueryEscape(planted), base64.StdEncoding.EncodeToString([]byte(planted)), base64.StdEncoding.EncodeToString([]byte("\x00us\x00" + planted))}
	bad := receive(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.RequestURI()+"/"+planted)
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, r.URL.RequestURI(), r.Header)
	})
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(untrusted.Close)
	hang := hanging(t)
	mail := serveMail(t, &mailServer{user: "us", pass: "other"}, false)
	leaky := credit(Begins)
	leaky.What = "The webhook " + bad.URL + "/" + planted + " failed"
	for _, base := range []string{bad.URL, untrusted.URL, "http://" + hang, "http://127.0.0.1:1", "https://no-such-host.invalid", "http://user:" + planted + "@127.0.0.1:1"} {
		cfg := load(t, fmt.Sprintf(`webhook: %[1]s/%[2]s?k=%[2]s
webhook_secret: %[2]s-and-more
ntfy: %[1]s/%[2]s
ntfy_token: %[2]s
heartbeat: %[1]s/%[2]s
email: {smtp: "%[3]s", from: a@example.com, to: [b@example.com], user: us, password: %[2]s}`, base, planted, mail.address))
		o := Options{Timeout: 500 * time.Millisecond, Roots: mail.roots}
		var out strings.Builder
		for way, err := range tell(t, cfg, o, leaky) {
			if err == nil {
				t.Errorf("%s: %s does not fail", base, way)
			}
			fmt.Fprintf(&out, "%v %+v %s\n", err, err, err)
		}
		fmt.Fprintln(&out, tryTable(Try(t.Context(), cfg, "", o)), failures(cfg, Try(t.Context(), cfg, "", o)), listed(cfg))
		for _, s := range secrets {
			if strings.Contains(out.String(), s) {
				t.Errorf("%s: it shows %s:\n%s", base, s, out.String())
			}
		}
	}
	good := receive(t, nil)
	must(t, load(t, "webhook: "+good.URL+"/"+planted), Options{}, leaky)
	if body := good.last(t).body; bytes.Contains(body, []byte("/"+planted)) {
		t.Errorf("a message shows its URL: %s", body)
	}
}

func TestDue(t *testing.T) {
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	const again = 4 * time.Hour
	urgent := func(t Told) Told { t.Severity, t.At = Urgent, now; return t }
	for _, tt := range []struct {
		name string
		told Told
		is   Standing
		now  time.Time
		want string
	}{
		{name: "new", now: now, want: "begins"},
		{name: "came and went", is: Standing{Ended: now}, now: at(9)},
		{name: "told", told: Told{State: Begins, At: now}, now: at(239)},
		{name: "again", told: Told{State: Begins, At: now}, now: at(240), want: "goes on"},
		{name: "and again", told: Told{State: GoesOn, At: now}, now: at(240), want: "goes on"},
		{name: "over just now", told: Told{State: GoesOn, At: now}, is: Standing{Ended: now}, now: now.Add(59 * time.Second)},
		{name: "over", told: Told{State: GoesOn, At: now}, is: Standing{Ended: now}, now: at(1), want: "is over"},
		{name: "over and told", told: Told{State: IsOver, At: now}, is: Standing{Ended: now}, now: at(9999)},
		{name: "over when it was found, as a stop is", is: Standing{Ended: now, Past: true}, now: now, want: "is over"},
		{name: "that is told once", told: Told{State: IsOver, At: now}, is: Standing{Ended: now, Past: true}, now: at(9999)},
		{name: "it comes back", told: Told{State: IsOver, At: now}, now: at(1), want: "begins, comes back"},
		{name: "it comes back, and somebody knows", told: Told{State: IsOver, At: now}, is: Standing{Acked: true}, now: at(1)},
		{name: "it gets worse", told: Told{State: Begins, At: now, Severity: Warning}, is: Standing{Severity: Urgent}, now: now, want: "goes on, gets worse"},
		{name: "it is as bad as it was told", told: urgent(Told{State: Begins}), is: Standing{Severity: Urgent}, now: at(1)},
		{name: "it gets better", told: urgent(Told{State: Begins}), is: Standing{Severity: Warning}, now: at(1)},
		{name: "somebody knows", told: Told{State: Begins, At: now}, is: Standing{Acked: true}, now: at(1), want: "goes on, acknowledged"},
		{name: "somebody knows, and that is told", told: Told{State: GoesOn, At: now, Acked: true}, is: Standing{Acked: true}, now: at(9999)},
		{name: "nobody need hear of what somebody knows", is: Standing{Acked: true}, now: now},
		{name: "more than they know", told: Told{State: GoesOn, At: now, Acked: true, Size: 3}, is: Standing{Size: 5}, now: at(1), want: "goes on, grows"},
		{name: "a little more", told: Told{State: Begins, At: now, Size: 1}, is: Standing{Size: 2}, now: at(239)},
		{name: "much more, at once", told: Told{State: Begins, At: now, Size: 1}, is: Standing{Size: 17}, now: at(4)},
		{name: "much more", told: Told{State: Begins, At: now, Size: 1}, is: Standing{Size: 17}, now: at(5), want: "goes on, grows"},
		{name: "failed just now", told: Told{Fails: 1, FailedAt: now}, now: now.Add(59 * time.Second)},
		{name: "tried again", told: Told{Fails: 1, FailedAt: now}, now: at(1), want: "begins"},
		{name: "the wait doubles", told: Told{Fails: 4, FailedAt: now}, now: at(7)},
		{name: "the wait doubled", told: Told{Fails: 4, FailedAt: now}, now: at(8), want: "begins"},
		{name: "the longest wait", told: Told{Fails: 1000, FailedAt: now}, now: at(60), want: "begins"},
		{name: "over, and its begin may have been heard", told: Told{Fails: 2, FailedAt: now}, is: Standing{Ended: now}, now: at(2), want: "is over"},
		{name: "a clock that went back", told: Told{Fails: 9, FailedAt: at(600)}, now: now, want: "begins"},
	} {
		state, news, due := Due(tt.told, tt.is, tt.now, Pace{Again: again, Calm: time.Minute})
		got := string(state)
		if news != "" {
			got += ", " + string(news)
		}
		if !due {
			got = ""
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	told := Told{}.After(Begins, Standing{}, now, errors.New("x")).After(Begins, Standing{}, at(1), &WayError{})
	if told != (Told{Fails: 2, FailedAt: at(1)}) {
		t.Errorf("got %+v", told)
	}
	if told = told.After(Begins, Standing{Size: 3}, at(9), &WayError{Told: true}); told != (Told{State: Begins, At: at(9), Size: 3}) {
		t.Errorf("got %+v", told)
	}
}

// Only what keeps texts from leaving or being heard stops the heartbeat.
func TestWell(t *testing.T) {
	warning := credit(GoesOn)
	warning.Severity = Warning
	if !Well(nil) || !Well([]Trouble{warning, credit(IsOver)}) || Well([]Trouble{warning, credit(GoesOn)}) || Well([]Trouble{credit(Begins)}) {
		t.Error("the heartbeat beats at the wrong times")
	}
}

// The commands show which ways there are and what came of trying them.
func TestCommands(t *testing.T) {
	good, bad := receive(t, nil), receive(t, status(404))
	cfg := load(t, fmt.Sprintf("webhook: %s/T0KEN\nwebhook_secret: 0123456789abcdef\nntfy: %s/T0PIC\nheartbeat: %s/T0KEN", good.URL, bad.URL, good.URL))
	cfg.Staff = []string{"+12025550190"}
	run := func(args ...string) (stdout, stderr string, err error) {
		cmd := Command(func() (*config.Config, error) { return cfg, nil }, "v1")
		var out, talk strings.Builder
		cmd.SetOut(&out)
		cmd.SetErr(&talk)
		cmd.SetArgs(args)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err = cmd.ExecuteContext(t.Context())
		return out.String(), talk.String(), err
	}
	out, _, err := run("list")
	want := fmt.Sprintf("WAY        GOES TO                     SET BY            ALSO\nwebhook    %s/***  alarms.webhook    signed\nntfy       %s/***  alarms.ntfy       -\nheartbeat  %s/***  alarms.heartbeat  while texts leave and are heard\nstaff      +12025550190                staff             a text, by the gateway\n", good.URL, bad.URL, good.URL)
	if squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }; err != nil || squeeze(out) != squeeze(want) {
		t.Errorf("got %v\n%s\nwant\n%s", err, out, want)
	}
	out, talk, err := run("test", "--format", "csv")
	if err == nil || !strings.HasSuffix(err.Error(), "c.yaml:7:9: alarms.ntfy: 127.0.0.1 answered 404 Not Found; look at alarms.ntfy: there is nothing of ours behind it") {
		t.Errorf("got %v", err)
	}
	if !strings.HasPrefix(out, "way,outcome,took_ms\nwebhook,told,") || !strings.Contains(out, "\nntfy,failed: 127.0.0.1 answered 404 Not Found,") || !strings.Contains(out, "\nheartbeat,told,") {
		t.Errorf("got\n%s", out)
	}
	if talk != "staff got no text: trying that would cost money\n" {
		t.Errorf("got %s", talk)
	}
	if !bytes.Contains(good.all()[0].body, []byte(`"kind":"test"`)) && !bytes.Contains(good.all()[1].body, []byte(`"kind":"test"`)) {
		t.Error("a test does not say that it is one")
	}
	if out, _, err := run("test", "--way", "webhook"); err != nil || strings.Count(out, "\n") != 2 {
		t.Errorf("got %v\n%s", err, out)
	}
	for _, args := range [][]string{{"test", "--way", "pigeon"}, {"test", "--way", "email"}} {
		if _, _, err := run(args...); err == nil {
			t.Errorf("%v passes", args)
		}
	}
}
