package alarm

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"

	"ghlsms/cmd/ghlsms/term"
)

// caller calls the one URL of a way. What it says of a failure has the URL's host in it at most: the rest may be a
// token.
type caller struct {
	way, key string // the way's name, and where its URL stands in the config
	token    string // and the key of its token, if it has one
	url      term.Secret
	version  string
	client   *http.Client
}

func newCaller(way, key string, address term.Secret, o Options) caller {
	return caller{way: way, key: key, url: address, version: o.Version, client: &http.Client{Transport: o.transport(), CheckRedirect: redirect, Timeout: o.limit()}}
}

func (o Options) transport() http.RoundTripper {
	if o.Transport != nil {
		return o.Transport
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // hours may pass between two calls
	if o.Roots != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	}
	return transport
}

// keyOf is where a secret stands in the config.
func keyOf(key, file string) string {
	if file != "" {
		return key + "_file"
	}
	return key
}

var errRedirect = errors.New("redirected")

// redirect follows only where the same call goes to the same host, as safely: what is told is for nobody else, and
// a POST that has become a GET tells nothing.
func redirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme || req.Method != first.Method || len(via) > 3 {
		return errRedirect
	}
	return nil
}

// answerSize is how much of an answer is read.
const answerSize = 4 << 10

// call makes the call, and returns the answer where the status says that it was taken.
func (c caller) call(ctx context.Context, method string, body []byte, header http.Header) (answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url.Reveal(), bytes.NewReader(body))
	if err != nil {
		return "", c.fail("its URL cannot be used", "look at "+c.key, errors.New("a URL that cannot be parsed"))
	}
	maps.Copy(req.Header, header)
	req.Header.Set("User-Agent", strings.TrimSpace("ghlsms "+term.OneLine(c.version)))
	resp, err := c.client.Do(req)
	if err != nil {
		return "", c.unreached(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, answerSize)) // the status has said it
	if resp.StatusCode/100 == 2 {
		return string(text), nil
	}
	what := fmt.Sprintf("%s answered %d %s", req.URL.Hostname(), resp.StatusCode, http.StatusText(resp.StatusCode))
	return "", c.fail(strings.TrimSpace(what), c.remedy(resp.StatusCode), nil)
}

func (c caller) remedy(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "look at " + c.key + " and at " + c.token + ": it does not let us in"
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		return "look at " + c.key + ": there is nothing of ours behind it"
	case http.StatusTooManyRequests:
		return "it has had too many for now"
	}
	if status >= 500 {
		return "look at the server: it has a trouble of its own"
	}
	return "look at " + c.key + " and at what the server says of it"
}

// unreached says why there was no answer. The errors of net/http name the whole URL, so only the causes that are
// known to be safe are shown.
func (c caller) unreached(err error) error {
	host := "the host"
	if u, perr := url.Parse(c.url.Reveal()); perr == nil {
		host = u.Hostname()
	}
	what, remedy := cause(err, host)
	if errors.Is(err, errRedirect) {
		what, remedy = host+" sends us elsewhere", "write the URL that it sends to, if you trust it, into "+c.key
	}
	if remedy == "" {
		remedy = "look at " + c.key + ", and whether this machine reaches it"
	}
	return c.fail(what, remedy, err)
}

// cause puts an error of the network into words in which only the host is named.
func cause(err error, host string) (what, remedy string) {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return "there is no host " + host, ""
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate of " + host + " is not to be trusted: " + certificate(err), "renew it there, or make this machine trust it"
	}
	if ne, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || ok && ne.Timeout() {
		return host + " did not answer in time", ""
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		return fmt.Sprintf("%s cannot be reached (%v)", host, op.Err), ""
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return host + " hung up", ""
	}
	if errors.Is(err, context.Canceled) {
		return "stopped before " + host + " answered", "try it again"
	}
	return host + " cannot be reached", ""
}

func certificate(err error) string {
	if u, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return u.Error()
	}
	if h, ok := errors.AsType[x509.HostnameError](err); ok {
		return h.Error()
	}
	if c, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return c.Error()
	}
	return "it does not verify"
}

func (c caller) fail(what, remedy string, err error) error {
	return &WayError{Way: c.way, Key: c.key, What: what, Remedy: remedy, Err: err}
}
