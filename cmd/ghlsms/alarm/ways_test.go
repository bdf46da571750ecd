package alarm

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Each message is of the form that docs/alarm.schema.json describes, and signed.
func TestWebhook(t *testing.T) {
	const secret = "0123456789abcdef0123"
	schema, err := jsonschema.NewCompiler().Compile("../../../docs/alarm.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	r := receive(t, nil)
	cfg := load(t, "webhook: "+r.URL+"/hooks/T0KEN?x=y\nwebhook_secret: "+secret)
	for name, all := range map[string][]Trouble{
		"begins": {credit(Begins)}, "goes on": {credit(GoesOn)}, "is over": {credit(IsOver)}, "many": many(140), "bare": {{Kind: "x"}},
		"hostile": {{Kind: "x\"\r\n", What: "a\r\nX-Evil: 1\x00\u202e</script> ünï ✓", State: Begins}},
	} {
		t.Run(name, func(t *testing.T) {
			must(t, cfg, Options{Version: "v1.2.3"}, all...)
			got := r.last(t)
			if got.method != http.MethodPost || got.path != "/hooks/T0KEN?x=y" || got.header.Get("Content-Type") != "application/json" || got.header.Get("User-Agent") != "ghlsms v1.2.3" {
				t.Errorf("got %s %s %v", got.method, got.path, got.header)
			}
			if want := Signature(secret, got.body); got.header.Get("X-Ghlsms-Signature") != want || got.header.Get("X-Evil") != "" {
				t.Errorf("signature %q, want %q", got.header.Get("X-Ghlsms-Signature"), want)
			}
			body, err := jsonschema.UnmarshalJSON(strings.NewReader(string(got.body)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(body); err != nil {
				t.Errorf("%v\n%s", err, got.body)
			}
			var m message
			if err := json.Unmarshal(got.body, &m); err != nil {
				t.Fatal(err)
			}
			if len(m.Troubles)+m.More != len(all) || !m.Time.Equal(now) || m.Location != "Bright Smile Dental" {
				t.Errorf("got %+v", m)
			}
			if strings.Contains(string(got.body), "Jane") || strings.Contains(string(got.body), `"details"`) {
				t.Errorf("it names people: %s", got.body)
			}
		})
	}
}

// The signature is the usual one: `printf body | openssl dgst -sha256 -hmac secret`.
func TestSignature(t *testing.T) {
	if got, want := Signature("key", []byte("The quick brown fox jumps over the lazy dog")), "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// People are named only where the owner says so, and then in full.
func TestDetails(t *testing.T) {
	r := receive(t, nil)
	trouble := credit(Begins)
	trouble.What, trouble.Remedy = "A text to +12025550101 waits", "write to jane@example.com"
	for _, details := range []string{"false", "true"} {
		must(t, load(t, "webhook: "+r.URL+"\nntfy: "+r.URL+"/topic\ndetails: "+details), Options{}, trouble)
		all := r.all()
		for _, got := range all[len(all)-2:] {
			text := string(got.body) + got.header.Get("Title")
			for _, person := range []string{"+12025550101", "jane@", "Jane Doe"} {
				if named := strings.Contains(text, person); named != (details == "true") {
					t.Errorf("details %s: %s named %v in %s", details, person, named, text)
				}
			}
		}
	}
}

func TestNTFY(t *testing.T) {
	r := receive(t, nil)
	cfg := load(t, "ntfy: "+r.URL+"/secret-topic\nntfy_token: tk_12345678")
	warning := credit(Begins)
	warning.Severity = Warning
	odd := credit(Begins)
	odd.What = "Größe ✓ überschritten\r\nPriority: 1\r\n\r\n" + strings.Repeat("ж", 200)
	for _, tt := range []struct {
		name                  string
		all                   []Trouble
		title, priority, tags string
	}{
		{"begins", []Trouble{credit(Begins)}, "Bright Smile Dental: no credit at the gateway (urgent)", "5", "rotating_light"},
		{"goes on", []Trouble{credit(GoesOn)}, "Bright Smile Dental: still no credit at the gateway (urgent, for 2 hours)", "4", "rotating_light"},
		{"is over", []Trouble{credit(IsOver)}, "Bright Smile Dental: over: no credit at the gateway", "2", "white_check_mark"},
		{"warning", []Trouble{warning}, "Bright Smile Dental: no credit at the gateway (warning)", "3", "warning"},
		{"many", append(many(14), credit(IsOver)), "Bright Smile Dental: 14 troubles begin, 1 is over (3 urgent)", "5", "rotating_light"},
		{"odd", []Trouble{odd}, "Bright Smile Dental: größe ✓ überschritten Priority: 1 " + strings.Repeat("ж", 200) + " (urgent)", "5", "rotating_light"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			must(t, cfg, Options{}, tt.all...)
			got := r.last(t)
			title, err := new(mime.WordDecoder).DecodeHeader(got.header.Get("Title"))
			if err != nil || title != tt.title {
				t.Errorf("title %q (%v), want %q", title, err, tt.title)
			}
			if strings.ContainsFunc(got.header.Get("Title"), func(c rune) bool { return c < ' ' || c > '~' }) {
				t.Errorf("title is not plain: %q", got.header.Get("Title"))
			}
			if got.header.Get("Priority") != tt.priority || got.header.Get("Tags") != tt.tags || got.header.Get("Authorization") != "Bearer tk_12345678" || got.path != "/secret-topic" {
				t.Errorf("got %s %v", got.path, got.header)
			}
			if len(got.body) > 4096 {
				t.Errorf("%d bytes: it would become a file", len(got.body))
			}
		})
	}
}

// What is too long for ntfy lists fewer, and says how many more there are.
func TestNTFYIsShort(t *testing.T) {
	r := receive(t, nil)
	all := many(24)
	for i := range all {
		all[i].Cost, all[i].Remedy = strings.Repeat("é ", 200), strings.Repeat("x", 900)
	}
	must(t, load(t, "ntfy: "+r.URL+"/topic"), Options{}, all...)
	got := string(r.last(t).body)
	if len(got) > 4096 || !strings.Contains(got, "\nand 20 more\n") {
		t.Errorf("%d bytes:\n%s", len(got), got)
	}
}

func emailAlarms(s *mailServer, more string) string {
	return "email:\n  smtp: " + s.address + "\n  from: ghlsms@example.com\n  to: [a@example.com, b@example.com]\n" + more
}

const login = "  user: us\n  password: pass w0rd\n"

func TestEmail(t *testing.T) {
	for _, tt := range []struct {
		name, more string
		server     *mailServer
		direct     bool
		tls        bool
	}{
		{name: "starttls", more: login, server: &mailServer{user: "us", pass: "pass w0rd"}, tls: true},
		{name: "starttls without a user", tls: true},
		{name: "tls", more: login + "  tls: tls\n", server: &mailServer{user: "us", pass: "pass w0rd"}, direct: true, tls: true},
		{name: "none on loopback", more: login + "  tls: none\n", server: &mailServer{user: "us", pass: "pass w0rd", noTLS: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.server == nil {
				tt.server = &mailServer{}
			}
			s := serveMail(t, tt.server, tt.direct)
			must(t, load(t, emailAlarms(s, tt.more)), Options{Roots: s.roots}, credit(Begins))
			got := s.letters()
			if len(got) != 1 || got[0].from != "ghlsms@example.com" || strings.Join(got[0].to, " ") != "a@example.com b@example.com" || got[0].user != s.user || got[0].tls != tt.tls {
				t.Fatalf("got %+v", got)
			}
			h := got[0].Header
			if h.Get("Subject") != "[ghlsms] Bright Smile Dental: no credit at the gateway (urgent)" || h.Get("Auto-Submitted") != "auto-generated" || h.Get("Importance") != "high" || h.Get("Message-Id") == "" {
				t.Errorf("got %v", h)
			}
			const want = `No credit at the gateway.
Since Tue 2 Jul 08:00 EDT, 2 hours.
What it costs: 12 reminders wait, the first is due at 10:30
What to do: Top up at SMS.to
`
			if text := textOf(t, got[0]); text != want {
				t.Errorf("got\n%s\nwant\n%s", text, want)
			}
		})
	}
}

func textOf(t *testing.T, l letter) string {
	t.Helper()
	r := l.Body
	if l.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		r = quotedprintable.NewReader(r)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// A mail cannot be given headers or recipients by what it tells, in whatever letters; its lines end at 72 columns.
func TestEmailOfHostileWords(t *testing.T) {
	s := serveMail(t, &mailServer{}, false)
	odd := credit(Begins)
	odd.What = "Größe ✓\r\nBcc: evil@example.com\r\n\r\nhello\n.\r\nQUIT " + strings.Repeat("wörter ", 40)
	odd.Cost = strings.Repeat("a b ", 100)
	must(t, load(t, emailAlarms(s, "")), Options{Roots: s.roots}, odd)
	got := s.letters()
	if len(got) != 1 || len(got[0].to) != 2 || got[0].Header.Get("Bcc") != "" {
		t.Fatalf("got %+v", got)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got[0].Header.Get("Subject"))
	if err != nil || !strings.HasPrefix(subject, "[ghlsms] Bright Smile Dental: größe ✓ Bcc: e***@example.com hello . QUIT wörter") {
		t.Errorf("subject %q (%v)", subject, err)
	}
	text := textOf(t, got[0])
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > columns {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if !strings.Contains(text, "✓") {
		t.Errorf("got %s", text)
	}
}

// One mail for all that is told in a round, worst first; what is beyond ten is counted.
func TestDigest(t *testing.T) {
	s := serveMail(t, &mailServer{}, false)
	all := append(many(22), credit(GoesOn), credit(IsOver))
	must(t, load(t, emailAlarms(s, "")), Options{Roots: s.roots}, all...)
	got := s.letters()
	if len(got) != 1 {
		t.Fatalf("%d mails", len(got))
	}
	if want := "[ghlsms] Bright Smile Dental: 22 troubles begin, 1 goes on, 1 is over (6 urgent)"; got[0].Header.Get("Subject") != want {
		t.Errorf("subject %s, want %s", got[0].Header.Get("Subject"), want)
	}
	text := textOf(t, got[0])
	if !strings.HasPrefix(text, "Begins, urgent: Source 19 could not be read.\nSince ") || strings.Count(text, "Since ") != 10 || !strings.HasSuffix(text, "\n\nand 14 more\n") {
		t.Errorf("got\n%s", text)
	}
}

// What goes wrong is said with its remedy; nothing of what a server writes, and no secret.
func TestEmailFailures(t *testing.T) {
	for _, tt := range []struct {
		name, more, want string
		server           *mailServer
		direct, trusted  bool
		told             bool
	}{
		{name: "password", more: login, server: &mailServer{user: "us", pass: "other"}, trusted: true, want: "127.0.0.1 does not take user and password (it answered 535); look at alarms.email.user and alarms.email.password"},
		{name: "no login there", more: login, server: &mailServer{noAuth: true}, trusted: true, want: "127.0.0.1 does not take user and password; look at alarms.email.user and alarms.email.password"},
		{name: "a login wanted", server: &mailServer{user: "us"}, trusted: true, want: "127.0.0.1 does not take mail from alarms.email.from (it answered 502); write an address that it knows, or set user and password"},
		{name: "no STARTTLS", server: &mailServer{noTLS: true}, want: "127.0.0.1 does not offer STARTTLS; write  tls: tls  and its port for that (465) into alarms.email, or ask who runs it"},
		{name: "no TLS", more: "  tls: tls\n", want: "127.0.0.1 does not begin with TLS at this port; write  tls: starttls  into alarms.email, or another port"},
		{name: "a stranger", want: "the certificate of 127.0.0.1 is not to be trusted: x509: certificate signed by unknown authority; renew it there, or make this machine trust it"},
		{name: "a stranger, tls", more: "  tls: tls\n", direct: true, want: "the certificate of 127.0.0.1 is not to be trusted: x509: certificate signed by unknown authority; renew it there, or make this machine trust it"},
		{name: "one recipient", server: &mailServer{refuse: map[string]int{"a@example.com": 550}}, trusted: true, told: true, want: "the mail server refused 1 of 2 recipients; look at the addresses"},
		{name: "all recipients", server: &mailServer{refuse: map[string]int{"a@example.com": 550, "b@example.com": 550}}, trusted: true, want: "the mail server refused 2 of 2 recipients; look at the addresses"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.server == nil {
				tt.server = &mailServer{}
			}
			s := serveMail(t, tt.server, tt.direct)
			o := Options{Timeout: 3 * time.Second}
			if tt.trusted {
				o.Roots = s.roots
			}
			err := tell(t, load(t, emailAlarms(s, tt.more)), o, credit(Begins))["email"]
			f, ok := errors.AsType[*WayError](err)
			if !ok || !strings.HasPrefix(f.Text(), tt.want) || f.Told != tt.told || Heard(err) != tt.told {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if tt.told != (len(s.letters()) == 1) {
				t.Errorf("%d mails", len(s.letters()))
			}
		})
	}
}

// The heartbeat is one plain GET of the URL as it is, and an answer that says no is one.
func TestHeartbeat(t *testing.T) {
	answer := "OK"
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
	h := NewHeartbeat(load(t, "heartbeat: "+r.URL+"/api/push/T0KEN?status=up&msg=OK&ping="), Options{})
	for _, tt := range []struct {
		answer string
		good   bool
	}{
		{"OK", true}, {`{"ok":true}`, true}, {"", true}, {"<html>", true}, {"OK (rate limited)", true},
		{"OK (not found)", false}, {`{"ok":false,"msg":"Monitor not found or not active."}`, false},
	} {
		answer = tt.answer
		if err := h.Beat(t.Context()); (err == nil) != tt.good {
			t.Errorf("%s: %v", tt.answer, err)
		}
		if got := r.last(t); got.method != http.MethodGet || got.path != "/api/push/T0KEN?status=up&msg=OK&ping=" || len(got.body) > 0 {
			t.Errorf("got %s %s %s", got.method, got.path, got.body)
		}
	}
	if h := NewHeartbeat(load(t, `heartbeat: ""`), Options{}); h != nil || h.Beat(t.Context()) != nil {
		t.Error("a heartbeat that is not set beats")
	}
}
