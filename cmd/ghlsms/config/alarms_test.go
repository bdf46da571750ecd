package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/cmd/ghlsms/term"
)

const mailed = "email: {smtp: 'mail.example.com:587', from: a@example.com, to: [b@example.com]"

// The alarms stand on line 3.
func TestConfigAlarmProblems(t *testing.T) {
	for _, tt := range []struct{ alarms, want string }{
		{"again_after: 0s", `c.yaml:3:23: alarms.again_after: "0s" is not more than zero; write it like 30s, 15m, 24h or 2d`},
		{"staff: yes", `c.yaml:3:17: alarms.staff: "yes" is neither true nor false`},
		{"webhok: x", `c.yaml:3:10: unknown key "webhok" in alarms; did you mean "webhook"?`},
		{"webhook: example.com/T0KEN", `c.yaml:3:19: alarms.webhook: is not an address (it is not shown, as it may hold a token); write one like https://example.com/path`},
		{"webhook: 'ftp://example.com/T0KEN'", `c.yaml:3:19: alarms.webhook: is not an address (it is not shown, as it may hold a token); write one like https://example.com/path`},
		{"webhook: 'https://example.com/T0KEN#x'", `c.yaml:3:19: alarms.webhook: has a # in it, and what follows would not be sent; remove it`},
		{"heartbeat: 'http://hc-ping.com/T0KEN'", `c.yaml:3:21: alarms.heartbeat: would go to hc-ping.com in the clear; write https://`},
		{"heartbeat: 'http://8.8.8.8/T0KEN'", `c.yaml:3:21: alarms.heartbeat: would go to 8.8.8.8 in the clear; write https://`},
		{"heartbeat_file: none", `c.yaml:3:26: alarms.heartbeat_file: DIR/none does not exist; create it with the secret as its only line, then chmod 600 it`},
		{"webhook: 'https://a.example', webhook_file: url", `c.yaml:3:54: alarms.webhook_file: set together with webhook; keep one of them`},
		{"webhook: 'https://a.example/T0 KEN'", `c.yaml:3:19: alarms.webhook: holds spaces, lines or unusual characters; it should be the secret and nothing else`},
		{"webhook_secret: 0123456789abcdef", `c.yaml:3:26: alarms.webhook_secret: goes with alarms.webhook, which is not set; set it, or remove this`},
		{"ntfy_token_file: x", `c.yaml:3:27: alarms.ntfy_token_file: goes with alarms.ntfy, which is not set; set it, or remove this`},
		{"ntfy: 'https://ntfy.sh/'", `c.yaml:3:16: alarms.ntfy: names no topic; write one like https://ntfy.sh/TOPIC, where nobody can guess the topic`},
		{"ntfy_file: two", `c.yaml:3:21: alarms.ntfy_file: DIR/two holds spaces, lines or unusual characters; it should be the secret and nothing else`},
		{"email: {from: a@example.com}", `c.yaml:3:17: alarms.email.smtp: missing; write the mail server, like smtp.example.com:587
c.yaml:3:17: alarms.email.to: missing; write who gets the mail, like [you@example.com]`},
		{"email: {smtp: mail.example.com, to: [b@example.com]}", `c.yaml:3:17: alarms.email.from: missing; write the address that mail comes from
c.yaml:3:24: alarms.email.smtp: "mail.example.com" is no mail server; write host:port, like smtp.example.com:587`},
		{mailed + ", tls: ssl}", `c.yaml:3:95: alarms.email.tls: "ssl" is none of starttls, tls, none; did you mean "tls"?`},
		{mailed + ", tls: none}", `c.yaml:3:95: alarms.email.tls: none would send the mail and the password to mail.example.com in the clear; write starttls or tls`},
		{mailed + ", user: u}", `c.yaml:3:96: alarms.email.user: set without a password; name a file with password_file, or write password: ${NAME}`},
		{mailed + ", password: p}", `c.yaml:3:17: alarms.email.user: missing; write whose password that is, or remove the password`},
		{mailed + ", user: u, password_file: two}", `c.yaml:3:114: alarms.email.password_file: holds more than one line; it should be the password and nothing else`},
		{"email: {smtp: 'm:25', from: 'Us <a@example.com>', to: ['b@example.com', 'b@example.com', 'c@example.com, d@example.com']}", `c.yaml:3:38: alarms.email.from: "Us <a@example.com>" is no address; write one like you@example.com, without a name
c.yaml:3:82: alarms.email.to[1]: "b@example.com" stands there twice
c.yaml:3:99: alarms.email.to[2]: "c@example.com, d@example.com" is no address; write one like you@example.com, without a name`},
	} {
		path := configtest.File(t, configtest.Minimal+"alarms: {"+tt.alarms+"}\n")
		configtest.Write(t, filepath.Join(filepath.Dir(path), "two"), "https://a.example/T0KEN\nsecond\n", 0o600)
		_, err := Load(path)
		if err == nil {
			t.Errorf("%s: loaded", tt.alarms)
			continue
		}
		got := strings.ReplaceAll(strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/c.yaml", "c.yaml"), filepath.Dir(path), "DIR")
		if got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.alarms, got, tt.want)
		}
		if strings.Contains(got, "T0KEN") {
			t.Errorf("a URL is shown: %s", got)
		}
	}
}

// What is not set is no way; what is set is read wherever it stands.
func TestConfigAlarms(t *testing.T) {
	if got := configtest.Load(t, Load, configtest.Minimal+`alarms: {webhook: "", email: {}, ntfy: "", heartbeat: ""}`).Alarms; got.Email.Set() || got.Webhook+got.NTFY+got.Heartbeat != "" || !got.Staff || got.Details || got.AgainAfter.Std() != 4*time.Hour {
		t.Errorf("got %+v", got)
	}
	t.Setenv("GHLSMS_TEST_HOOK", "https://hooks.example.com/T0KEN")
	path := configtest.File(t, configtest.Minimal+`alarms:
  webhook: ${GHLSMS_TEST_HOOK}
  webhook_secret: 0123456789abcdef
  ntfy_file: topic
  email:
    smtp: mail.example.com:465
    tls: tls
    from: a@example.com
    to: [b@example.com]
    user: u
    password_file: password
  heartbeat: http://127.0.0.1:1/push/BEAT?status=up&ping=
`)
	configtest.Write(t, filepath.Join(filepath.Dir(path), "topic"), "https://ntfy.sh/T0PIC\n", 0o600)
	configtest.Write(t, filepath.Join(filepath.Dir(path), "password"), "pass wörd\n", 0o600)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Alarms
	if a.Webhook.Reveal() != "https://hooks.example.com/T0KEN" || a.NTFY.Reveal() != "https://ntfy.sh/T0PIC" || a.Email.Password.Reveal() != "pass wörd" || !a.Email.Set() || len(c.Warnings()) > 0 {
		t.Errorf("got %s %s %s %v", a.Webhook.Reveal(), a.NTFY.Reveal(), a.Email.Password.Reveal(), c.Warnings())
	}
	dump := c.Redacted()
	for _, s := range []string{"T0KEN", "0123456789abcdef", "T0PIC", "pass wörd", "BEAT"} {
		if strings.Contains(dump, s) {
			t.Errorf("the dump shows %s:\n%s", s, dump)
		}
		if !slices.ContainsFunc(c.Secrets(), func(w string) bool { return strings.Contains(w, s) }) {
			t.Errorf("%s is not among the secrets", s)
		}
	}
	if err := os.WriteFile(path, []byte(dump), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := Load(path)
	if err != nil || again.Redacted() != dump {
		t.Fatalf("the dump does not load as itself: %v\n%s", err, dump)
	}
	if err := again.Check(); err == nil || !strings.Contains(err.Error(), "alarms.heartbeat: stands for a secret that was not shown") || strings.Contains(err.Error(), "alarms.ntfy") {
		t.Errorf("the stars of a dump pass for a URL: %v", err)
	}
	if c, err := LoadWithoutSecrets(path); err != nil || c.Alarms.NTFY != "" {
		t.Errorf("a report needs no secret: %v", err)
	}
}

// What works but should not stay so is said, without the URL.
func TestConfigAlarmWarnings(t *testing.T) {
	for _, tt := range []struct{ alarms, want string }{
		{"heartbeat: 'http://192.168.1.7:3001/api/push/T0KEN'", ":3:21: alarms.heartbeat: goes to 192.168.1.7 in the clear: everybody in that network can read it; write https:// if it can be had"},
		{"heartbeat: 'http://uptime-kuma:3001/api/push/T0KEN'", ":3:21: alarms.heartbeat: goes to uptime-kuma in the clear: everybody in that network can read it; write https:// if it can be had"},
		{"webhook: 'http://n8n.lan/T0KEN'", ":3:19: alarms.webhook: goes to n8n.lan in the clear: everybody in that network can read it; write https:// if it can be had"},
		{"webhook: 'https://a.example', webhook_secret: short", ":3:56: alarms.webhook_secret: is short enough to be guessed; make one with  openssl rand -hex 32"},
		{"webhook: 'http://localhost:1/T0KEN'", ""},
		{"webhook: 'https://user:T0KEN@a.example/x?y=z'", ""},
	} {
		c := configtest.Load(t, Load, configtest.Minimal+"alarms: {"+tt.alarms+"}\n")
		got := strings.ReplaceAll(strings.Join(c.Warnings(), "\n"), c.File(), "")
		if got != tt.want || strings.Contains(got, "T0KEN") {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.alarms, got, tt.want)
		}
	}
}

// A side that is read less often than its silence is an alarm is said to be, whatever the kind of schedule.
func TestConfigSlowSchedules(t *testing.T) {
	for config, want := range map[string]string{
		"schedule: {crm: '@every 1h'}":                            "schedule.crm: up to 1h0m0s pass between two readings, and alarms.stale_after is 30m0s",
		"schedule: {crm: '*/5 8-18 * * *'}":                       "schedule.crm: up to 13h5m0s pass between two readings",
		"schedule: {texts: '*/10 * * * 1-5'}":                     "schedule.texts: up to 48h10m0s pass between two readings",
		"schedule: {crm: '@every 4m'}\nalarms: {stale_after: 1m}": "schedule.crm: up to 4m0s pass",
		"schedule: {crm: '@every 10m'}":                           "",
		"schedule: {crm: '@every 1h'}\nalarms: {stale_after: 2h}": "",
	} {
		got := strings.Join(configtest.Load(t, Load, configtest.Minimal+config+"\n").Warnings(), "\n")
		if !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", config, got, want)
		}
	}
}

// Where staff are not to be texted, they are not; the page, readyz and the other ways hear of trouble all the same.
func TestConfigAlarmsWithoutStaff(t *testing.T) {
	for alarms, untold := range map[string]bool{"staff: true": false, "staff: false": true} {
		c := configtest.Load(t, Load, configtest.Minimal+"alarms: {"+alarms+"}\n")
		r, err := Compile(c)
		if l := c.TroubleLook(); err != nil || r.StaffUntold != untold || l.StaleAfter != 30*time.Minute || l.UndecidedAfter != 10*time.Minute {
			t.Errorf("%s: %v %+v %v", alarms, r.StaffUntold, l, err)
		}
	}
}

// No secret of a way can be forgotten where secrets are starred out.
func TestEverySecretOfAWayIsOne(t *testing.T) {
	c := DefaultConfig()
	var planted []string
	var plant func(v reflect.Value)
	plant = func(v reflect.Value) {
		for _, f := range v.Fields() {
			switch {
			case f.Type() == reflect.TypeFor[term.Secret]():
				planted = append(planted, fmt.Sprintf("https://pl4nted-%d/", len(planted)))
				f.SetString(planted[len(planted)-1])
			case f.Kind() == reflect.Struct:
				plant(f)
			}
		}
	}
	plant(reflect.ValueOf(&c.Alarms).Elem())
	for _, s := range planted {
		if !slices.Contains(c.Secrets(), s) || strings.Contains(c.Redacted(), s) {
			t.Errorf("%s is no secret", s)
		}
	}
	if len(planted) != 6 {
		t.Errorf("found %d", len(planted))
	}
}
