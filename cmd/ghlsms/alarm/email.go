package alarm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"ghlsms/cmd/ghlsms/config"
)

// email sends plain text through the owner's mail server.
type email struct {
	config.Email

	password string // its key in the config
	roots    *x509.CertPool
	limit    time.Duration
}

func newEmail(a config.Alarms, o Options) Way {
	return email{Email: a.Email, password: keyOf("alarms.email.password", a.Email.PasswordFile), roots: o.Roots, limit: o.limit()}
}

func (email) Name() string { return "email" }

// columns is how wide a mail is.
const columns = 72

// Tell implements Way. It is one mail to all. Where some of its addresses are refused, the others get it, and the
// failure says so.
func (e email) Tell(ctx context.Context, location string, now time.Time, all []Trouble) error {
	client, err := e.client(ctx)
	if err != nil {
		return e.fail("cannot be set up: "+err.Error(), "look at alarms.email", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return e.refused(err)
	}
	defer func() { _ = client.Close() }() // what was taken stays taken
	err = e.send(client, location, now, all, e.To)
	if len(e.To) == 1 || !errors.Is(err, errRecipient) {
		return err
	}
	taken := 0
	for _, to := range e.To {
		if e.send(client, location, now, all, []string{to}) == nil {
			taken++
		}
	}
	f, _ := errors.AsType[*WayError](err)
	f.Told = taken > 0
	f.What = fmt.Sprintf("the mail server refused %d of %d recipients", len(e.To)-taken, len(e.To))
	return f
}

var errRecipient = errors.New("a recipient was refused")

func (e email) send(client *mail.Client, location string, now time.Time, all []Trouble, to []string) error {
	m, err := e.message(location, now, all, to)
	if err != nil {
		return e.fail("the mail cannot be written: "+err.Error(), "look at alarms.email", err)
	}
	if err := client.Send(m); err != nil && !m.IsDelivered() { // after that nothing is lost
		return e.refused(err)
	}
	return nil
}

func (e email) client(ctx context.Context) (*mail.Client, error) {
	host, port, err := net.SplitHostPort(e.SMTP)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	limit := e.limit
	if deadline, ok := ctx.Deadline(); ok {
		limit = max(min(limit, time.Until(deadline)), time.Millisecond)
	}
	options := []mail.Option{
		mail.WithPort(n), mail.WithTimeout(limit), mail.WithoutNoop(),
		mail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: e.roots, MinVersion: tls.VersionTLS12}),
	}
	switch e.TLS {
	case config.TLS:
		options = append(options, mail.WithSSL())
	case config.NoTLS:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if e.User != "" {
		kind := mail.SMTPAuthAutoDiscover
		if e.TLS == config.NoTLS { // on this machine, where nobody listens in
			kind = mail.SMTPAuthPlainNoEnc
		}
		options = append(options, mail.WithSMTPAuth(kind), mail.WithUsername(e.User), mail.WithPassword(e.Email.Password.Reveal()))
	}
	return mail.NewClient(host, options...)
}

func (e email) message(location string, now time.Time, all []Trouble, to []string) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.FromFormat("ghlsms", e.From); err != nil {
		return nil, err
	}
	if err := m.To(to...); err != nil {
		return nil, err
	}
	m.Subject(subject(location, now, all))
	m.SetDateWithValue(now)
	m.SetMessageID()
	m.SetGenHeader("Auto-Submitted", "auto-generated") // answers of robots are not wanted
	if priority, _ := urgency(all); priority >= "4" {
		m.SetImportance(mail.ImportanceHigh)
	}
	m.SetBodyString(mail.TypeTextPlain, body(now, all, columns, 0))
	return m, nil
}

// refused says what went wrong, without what the server wrote: it may repeat what was sent to it.
func (e email) refused(err error) error {
	host, _, _ := net.SplitHostPort(e.SMTP)
	code := 0
	if p, ok := errors.AsType[*textproto.Error](err); ok {
		code = p.Code
	}
	if s, ok := errors.AsType[*mail.SendError](err); ok {
		return e.unsent(host, s)
	}
	switch text := err.Error(); {
	case strings.Contains(text, "does not support STARTTLS"):
		return e.fail(host+" does not offer STARTTLS", "write  tls: tls  and its port for that (465) into alarms.email, or ask who runs it", err)
	case code == 535 || code == 534 || code == 530 || strings.Contains(text, "SMTP AUTH"):
		return e.fail(host+" does not take user and password"+answered(code), "look at alarms.email.user and "+e.password, err)
	case code != 0:
		return e.fail(host+" refuses to talk to us"+answered(code), "ask who runs it", err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return e.fail(host+" does not begin with TLS at this port", "write  tls: starttls  into alarms.email, or another port", err)
	}
	what, remedy := cause(err, host)
	if remedy == "" {
		remedy = "look at alarms.email.smtp, and whether this machine reaches it"
	}
	return e.fail(what, remedy, err)
}

func (e email) unsent(host string, s *mail.SendError) error {
	code := answered(s.ErrorCode())
	switch s.Reason {
	case mail.ErrSMTPMailFrom:
		return e.fail(host+" does not take mail from alarms.email.from"+code, "write an address that it knows, or set user and password", s)
	case mail.ErrSMTPRcptTo:
		return e.fail(host+" does not take mail for alarms.email.to"+code, "look at the addresses", errors.Join(errRecipient, s))
	default:
	}
	if what, remedy := cause(s, host); s.ErrorCode() == 0 {
		return e.fail(what, remedy, s)
	}
	return e.fail(host+" did not take the mail"+code, "ask who runs it", s)
}

func answered(code int) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprintf(" (it answered %d)", code)
}

func (email) fail(what, remedy string, err error) error {
	return &WayError{Way: "email", Key: "alarms.email", What: what, Remedy: remedy, Err: err}
}
