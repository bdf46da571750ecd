package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNotFound is the answer to a question about an id that the gateway does not know, or does
// not know yet. Sending never returns it.
var ErrNotFound = errors.New("not known to the gateway")

// HTTPError is what a call to an HTTP gateway returns, unless it is a [*RateLimitError]. It
// matches with errors.Is both the error of this package that says what it means and, if there
// is one, the cause underneath, such as context.Canceled. Its text names the method and the
// path, and never a key, a number or the text.
type HTTPError struct {
	Method string
	Path   string
	Code   int    // of the answer, 0 if there was none
	Reason string // the gateway's own words, shortened, without numbers; may be empty
	Kind   error  // ErrRejected, ErrAuth, ErrCredit, ErrUnavailable, ErrUnknown or ErrNotFound
	Cause  error  // of a call that got no answer; nil otherwise
}

func (e *HTTPError) Error() string {
	s := e.Method + " " + e.Path + ": " + e.Kind.Error()
	if e.Code != 0 {
		s += " (" + strconv.Itoa(e.Code) + ")"
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns what the error means and what caused it.
func (e *HTTPError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// NewHTTPClient returns the client that suits gateways: it follows no redirects, gives up
// after 30 seconds, and drops an idle connection before a server would. A server that closes a
// kept connection just as a text is written to it leaves the outcome unknown.
func NewHTTPClient() *http.Client {
	tr := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 25 * time.Second,
		IdleConnTimeout:       4 * time.Second,
		ForceAttemptHTTP2:     true,
	}
	return &http.Client{Transport: tr, Timeout: 30 * time.Second, CheckRedirect: noRedirects}
}

func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Call is one request to a gateway that answers in JSON.
type Call struct {
	Method string
	URL    string // without query
	Query  url.Values
	Header http.Header // credentials go here
	JSON   any         // the body, if not nil
	Form   url.Values  // the body, if not nil and JSON is
	Send   bool        // the request submits or changes something: what is ambiguous is ErrUnknown
	Hide   []string    // never to appear in an error: key, recipient, text
	Max    int64       // bytes of the answer to read; 0 is 1 MiB
}

// Do makes the call once and reads the answer into v, unless v is nil. It never retries and
// never follows a redirect. What goes wrong comes back as an [*HTTPError] or, for a 429, a
// [*RateLimitError]:
//
//   - no connection could be had: ErrUnavailable, nothing was sent;
//   - the connection broke or timed out after that, a 5xx, a 408, a redirect that a POST can
//     end in, an answer that cannot be read: ErrUnknown if Send is set, else ErrUnavailable;
//   - 401 is ErrAuth, 402 ErrCredit, and so is 403 ErrAuth unless a web page says it;
//   - another refusal that is no JSON object is not the gateway's: something before it answered, and that is
//     ErrUnavailable, as is what says that the address or the way to it is wrong (405, 410, 421, 426);
//   - other refusals are ErrRejected if Send is set, else ErrNotFound for a 404 and ErrUnavailable for the rest.
func (c Call) Do(ctx context.Context, client *http.Client, v any) error {
	req, err := c.request(ctx)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return c.fail(req, ErrUnavailable, 0, "", err)
	}
	try := attempt{reports: reports(client.Transport)}
	req = req.WithContext(httptrace.WithClientTrace(ctx, try.trace()))
	strict := *client
	strict.CheckRedirect = noRedirects
	resp, err := strict.Do(req)
	if err != nil {
		err = bare(err)
		if try.unsent(err) {
			return c.fail(req, ErrUnavailable, 0, "", err)
		}
		return c.fail(req, c.ambiguous(), 0, "", err)
	}
	defer resp.Body.Close()
	limit := c.Max
	if limit == 0 {
		limit = 1 << 20
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return c.refused(req, resp, body)
	}
	switch {
	case err != nil:
		return c.fail(req, c.ambiguous(), resp.StatusCode, "answer broke off", err)
	case int64(len(body)) > limit:
		return c.fail(req, c.ambiguous(), resp.StatusCode, "answer too long", nil)
	case v != nil && json.Unmarshal(body, v) != nil:
		// The decoder's own words may quote the answer, and that may quote a number.
		return c.fail(req, c.ambiguous(), resp.StatusCode, "unreadable answer"+mediaType(resp), nil)
	}
	return nil
}

func (c Call) request(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	var contentType string
	switch {
	case c.JSON != nil:
		b, err := json.Marshal(c.JSON)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body, contentType = bytes.NewReader(b), "application/json"
	case c.Form != nil:
		body, contentType = strings.NewReader(c.Form.Encode()), "application/x-www-form-urlencoded"
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, c.URL, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", bare(err))
	}
	req.URL.RawQuery = c.Query.Encode()
	maps.Copy(req.Header, c.Header)
	req.Header.Set("Accept", "application/json")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req, nil
}

// attempt is what a trace saw of the last attempt at a request.
type attempt struct {
	reports   bool // the transport is known to report
	connected bool
}

func reports(rt http.RoundTripper) bool {
	_, ok := rt.(*http.Transport)
	return ok || rt == nil
}

// trace notes whether a connection was had. That, and not WroteRequest, is the proof we need:
// WroteRequest is reported from another goroutine, so its absence when the call returns proves
// nothing. The transport itself tries a POST again only if it wrote no byte of it, or if
// HTTP/2 says that the server did not process it; then GetConn starts the next attempt.
func (a *attempt) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { *a = attempt{reports: true} },
		GotConn: func(httptrace.GotConnInfo) { a.connected = true },
	}
}

// unsent tells that the request certainly did not leave. A transport that reports nothing is
// believed only when it says that it could not dial.
func (a *attempt) unsent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	return a.reports && !a.connected
}

func (c Call) ambiguous() error {
	if c.Send {
		return ErrUnknown
	}
	return ErrUnavailable
}

// refused turns an answer that is not a 2xx into an error.
func (c Call) refused(req *http.Request, resp *http.Response, body []byte) error {
	if resp.StatusCode == http.StatusTooManyRequests {
		return &RateLimitError{After: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	}
	said, own := c.reason(body)
	if !own && len(bytes.TrimSpace(body)) > 0 {
		said = "unreadable answer" + mediaType(resp)
	}
	return c.fail(req, c.meaning(resp.StatusCode, own, len(body) == 0), resp.StatusCode, said, nil)
}

// meaning is what a status other than 2xx says; own tells that the gateway itself said it, in JSON.
func (c Call) meaning(code int, own, silent bool) error {
	switch code {
	case http.StatusUnauthorized:
		return ErrAuth
	case http.StatusForbidden:
		if own || silent {
			return ErrAuth
		}
		return ErrUnavailable
	case http.StatusPaymentRequired:
		return ErrCredit
	case http.StatusMethodNotAllowed, http.StatusGone, http.StatusMisdirectedRequest, http.StatusUpgradeRequired:
		return ErrUnavailable
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return ErrUnavailable // these ask for the same request elsewhere: it was not processed
	case http.StatusRequestTimeout:
		return c.ambiguous()
	}
	switch {
	case code < 400 || code > 499:
		return c.ambiguous()
	case !own:
		return ErrUnavailable
	case c.Send:
		return ErrRejected
	case code == http.StatusNotFound:
		return ErrNotFound
	}
	return ErrUnavailable
}

func (c Call) fail(req *http.Request, kind error, code int, reason string, cause error) error {
	return &HTTPError{
		Method: c.Method, Path: req.URL.Path, Code: code,
		Reason: reason, Kind: kind, Cause: cause,
	}
}

// Refused is the error for an answer that arrived well and says no, in words of the gateway.
func (c Call) Refused(kind error, reason string) error {
	u, err := url.Parse(c.URL)
	if err != nil {
		u = new(url.URL)
	}
	return &HTTPError{Method: c.Method, Path: u.Path, Code: http.StatusOK, Reason: c.redact(reason), Kind: kind}
}

// reason finds the gateway's own words in the answer to a refused request, with what it says of single fields; own
// tells whether the answer is the JSON object that an API's answer is.
func (c Call) reason(body []byte) (words string, own bool) {
	var said struct {
		Message json.RawMessage `json:"message"`
		Error   json.RawMessage `json:"error"`
		Errors  json.RawMessage `json:"errors"`
	}
	if json.Unmarshal(body, &said) != nil || bytes.Equal(bytes.TrimSpace(body), []byte("null")) {
		return "", false
	}
	var all []string
	for _, raw := range []json.RawMessage{said.Message, said.Error} {
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			all = append(all, text)
			break
		}
	}
	return c.redact(strings.Join(append(all, FieldErrors(said.Errors)...), "; ")), true
}

// FieldErrors are the complaints of an answer about single fields: {"sender_id": ["is not approved"]}, or a list of
// sentences.
func FieldErrors(raw json.RawMessage) (all []string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) == nil {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if of := sentences(fields[name]); len(of) > 0 {
				all = append(all, name+": "+strings.Join(of, ", "))
			}
		}
		return all
	}
	return sentences(raw)
}

func sentences(raw json.RawMessage) (all []string) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	for _, one := range list {
		var text string
		if json.Unmarshal(one, &text) == nil && text != "" {
			all = append(all, text)
		}
	}
	return all
}

var longNumber = Pattern(`\+?[0-9](?:[ ().\-]*[0-9]){4,}`)

func (c Call) redact(s string) string {
	const most = 120
	for _, secret := range c.Hide {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "[...]")
		}
	}
	s = longNumber().ReplaceAllString(Clean(s), "[number]")
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return s
}

// retryAfter reads the header's two forms, seconds and a date. Nonsense reads as 0.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32); err == nil {
		return time.Duration(max(n, 0)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// mediaType names what came instead of JSON, if the header says so properly.
func mediaType(resp *http.Response) string {
	t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return " of type " + t
}

// bare takes off the *url.Error, which quotes the whole URL with its query.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
