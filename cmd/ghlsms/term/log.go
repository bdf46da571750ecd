package term

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"

	"ghlsms/sms"
)

// NewLogger writes to w in a format: json, text, or what suits w. Whatever is logged passes a masker first: phone
// numbers keep their last four digits, addresses their first letter, tokens nothing. secrets are
// struck out wherever they appear. Times are those of zone; nil is UTC. It is the last line of defence, not the first.
func NewLogger(w io.Writer, level, format string, zone *time.Location, secrets ...string) *slog.Logger {
	var least slog.Level
	if err := least.UnmarshalText([]byte(cmp.Or(level, "info"))); err != nil {
		least = slog.LevelInfo
	}
	var h slog.Handler
	if format == "json" {
		h = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: least})
	} else {
		colour := format != "text" && colourful(w)
		layout := time.RFC3339
		if colour {
			layout = time.TimeOnly // a person is watching
		}
		h = tint.NewTextHandler(w, &tint.Options{Level: least, TimeFormat: layout, NoColor: !colour})
	}
	return slog.New(&maskHandler{next: h, m: newMasker(secrets...), zone: cmp.Or(zone, time.UTC)})
}

func colourful(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd()) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// maskHandler masks messages and attributes before the next handler formats them.
type maskHandler struct {
	next slog.Handler
	m    *masker
	zone *time.Location
}

func (h *maskHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *maskHandler) Handle(ctx context.Context, r slog.Record) error {
	masked := slog.NewRecord(r.Time.In(h.zone), r.Level, strings.ReplaceAll(h.m.text(r.Message), "\n", " "), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		masked.AddAttrs(h.m.attr(a))
		return true
	})
	return h.next.Handle(ctx, masked)
}

func (h *maskHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &maskHandler{next: h.next.WithAttrs(h.m.attrs(attrs)), m: h.m, zone: h.zone}
}

func (h *maskHandler) WithGroup(name string) slog.Handler {
	return &maskHandler{next: h.next.WithGroup(h.m.text(name)), m: h.m, zone: h.zone}
}

// masker hides people and secrets in text that is about to leave the program.
type masker struct{ exact *strings.Replacer }

// newMasker also strikes out the given secrets, as they are and as they look in a URL.
func newMasker(secrets ...string) *masker {
	secrets = slices.Clone(secrets)
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, s := range secrets {
		if s = strings.TrimSpace(s); len(s) < 4 {
			continue // would star out half of every line
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			pairs = append(pairs, form, stars)
		}
	}
	return &masker{exact: strings.NewReplacer(pairs...)}
}

// maskRule replaces what matches, unless none of hints is in the text: most lines match nothing, and
// looking for a byte is cheaper than running an expression.
type maskRule struct {
	hints string
	re    func() *regexp.Regexp
	with  string
}

const secretNames = `api[_-]?key|access[_-]?token|refresh[_-]?token|client[_-]?secret|authorization|password|passwd|secret|token|jwt`

// SecretRules find what looks like a secret.
var SecretRules = []maskRule{
	{"@", sms.Pattern(`(://)[^/@\s"]+@`), "${1}" + stars + "@"},
	{"rR", sms.Pattern(`(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}`), "${1} " + stars},
	{"pP", sms.Pattern(`(?i)\bpit-[\w-]{4,}`), "pit-" + stars},
	{"e", sms.Pattern(`\beyJ[\w-]{8,}(\.[\w-]*){0,2}`), stars},
	{"=", sms.Pattern(`(?i)\b(` + secretNames + `)=[^\s&"']+`), "${1}=" + stars},
	{":", sms.Pattern(`(?i)(\\?"(?:` + secretNames + `)\\?"\s*:\s*\\?")[^"\\]+`), "${1}" + stars},
}

var personRules = []maskRule{
	{"@%", sms.Pattern(`(\w)[\w.+-]*(?:@|%40)((?:[\w-]+\.)+[A-Za-z]{2,})`), "${1}***@${2}"},
}

var (
	// With a plus, or as it looks in a URL: any country.
	plusPhone = sms.Pattern(`(?:\+|%2[Bb])[ (]{0,2}\d(?:[ ().-]{0,3}\d){6,14}`)
	// Without: ten digits and more on their own, or grouped as in North America.
	barePhone = sms.Pattern(`\b\d{10,15}\b|\(\d{3}\) ?\d{3}[ .-]\d{4}\b|\b\d{3}[ .-]\d{3}[ .-]\d{4}\b`)

	sensitiveKey = sms.Pattern(`(?i)^(` + secretNames + `)$`)
)

// Apply masks what rules find.
func Apply(rules []maskRule, s string) string {
	for _, r := range rules {
		if strings.ContainsAny(s, r.hints) {
			s = r.re().ReplaceAllString(s, r.with)
		}
	}
	return s
}

// invisible are the characters that [sms.Visible] leaves where scripts need them. No log needs them.
var invisible = strings.NewReplacer("\u200C", "", "\u200D", "")

// text returns s with secrets, addresses and phone numbers masked. What is invisible or moves a cursor
// is taken out first: it could hide a number from the rules, or be a line that nobody logged.
func (m *masker) text(s string) string {
	return HidePeople(m.secretsOnly(invisible.Replace(sms.Visible(s))))
}

// HidePeople masks addresses and phone numbers.
func HidePeople(s string) string {
	s = Apply(personRules, s)
	if strings.ContainsAny(s, "0123456789") {
		s = plusPhone().ReplaceAllStringFunc(s, maskPhone)
		s = barePhone().ReplaceAllStringFunc(s, maskPhone)
	}
	return s
}

// HideSecrets makes what stars out the given secrets, and what looks like one.
func HideSecrets(secrets ...string) func(string) string { return newMasker(secrets...).secretsOnly }

// secretsOnly leaves people readable.
func (m *masker) secretsOnly(s string) string { return Apply(SecretRules, m.exact.Replace(s)) }

// maskPhone keeps enough to tell two people apart: +1*****0143.
func maskPhone(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, strings.TrimPrefix(strings.TrimPrefix(s, "%2B"), "%2b"))
	last := digits[len(digits)-4:]
	if s[0] == '+' || s[0] == '%' {
		return "+" + digits[:1] + "*****" + last
	}
	return "*****" + last
}

func (m *masker) attrs(attrs []slog.Attr) []slog.Attr {
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i] = m.attr(a)
	}
	return masked
}

func (m *masker) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	key := m.text(a.Key)
	switch v.Kind() {
	case slog.KindGroup:
		return slog.Attr{Key: key, Value: slog.GroupValue(m.attrs(v.Group())...)}
	case slog.KindString:
		return slog.String(key, m.value(a.Key, v.String()))
	case slog.KindAny:
		return slog.Attr{Key: key, Value: m.any(a.Key, v.Any())}
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindTime, slog.KindUint64, slog.KindLogValuer:
	}
	return slog.Attr{Key: key, Value: v}
}

func (m *masker) value(key, s string) string {
	if s != "" && sensitiveKey().MatchString(key) {
		return stars
	}
	return m.text(s)
}

// any turns a structured value into masked text, since a handler would format its fields unmasked.
func (m *masker) any(key string, x any) slog.Value {
	switch x := x.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.AnyValue(errors.New(m.value(key, x.Error()))) // still an error, so it is printed as one
	case []byte:
		return slog.StringValue(m.value(key, string(x)))
	}
	return slog.StringValue(m.value(key, fmt.Sprintf("%+v", x)))
}
