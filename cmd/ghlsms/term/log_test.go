package term

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"ghlsms/sms"
)

func TestLogHidesWhatIsPlanted(t *testing.T) {
	const (
		token  = "kept/secret+by=us"
		phone  = "+15550100143"
		email  = "jane.doe@clinic.example.com"
		pit    = "pit-0a1b2c3d-aaaa-bbbb"
		bearer = "Bearer abcdef0123456789"
	)
	type record struct{ Phone, Email, Token string }
	for _, format := range []string{"auto", "text", "json"} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			log := NewLogger(&out, "debug", format, nil, token, "")
			log = log.With("from", phone).WithGroup("call").With(slog.Group("who", "email", email))
			log.Info("text to "+phone, "auth", bearer, "pit", pit)
			log.Error("refused", "error", fmt.Errorf("post %s?token=%s: %w", token, token, errors.New(phone)))
			log.Debug("raw", "body", []byte(`{"to":"`+phone+`","access_token":"abc123"}`), "record", record{phone, email, token}, "list", []string{phone, email})
			log.Warn("query", "url", "https://h/x?to="+url.QueryEscape(phone)+"&e="+url.QueryEscape(email)+"&k="+url.QueryEscape(token))
			log.Info("secret", "api_key", "short", "lazy", slog.AnyValue(lazy(phone)), "config", struct{ APIKey Secret }{token})

			for _, leak := range []string{token, url.QueryEscape(token), "15550100143", "5550100", "jane", "clinic.example.com%", "0a1b2c3d", "abcdef01", "abc123", "short"} {
				if strings.Contains(out.String(), leak) {
					t.Errorf("shows %q:\n%s", leak, out.String())
				}
			}
			for _, keep := range []string{"+1*****0143", "j***@clinic.example.com", "pit-***", "Bearer ***"} {
				if !strings.Contains(out.String(), keep) {
					t.Errorf("does not show %q:\n%s", keep, out.String())
				}
			}
			if strings.Contains(out.String(), "\x1b[") {
				t.Errorf("colour, but this is no terminal:\n%s", out.String())
			}
			if format == "json" {
				for line := range strings.Lines(out.String()) {
					if !json.Valid([]byte(line)) {
						t.Errorf("not JSON: %s", line)
					}
				}
			}
		})
	}
}

type lazy string

func (l lazy) LogValue() slog.Value { return slog.StringValue(string(l)) }

func TestMaskText(t *testing.T) {
	m := newMasker("hunter22")
	for in, want := range map[string]string{
		"call +1 (555) 010-0143 now":            "call +1*****0143 now",
		"to=%2B15550100143&x":                   "to=+1*****0143&x",
		"15550100143":                           "*****0143",
		"(555) 010-0143, 555-010-0143":          "*****0143, *****0143",
		"j@x.org wrote":                         "j***@x.org wrote",
		"http://user:pw@host/":                  "http://***@host/",
		"Authorization: Bearer eyJhbGciOi.a.b-": "Authorization: Bearer ***",
		`{"refresh_token": "abc"}`:              `{"refresh_token": "***"}`,
		"x?api_key=abc&y=1":                     "x?api_key=***&y=1",
		"my hunter22 pass":                      "my *** pass",
		"eyJhbGciOiJIUzI1NiJ9.e30.abc":          "***",
		// What must stay readable.
		"ghl.token: missing":                        "ghl.token: missing",
		"2026-08-29T10:00:00+02:00":                 "2026-08-29T10:00:00+02:00",
		"2026-08-29 10:00:00 +0200 CEST":            "2026-08-29 10:00:00 +0200 CEST",
		"contact ve9EPM428h8vShlRW1KT, 1234 rows":   "contact ve9EPM428h8vShlRW1KT, 1234 rows",
		"cycle took 1.234567s, 127.0.0.1:8480":      "cycle took 1.234567s, 127.0.0.1:8480",
		"11ec-832f-a6f3fcfe-9fea-02420a0002ab sent": "11ec-832f-a6f3fcfe-9fea-02420a0002ab sent",
		"": "",
	} {
		if got := m.text(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestLogKeepsNumbersAndLevels(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(&out, "warn", "json", nil)
	log.Info("not this")
	log.Warn("cursor", "at_ms", int64(1756425600000), "ok", true, "none", nil)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if line["at_ms"] != 1756425600000.0 || line["ok"] != true || line["msg"] != "cursor" {
		t.Errorf("got %v", line)
	}
}

func FuzzMaskText(f *testing.F) {
	for _, seed := range []string{"+15550100143", "a@b.co", "Bearer abcdefgh", "%2B1234567", `{"token":"x"}`, "+1 ( ) 2345678", "155" + strings.Repeat("\x15", 26) + "50100"} {
		f.Add(seed)
	}
	m := newMasker("pl4nted-secret")
	f.Fuzz(func(t *testing.T, s string) {
		out := m.text(s + " pl4nted-secret +15550100143")
		if strings.Contains(out, "pl4nted-secret") || strings.Contains(out, "15550100") && !strings.Contains(invisible.Replace(sms.Visible(s)), "15550100") {
			t.Errorf("leaks: %q", out)
		}
	})
}

func BenchmarkLog(b *testing.B) {
	log := NewLogger(io.Discard, "", "json", nil, "some-secret", "another-secret")
	b.ReportAllocs()
	for b.Loop() {
		log.Info("delivered", "contact", "ve9EPM428h8vShlRW1KT", "to", "+15550100143", "attempt", 3)
	}
}
