package ghl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/oauth2"
)

// Renewer is a token source that can do something about a token that the API refuses.
type Renewer interface {
	// Renew returns a token other than the refused one, or an error.
	Renew(ctx context.Context, refused string) (*oauth2.Token, error)
}

// TokenWatch makes an [http.Client] for [Options].HTTP that looks at how the API takes the token.
type TokenWatch struct {
	BaseURL string // as in Options
	// Renewer, if there is one, is asked when the API refuses the token as such, not for a scope.
	// The call is then made once more: the refusal proves that it had no effect.
	Renewer Renewer
	// Scope, if it is set, is told when a function is refused for its scope, and when it is granted
	// after that. Refused functions of an earlier run are in Off.
	Scope func(f Function, granted bool)
	Off   []string // names of functions

	base http.RoundTripper
	path string
	mu   sync.Mutex
	off  map[string]bool
}

// Client returns a copy of h that watches. It is to be called once.
func (w *TokenWatch) Client(h *http.Client) (*http.Client, error) {
	base, err := parseBase(strings.TrimRight(w.BaseURL, "/"))
	if err != nil {
		return nil, err
	}
	w.path, w.off = base.Path, map[string]bool{}
	for _, name := range w.Off {
		w.off[name] = true
	}
	watching := httpClient(h)
	w.base = watching.Transport
	if w.base == nil {
		w.base = http.DefaultTransport
	}
	watching.Transport = w
	return watching, nil
}

// RoundTrip implements http.RoundTripper.
func (w *TokenWatch) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
	default:
		if resp.StatusCode < 300 {
			w.learn(req, true)
		}
		return resp, nil
	}
	refusal, known := w.read(resp)
	switch {
	case known && refusal.Scope:
		w.learn(req, false)
	case known && w.Renewer != nil && resp.StatusCode == http.StatusUnauthorized:
		return w.again(req, resp)
	}
	return resp, nil
}

// read judges a refusal and leaves the answer as it was.
func (w *TokenWatch) read(resp *http.Response) (*AuthError, bool) {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxProblem)) // who reads on meets the error again
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), resp.Body), resp.Body}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	refusal, ok := (call{}).verdict(a, readProblem(a)).(*AuthError) //nolint:errorlint // verdict makes it and wraps nothing
	return refusal, ok
}

// again makes the call with another token, if there is one; else the answer stands, and says why.
func (w *TokenWatch) again(req *http.Request, resp *http.Response) (*http.Response, error) {
	refused := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	token, err := w.Renewer.Renew(req.Context(), refused)
	if err != nil {
		return explained(resp, err), nil
	}
	if token.AccessToken == refused || req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return resp, nil
	}
	second := req.Clone(req.Context())
	if req.GetBody != nil {
		if second.Body, err = req.GetBody(); err != nil {
			return resp, nil //nolint:nilerr // the answer to the first call stands
		}
	}
	_ = resp.Body.Close()
	token.SetAuthHeader(second)
	resp, err = w.base.RoundTrip(second)
	if err == nil && resp.StatusCode < 300 {
		w.learn(req, true)
	}
	return resp, err
}

// explained adds to a refusal why there is no other token.
func explained(resp *http.Response, why error) *http.Response {
	reason := why.Error()
	if auth, ok := errors.AsType[*AuthError](why); ok {
		reason = auth.Message
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProblem))
	if err != nil {
		body = nil // the reason matters more
	}
	said := readProblem(answer{status: resp.StatusCode, header: resp.Header, body: body})
	body, err = json.Marshal(map[string]any{"message": append(said.messages, reason), "traceId": said.traceID})
	if err != nil {
		return resp
	}
	_ = resp.Body.Close()
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp
}

// learn tells about a function when something is new about it.
func (w *TokenWatch) learn(req *http.Request, granted bool) {
	if w.Scope == nil {
		return
	}
	f, ok := FunctionOf(req.Method, strings.TrimPrefix(req.URL.Path, w.path))
	if !ok {
		return
	}
	w.mu.Lock()
	news := w.off[f.Name] == granted
	w.off[f.Name] = !granted
	w.mu.Unlock()
	if news {
		w.Scope(f, granted)
	}
}
