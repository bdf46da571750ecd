package alarm

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"ghlsms/cmd/ghlsms/config"
)

// load is a config with what stands under alarms.
func load(t *testing.T, alarms string) *config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "c.yaml")
	text := "ghl: {location_id: loc1, token: tok-1234}\nsms: {provider: gammu}\ninbound: {business: Bright Smile Dental}\nalarms:\n  " +
		strings.ReplaceAll(strings.TrimSpace(alarms), "\n", "\n  ") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// request is what a receiver got.
type request struct {
	method, path string
	header       http.Header
	body         []byte
}

// receiver is somebody who is called.
type receiver struct {
	*httptest.Server
	mu  gosync.Mutex
	got []request
}

// receive answers as told, and keeps what it got.
func receive(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, request{req.Method, req.URL.RequestURI(), req.Header, body})
		r.mu.Unlock()
		if answer != nil {
			answer(w, req)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) last(t *testing.T) request {
	t.Helper()
	all := r.all()
	if len(all) == 0 {
		t.Fatal("nobody called")
	}
	return all[len(all)-1]
}

// hanging takes connections and says nothing.
func hanging(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	return l.Addr().String()
}

// letter is what a mail server got.
type letter struct {
	from string
	to   []string
	*mail.Message
	text string
	tls  bool
	user string
}

// mailServer is a real one on loopback, with a certificate of its own.
type mailServer struct {
	address       string
	roots         *x509.CertPool
	user, pass    string
	refuse        map[string]int // recipients, by what they are answered with
	mu            *gosync.Mutex
	got           []letter
	noAuth, noTLS bool
}

func serveMail(t *testing.T, s *mailServer, direct bool) *mailServer {
	t.Helper()
	cert, roots := selfSigned(t)
	s.roots, s.mu = roots, new(gosync.Mutex)
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &mailSession{s: s, c: c}, nil }))
	server.Domain, server.AllowInsecureAuth = "mail.example.com", s.noTLS
	server.ErrorLog = log.New(io.Discard, "", 0)
	tlsConfig := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if !s.noTLS && !direct {
		server.TLSConfig = tlsConfig
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if direct {
		l = tls.NewListener(l, tlsConfig)
	}
	s.address = l.Addr().String()
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

func (s *mailServer) letters() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

type mailSession struct {
	s    *mailServer
	c    *smtp.Conn
	user string
	now  letter
}

func (m *mailSession) AuthMechanisms() []string {
	if m.s.noAuth {
		return nil
	}
	return []string{sasl.Plain}
}

func (m *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if user != m.s.user || pass != m.s.pass {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no " + user + " with " + pass}
		}
		m.user = user
		return nil
	}), nil
}

func (m *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if m.s.user != "" && m.user == "" {
		return smtp.ErrAuthRequired
	}
	m.now = letter{from: from}
	return nil
}

func (m *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if code := m.s.refuse[to]; code != 0 {
		return &smtp.SMTPError{Code: code, Message: "no such " + to}
	}
	m.now.to = append(m.now.to, to)
	return nil
}

func (m *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if m.now.Message, err = mail.ReadMessage(bytes.NewReader(raw)); err != nil {
		return err
	}
	m.now.text, m.now.user = string(raw), m.user
	_, m.now.tls = m.c.TLSConnectionState()
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.s.got = append(m.s.got, m.now)
	return nil
}

func (*mailSession) Reset() {}

func (*mailSession) Logout() error { return nil }

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "loopback"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// now is when the tests tell: a summer morning in New York.
var now = time.Date(2030, 7, 2, 14, 0, 0, 0, time.UTC)

// credit is a trouble as people would meet it.
func credit(s State) Trouble {
	t := Trouble{
		Kind: "gateway-credit", Severity: Urgent, What: "No credit at the gateway.", Since: now.Add(-2 * time.Hour), State: s,
		Cost: "12 reminders wait, the first is due at 10:30", Remedy: "Top up at SMS.to", Details: "Jane Doe, +12025550101\nand Tom",
	}
	if s == IsOver {
		t.Ended = now.Add(-time.Minute)
	}
	return t
}

// many are n troubles, one of four of them urgent.
func many(n int) (all []Trouble) {
	for i := range n {
		t := Trouble{Kind: "source-unread", About: fmt.Sprint("s", i), Severity: Warning, What: fmt.Sprintf("Source %d could not be read", i), Since: now.Add(-time.Duration(i) * time.Minute), State: Begins}
		if i%4 == 3 {
			t.Severity = Urgent
		}
		all = append(all, t)
	}
	return all
}

// tell tells all on every way that the alarms set, and returns what failed.
func tell(t *testing.T, cfg *config.Config, o Options, all ...Trouble) map[string]error {
	t.Helper()
	teller := New(cfg, o)
	return teller.Tell(t.Context(), "Bright Smile Dental", now, teller.Everywhere(all))
}

// must tells all, and nothing may fail.
func must(t *testing.T, cfg *config.Config, o Options, all ...Trouble) {
	t.Helper()
	for way, err := range tell(t, cfg, o, all...) {
		if err != nil {
			t.Fatalf("%s: %v", way, err)
		}
	}
}
