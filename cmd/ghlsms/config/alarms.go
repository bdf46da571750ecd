package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"ghlsms/cmd/ghlsms/term"
)

// Alarms says who is told of trouble, on which ways, and what counts as standing still for too long. An empty
// URL, and an Email without a server, are ways that are not there. URLs are secrets: who knows one can use it.
type Alarms struct {
	StaleAfter     Duration `yaml:"stale_after"`
	UndecidedAfter Duration `yaml:"undecided_after"`
	LowBalance     float64  `yaml:"low_balance"` // less in the gateway's account is a trouble; 0: none is

	Staff      bool     `yaml:"staff"`       // the first of Staff gets a text
	Details    bool     `yaml:"details"`     // alarms may name people
	AgainAfter Duration `yaml:"again_after"` // what goes on is told again
	LookEvery  Duration `yaml:"look_every"`  // how often trouble is looked for

	Webhook           term.Secret `yaml:"webhook"`
	WebhookFile       string      `yaml:"webhook_file,omitempty"`
	WebhookSecret     term.Secret `yaml:"webhook_secret,omitempty"`
	WebhookSecretFile string      `yaml:"webhook_secret_file,omitempty"`
	NTFY              term.Secret `yaml:"ntfy"`
	NTFYFile          string      `yaml:"ntfy_file,omitempty"`
	NTFYToken         term.Secret `yaml:"ntfy_token,omitempty"`
	NTFYTokenFile     string      `yaml:"ntfy_token_file,omitempty"`
	Email             Email       `yaml:"email"`
	Heartbeat         term.Secret `yaml:"heartbeat"`
	HeartbeatFile     string      `yaml:"heartbeat_file,omitempty"`
}

// Email is a mail server and who gets mail through it.
type Email struct {
	SMTP         string      `yaml:"smtp"` // host:port
	TLS          string      `yaml:"tls"`
	From         string      `yaml:"from"`
	To           []string    `yaml:"to"`
	User         string      `yaml:"user"`
	Password     term.Secret `yaml:"password,omitempty"`
	PasswordFile string      `yaml:"password_file,omitempty"`
}

// How the way to a mail server is kept secret.
const (
	StartTLS = "starttls" // asked for before anything else, and insisted on
	TLS      = "tls"      // from the first byte, as on port 465
	NoTLS    = "none"     // only on this machine
)

// Set tells whether there is mail at all.
func (e Email) Set() bool {
	return e.SMTP != "" || e.From != "" || len(e.To) > 0 || e.User != "" || e.Password != "" || e.PasswordFile != ""
}

// Untold is what to say where there is no way on which somebody hears of trouble; empty: there is one.
func (c *Config) Untold() string {
	a := &c.Alarms
	if a.Webhook+a.NTFY+a.Heartbeat != "" || a.WebhookFile+a.NTFYFile+a.HeartbeatFile != "" || a.Email.Set() || a.Staff && len(c.Staff) > 0 {
		return ""
	}
	return "alarms: nobody is told when something is wrong; set webhook, ntfy, email or heartbeat, or name somebody in staff"
}

// checkAlarms judges what needs no secret.
func (l *loader) checkAlarms() {
	a := &l.cfg.Alarms
	l.positive("alarms.stale_after", a.StaleAfter)
	l.positive("alarms.undecided_after", a.UndecidedAfter)
	l.positive("alarms.again_after", a.AgainAfter)
	l.positive("alarms.look_every", a.LookEvery)
	if a.LowBalance < 0 {
		l.bad("alarms.low_balance", "%v is less than nothing; write an amount in the currency of the gateway's account, or 0 for no warning", a.LowBalance)
	}
	l.goesWith("alarms.webhook", a.Webhook != "" || a.WebhookFile != "", "alarms.webhook_secret", a.WebhookSecret != "", a.WebhookSecretFile)
	l.goesWith("alarms.ntfy", a.NTFY != "" || a.NTFYFile != "", "alarms.ntfy_token", a.NTFYToken != "", a.NTFYTokenFile)
	l.oneOf("alarms.email.tls", a.Email.TLS, []string{StartTLS, TLS, NoTLS})
	if a.Email.Set() {
		l.checkEmail(&a.Email)
	}
	l.warnSlow("schedule.texts", l.cfg.Schedule.Texts)
	l.warnSlow("schedule.crm", l.cfg.Schedule.CRM)
}

// warnSlow speaks up where a side is read less often than its silence is an alarm.
func (l *loader) warnSlow(path, when string) {
	stale := l.cfg.Alarms.StaleAfter.Std()
	if gap := longestGap(when); stale > 0 && gap > stale {
		l.warn(path, fmt.Sprintf("up to %s pass between two readings, and alarms.stale_after is %s: there will be alarms that nothing is read; read more often, or make stale_after longer",
			gap, stale))
	}
}

// longestGap is the longest time between two moments of a schedule, in the next days; 0 for what is no schedule.
func longestGap(when string) (longest time.Duration) {
	if checkSchedule(when) != nil {
		return 0
	}
	s, err := cron.ParseStandard(when)
	if err != nil {
		return 0
	}
	const most, days = 3000, 8 * 24 * time.Hour
	began := time.Now()
	at := s.Next(began)
	for range most {
		next := s.Next(at)
		if next.IsZero() || at.Sub(began) > days {
			break
		}
		longest, at = max(longest, next.Sub(at)), next
	}
	return longest
}

// goesWith reports a secret that belongs to a way which is not there.
func (l *loader) goesWith(way string, set bool, path string, inline bool, file string) {
	if set {
		return
	}
	if file != "" {
		path += "_file"
	}
	if inline || file != "" {
		l.bad(path, "goes with %s, which is not set; set it, or remove this", way)
	}
}

func (l *loader) checkEmail(e *Email) {
	host, port, err := net.SplitHostPort(e.SMTP)
	n, perr := strconv.ParseUint(port, 10, 16)
	switch {
	case e.SMTP == "":
		l.bad("alarms.email.smtp", "missing; write the mail server, like smtp.example.com:587")
	case err != nil || perr != nil || n == 0 || host == "" || !hostName.MatchString(host):
		l.bad("alarms.email.smtp", "%s is no mail server; write host:port, like smtp.example.com:587", Show(e.SMTP))
	case e.TLS == NoTLS && !Loopback(host):
		l.bad("alarms.email.tls", "none would send the mail and the password to %s in the clear; write starttls or tls", host)
	}
	if e.From == "" {
		l.bad("alarms.email.from", "missing; write the address that mail comes from")
	} else {
		l.address("alarms.email.from", e.From)
	}
	if len(e.To) == 0 {
		l.bad("alarms.email.to", "missing; write who gets the mail, like [you@example.com]")
	}
	for i, to := range e.To {
		at := fmt.Sprintf("alarms.email.to[%d]", i)
		l.address(at, to)
		if slices.Index(e.To, to) < i {
			l.bad(at, "%s stands there twice", Show(to))
		}
	}
	password := e.Password != "" || e.PasswordFile != ""
	switch {
	case e.User != "" && !password:
		l.bad("alarms.email.user", "set without a password; name a file with password_file, or write password: ${NAME}")
	case e.User == "" && password:
		l.bad("alarms.email.user", "missing; write whose password that is, or remove the password")
	}
}

// hostName is a name or a number of a host, in any form that a mail server may be reached under.
var hostName = regexp.MustCompile(`^[A-Za-z0-9._:%-]+$`)

// address accepts one bare address: names and lists would not be what they look like.
func (l *loader) address(path, text string) {
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		l.bad(path, "%s is no address; write one like you@example.com, without a name", Show(text))
	}
}

// alarmSecrets reads the secrets of the ways that are set, and judges their URLs.
func (l *loader) alarmSecrets() {
	a := &l.cfg.Alarms
	l.wayURL("alarms.webhook", &a.Webhook, &a.WebhookFile)
	l.wayURL("alarms.ntfy", &a.NTFY, &a.NTFYFile)
	l.wayURL("alarms.heartbeat", &a.Heartbeat, &a.HeartbeatFile)
	if u, err := url.Parse(a.NTFY.Reveal()); err == nil && a.NTFY != "" && a.NTFY != hidden && !topicPath.MatchString(u.Path) {
		l.bad(written("alarms.ntfy", a.NTFYFile), "names no topic; write one like https://ntfy.sh/TOPIC, where nobody can guess the topic")
	}
	l.secretIfSet("alarms.webhook_secret", &a.WebhookSecret, &a.WebhookSecretFile)
	if s := a.WebhookSecret.Reveal(); s != "" && s != hidden && len(s) < 16 {
		l.warn(written("alarms.webhook_secret", a.WebhookSecretFile), "is short enough to be guessed; make one with  openssl rand -hex 32")
	}
	l.secretIfSet("alarms.ntfy_token", &a.NTFYToken, &a.NTFYTokenFile)
	l.passwordIfSet(&a.Email)
}

// topicPath is a path that ends in what ntfy takes for a topic.
var topicPath = regexp.MustCompile(`/[-_A-Za-z0-9]{1,64}/?$`)

// hidden is what a secret prints as. A config that `check-config --show` printed loads again with it; nothing
// can be called by it, which Check says.
const hidden = "***"

// written is where a secret was given.
func written(path, file string) string {
	if file != "" {
		return path + "_file"
	}
	return path
}

func (l *loader) secretIfSet(path string, value *term.Secret, file *string) {
	if *value != "" || *file != "" {
		l.secret(path, value, file)
	}
}

// passwordIfSet reads the password of a mail server. People make those, so they may hold spaces.
func (l *loader) passwordIfSet(e *Email) {
	const path = "alarms.email.password"
	switch {
	case e.Password != "" && e.PasswordFile != "":
		l.bad(path+"_file", "set together with password; keep one of them")
	case e.PasswordFile != "":
		e.PasswordFile = l.credential(e.PasswordFile)
		text, err := ReadSecret(e.PasswordFile)
		if err != nil && text == "" {
			l.bad(path+"_file", "%s %v", e.PasswordFile, err)
		}
		e.Password = term.Secret(text)
	case e.Password != "":
		l.warnInline(path)
	}
	if strings.ContainsAny(e.Password.Reveal(), "\r\n\x00") {
		l.bad(written(path, e.PasswordFile), "holds more than one line; it should be the password and nothing else")
	}
}

// wayURL reads and judges the URL of a way. It is never shown: it may hold a token anywhere.
func (l *loader) wayURL(path string, value *term.Secret, file *string) {
	l.secretIfSet(path, value, file)
	at := written(path, *file)
	if *value == "" || *value == hidden || l.blamed[at] {
		return
	}
	u, err := url.Parse(value.Reveal())
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		l.bad(at, "is not an address (it is not shown, as it may hold a token); write one like https://example.com/path")
	case u.Fragment != "":
		l.bad(at, "has a # in it, and what follows would not be sent; remove it")
	case u.Scheme == "http" && !Loopback(u.Hostname()) && !nearby(u.Hostname()):
		l.bad(at, "would go to %s in the clear; write https://", u.Hostname())
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		l.warn(at, fmt.Sprintf("goes to %s in the clear: everybody in that network can read it; write https:// if it can be had", u.Hostname()))
	}
}

// nearby tells a host of the own network: a private address, or a name that is none in the Internet.
func nearby(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	host = strings.ToLower(host)
	return !strings.Contains(host, ".") || slices.ContainsFunc([]string{".local", ".lan", ".internal", ".home.arpa"}, func(end string) bool {
		return strings.HasSuffix(host, end)
	})
}

// warn says what works but should not stay so.
func (l *loader) warn(path, text string) {
	l.cfg.warnings = append(l.cfg.warnings, l.src.Problem(path, text).Error())
}

// secretParts are what of the ways' URLs is secret also where it stands alone, as in an error: all but scheme
// and host.
func (a Alarms) secretParts() (parts []string) {
	for _, s := range []term.Secret{a.Webhook, a.NTFY, a.Heartbeat} {
		u, err := url.Parse(s.Reveal())
		if err != nil {
			continue
		}
		if password, ok := u.User.Password(); ok {
			parts = append(parts, password)
		}
		for _, part := range []string{u.RequestURI(), u.Path, u.RawQuery} {
			if len(part) >= 8 {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// shownWays are the ways whose URL is the stars of a dump.
func (a Alarms) shownWays() (paths []string) {
	for path, s := range map[string]term.Secret{"alarms.webhook": a.Webhook, "alarms.ntfy": a.NTFY, "alarms.heartbeat": a.Heartbeat} {
		if s == hidden {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
