package ghl_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/openshift/osin"
	"golang.org/x/oauth2"

	"ghlsms/ghl"
)

// shelf is what osin keeps.
type shelf struct {
	mu        sync.Mutex
	client    osin.DefaultClient
	authorize map[string]*osin.AuthorizeData
	access    map[string]*osin.AccessData
	refresh   map[string]*osin.AccessData
}

func take[T any](s *shelf, m map[string]*T, key string) (*T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := m[key]; v != nil {
		return v, nil
	}
	return nil, osin.ErrNotFound
}

func remove[T any](s *shelf, m map[string]*T, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(m, key)
	return nil
}

func (s *shelf) Clone() osin.Storage { return s }
func (s *shelf) Close()              {}

func (s *shelf) GetClient(id string) (osin.Client, error) {
	if id != s.client.Id {
		return nil, osin.ErrNotFound
	}
	return &s.client, nil
}

func (s *shelf) SaveAuthorize(d *osin.AuthorizeData) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.authorize[d.Code] = d
	return nil
}

func (s *shelf) SaveAccess(d *osin.AccessData) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access[d.AccessToken], s.refresh[d.RefreshToken] = d, d
	return nil
}

func (s *shelf) LoadAuthorize(code string) (*osin.AuthorizeData, error) {
	return take(s, s.authorize, code)
}
func (s *shelf) LoadAccess(token string) (*osin.AccessData, error) { return take(s, s.access, token) }
func (s *shelf) LoadRefresh(token string) (*osin.AccessData, error) {
	return take(s, s.refresh, token)
}
func (s *shelf) RemoveAuthorize(code string) error { return remove(s, s.authorize, code) }
func (s *shelf) RemoveAccess(token string) error   { return remove(s, s.access, token) }
func (s *shelf) RemoveRefresh(token string) error  { return remove(s, s.refresh, token) }

// independent is an authorization server that is not of our making. It rotates refresh tokens, has
// no replay window, and insists on PKCE where it was announced.
func independent(t *testing.T, errorStatus int) (*ghl.App, *shelf) {
	t.Helper()
	s := &shelf{
		client:    osin.DefaultClient{Id: "app", Secret: "app-secret", RedirectUri: "http://127.0.0.1:8765/callback"},
		authorize: map[string]*osin.AuthorizeData{}, access: map[string]*osin.AccessData{}, refresh: map[string]*osin.AccessData{},
	}
	config := osin.NewServerConfig()
	config.AllowedAccessTypes = osin.AllowedAccessType{osin.AUTHORIZATION_CODE, osin.REFRESH_TOKEN}
	config.AllowClientSecretInParams, config.ErrorStatusCode = true, errorStatus
	server := osin.NewServer(config, s)
	mux := http.NewServeMux()
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		resp := server.NewResponse()
		if ar := server.HandleAuthorizeRequest(resp, r); ar != nil {
			ar.Authorized = true
			server.FinishAuthorizeRequest(resp, r, ar)
		}
		_ = osin.OutputJSON(resp, w, r)
	})
	mux.HandleFunc("/oauth/token", func(w http.ResponseWriter, r *http.Request) {
		resp := server.NewResponse()
		if ar := server.HandleAccessRequest(resp, r); ar != nil {
			ar.Authorized = true
			server.FinishAccessRequest(resp, r, ar)
		}
		_ = osin.OutputJSON(resp, w, r)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return &ghl.App{
		BaseURL: srv.URL, AuthorizeURL: srv.URL + "/authorize", ClientID: "app",
		ClientSecret: func() (string, error) { return "app-secret", nil },
		RedirectURL:  "http://127.0.0.1:8765/callback", Scopes: []string{"contacts.readonly", "users.readonly"},
	}, s
}

// consent opens the consent page, where this server agrees at once.
func consent(t *testing.T, app *ghl.App, state, verifier string) url.Values {
	t.Helper()
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Get(app.ConsentURL(state, verifier))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	return back.Query()
}

// Against a server that others wrote: consent with state and PKCE, rotation, and a refresh token
// that is used up. It says no with a 400, as it should, or with a 200, as some do.
func TestIndependentServer(t *testing.T) {
	for _, status := range []int{400, 200} {
		app, shelf := independent(t, status)
		state, verifier := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
		back := consent(t, app, state, verifier)
		if back.Get("state") != state {
			t.Fatalf("the state came back as %q", back)
		}
		_, err := app.Exchange(t.Context(), back.Get("code"), oauth2.GenerateVerifier())
		if _, no := errors.AsType[*ghl.OAuthError](err); !no {
			t.Errorf("another verifier: %v", err)
		}
		g, err := app.Exchange(t.Context(), back.Get("code"), verifier)
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Scopes) != 2 || g.Access.Until.Sub(g.Access.From) < 59*time.Minute || g.Refresh == "" {
			t.Errorf("%v, %s to %s", g.Scopes, g.Access.From, g.Access.Until)
		}
		if _, err = app.Exchange(t.Context(), back.Get("code"), verifier); err == nil {
			t.Error("a code was good for two exchanges")
		}
		g.UserType, g.LocationID = ghl.UserLocation, "loc"
		store := newMemory()
		source := ghl.NewTokenSource(t.Context(), ghl.TokenOptions{App: app, Store: store, Location: "loc", Remedy: "log in"})
		for range 3 {
			g.Access.Until = time.Now()
			if err := store.Save(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			tok, err := source.Token()
			if err != nil {
				t.Fatal(err)
			}
			next, _ := store.Load(t.Context())
			if _, err := shelf.LoadAccess(tok.AccessToken); err != nil || next.Refresh == g.Refresh || len(next.Scopes) != 2 {
				t.Errorf("after a refresh: %v, scopes %v", err, next.Scopes)
			}
			if _, err := shelf.LoadRefresh(g.Refresh); err == nil {
				t.Error("the server does not rotate, which is what this test is for")
			}
			g = next
		}
		if err := shelf.RemoveRefresh(g.Refresh); err != nil {
			t.Fatal(err)
		}
		g.Access.Until = time.Now()
		if err := store.Save(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		_, err = source.Token()
		refusal(t, err, "log in")
	}
}
