package ghl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	maxBody    = 32 << 20
	maxProblem = 64 << 10 // of an answer that is an error
)

// A call is one request to be made.
type call struct {
	method     string
	route      string   // with one {id} for each of ids
	ids        []string // none may be empty
	query      url.Values
	body       any
	version    string
	write      bool // it has an effect, so that a lost answer leaves the outcome unknown
	newContact bool
}

// read is a call without effect, whatever its method.
func (c *Client) read(api, method, route string, ids ...string) call {
	return call{method: method, route: route, ids: ids, version: c.versions[api]}
}

// write is a call with an effect.
func (c *Client) write(api, method, route string, ids ...string) call {
	return call{method: method, route: route, ids: ids, version: c.versions[api], write: true}
}

func (cl call) with(body any) call {
	cl.body = body
	return cl
}

// ask adds to the query.
func (cl call) ask(pairs ...string) call {
	cl.query = url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		cl.query.Set(pair[0], pair[1])
	}
	return cl
}

// also is the call with more in its query; empty values are left out.
func (cl call) also(pairs ...string) call {
	cl.query = maps.Clone(cl.query)
	if cl.query == nil {
		cl.query = url.Values{}
	}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			cl.query.Set(pair[0], pair[1])
		}
	}
	return cl
}

// path puts the ids into the route. An id that would lead elsewhere is refused.
func (cl call) path() (string, error) {
	p := cl.route
	for _, id := range cl.ids {
		if id == "" || id == "." || id == ".." {
			return "", fmt.Errorf("%w: id %q", ErrInvalid, id)
		}
		p = strings.Replace(p, "{id}", url.PathEscape(id), 1)
	}
	return p, nil
}

func (cl call) shownPath() string {
	p, err := cl.path()
	if err != nil {
		return cl.route
	}
	return p
}

// An answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) isHTML() bool {
	return strings.HasPrefix(a.header.Get("Content-Type"), "text/html") ||
		bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))
}

// object reports why the answer is not a JSON object, which every endpoint's is.
func (a answer) object() error {
	switch body := bytes.TrimSpace(a.body); {
	case len(body) == 0:
		return errors.New("empty answer")
	case a.isHTML():
		return errors.New("HTML instead of JSON")
	case body[0] != '{':
		return errors.New("not a JSON object")
	}
	return nil
}

// do makes the call once and returns a 2xx with a JSON object, or an [*Error].
func (c *Client) do(ctx context.Context, cl call) (answer, error) {
	req, err := c.request(ctx, cl)
	if err != nil {
		return answer{}, cl.fail(err)
	}
	token, err := c.token.Token()
	switch {
	case err != nil:
		return answer{}, cl.fail(tokenVerdict(err))
	case token.AccessToken == "":
		return answer{}, cl.fail(&AuthError{Message: "there is no token"})
	}
	token.SetAuthHeader(req)
	if err := c.limit.wait(ctx); err != nil {
		return answer{}, cl.fail(notSent(err))
	}
	start := time.Now()
	a, err := c.send(ctx, cl, req)
	c.log.DebugContext(ctx, "ghl call", "method", cl.method, "path", cl.shownPath(),
		"status", a.status, "bytes", len(a.body), "took", time.Since(start))
	return a, err
}

func (c *Client) request(ctx context.Context, cl call) (*http.Request, error) {
	path, err := cl.path()
	if err != nil {
		return nil, err
	}
	u := c.base.JoinPath(path)
	u.RawQuery = cl.query.Encode()
	var body []byte
	if cl.body != nil {
		if body, err = json.Marshal(cl.body); err != nil {
			return nil, fmt.Errorf("%w: body: %w", ErrInvalid, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, cl.method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: request cannot be made", ErrInvalid)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "ghlsms")
	req.Header.Set("Version", cl.version)
	if cl.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// send makes the request and classifies the result.
func (c *Client) send(ctx context.Context, cl call, req *http.Request) (answer, error) {
	var wire wire
	start := time.Now()
	resp, err := c.http.Do(req.WithContext(httptrace.WithClientTrace(ctx, wire.trace())))
	if err != nil {
		_ = c.limit.done(0, nil)
		if wire.untouched() {
			return answer{}, cl.fail(notSent(bare(err)))
		}
		return answer{}, cl.fail(fmt.Errorf("%w: %w", cl.lost(), bare(err)))
	}
	defer resp.Body.Close()
	c.noteClock(resp.Header, time.Since(start))
	limited := c.limit.done(resp.StatusCode, resp.Header)
	a, err := readAnswer(resp)
	switch {
	case limited != nil:
		e := cl.fail(limited)
		e.Status, e.TraceID = a.status, readProblem(a).traceID
		return a, e
	case a.status < 200 || a.status > 299:
		return a, cl.refused(a)
	case err == nil:
		err = a.object()
	}
	if err != nil {
		return a, cl.unreadable(a.status, bare(err))
	}
	return a, nil
}

func readAnswer(resp *http.Response) (answer, error) {
	a := answer{status: resp.StatusCode, header: resp.Header}
	limit := int64(maxBody)
	if a.status < 200 || a.status > 299 {
		limit = maxProblem
	}
	var err error
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(a.body)) > limit {
		err = fmt.Errorf("answer larger than %d bytes", limit)
	}
	return a, err
}

// A wire traces whether a request may have reached the server. Once there is a connection it may have: that bytes
// were written is seen too late when a call is cut off from another goroutine.
type wire struct{ asked, connected bool }

func (w *wire) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// A transport tries again by itself only what was certainly not processed.
		GetConn: func(string) { w.asked, w.connected = true, false },
		GotConn: func(httptrace.GotConnInfo) { w.connected = true },
	}
}

// untouched tells that the request certainly never got a connection. A transport that does not report connections
// is never believed.
func (w *wire) untouched() bool { return w.asked && !w.connected }

// notSent is the error of a request that was never sent.
func notSent(err error) error {
	if _, ok := errors.AsType[*RateLimitError](err); ok {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// bare strips the URL, whose query may hold a phone number, from an error of net/http.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// tokenVerdict tells a dead grant from an authorization server that cannot be reached. Of the
// latter's answer only the OAuth error code is shown.
func tokenVerdict(err error) error {
	if _, ok := errors.AsType[*AuthError](err); ok {
		return err
	}
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return notSent(fmt.Errorf("token: %w", bare(err)))
	}
	status := 0
	if refused.Response != nil {
		status = refused.Response.StatusCode
	}
	said := redact(strings.TrimSpace(refused.ErrorCode + " " + refused.ErrorDescription))
	if status < 400 || status >= 500 || status == http.StatusTooManyRequests {
		return fmt.Errorf("%w: token endpoint answers %d %s", ErrUnavailable, status, said)
	}
	return &AuthError{Message: fmt.Sprintf("token endpoint answers %d %s", status, said)}
}
