package ghl_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
)

// memory is a TokenStore that knows when it was used.
type memory struct {
	lock chan struct{}
	mu   sync.Mutex
	g    ghl.Grant
	have bool
	fail error // of the next Save
	log  []ghl.Grant
}

func newMemory() *memory { return &memory{lock: make(chan struct{}, 1)} }

func (m *memory) Lock(ctx context.Context) (func(), error) {
	select {
	case m.lock <- struct{}{}:
		return func() { <-m.lock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *memory) Load(context.Context) (ghl.Grant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.have {
		return ghl.Grant{}, ghl.ErrNoGrant
	}
	return m.g, nil
}

func (m *memory) Save(_ context.Context, g ghl.Grant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail; err != nil {
		m.fail = nil
		return err
	}
	m.g, m.have, m.log = g, true, append(m.log, g)
	return nil
}

// world is a location, an app, and what one process of it needs.
type world struct {
	t     *testing.T
	crm   *ghltest.Sandbox
	pipe  *ghltest.PipeServer
	app   *ghl.App
	store *memory
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := ghltest.New(ghltest.Options{})
	w := &world{t: t, crm: s, pipe: s.Pipe(), store: newMemory()}
	w.app = &ghl.App{
		BaseURL: w.pipe.URL, ClientID: "client-sandbox", ClientSecret: func() (string, error) { return "secret-sandbox", nil },
		RedirectURL: "http://127.0.0.1:8765/callback", Scopes: []string{"contacts.readonly"}, HTTP: w.pipe.Client,
	}
	t.Cleanup(w.pipe.Close)
	return w
}

// login saves the grant that a code gives.
func (w *world) login(code string) {
	w.t.Helper()
	g, err := w.app.Exchange(w.t.Context(), code, "")
	if err == nil {
		g, err = w.app.ForLocation(w.t.Context(), g, ghltest.DefaultLocation)
	}
	if err == nil {
		err = w.store.Save(w.t.Context(), g)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// source is a process that begins now.
func (w *world) source() *ghl.TokenSource {
	return ghl.NewTokenSource(w.t.Context(), ghl.TokenOptions{
		App: w.app, Store: w.store, Location: ghltest.DefaultLocation, Remedy: "log in", SecretRemedy: "mend the secret",
	})
}

func (w *world) token(s *ghl.TokenSource) string {
	w.t.Helper()
	tok, err := s.Token()
	if err != nil {
		w.t.Fatal(err)
	}
	return tok.AccessToken
}

// refreshes counts the calls that use up a refresh token.
func (w *world) refreshes() (n int) {
	for _, r := range w.crm.Log() {
		if r.Path == "/oauth/token" && strings.Contains(string(r.Body), "grant_type=refresh_token") {
			n++
		}
	}
	return n
}

func (w *world) wantRefreshes(n int) {
	w.t.Helper()
	if got := w.refreshes(); got != n {
		w.t.Errorf("%d refreshes, want %d", got, n)
	}
}

// refusal is what a person is told.
func refusal(t *testing.T, err error, want string) {
	t.Helper()
	auth, ok := errors.AsType[*ghl.AuthError](err)
	if !ok || !strings.Contains(auth.Message, want) || auth.Scope {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestTokenIsRenewedBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.pipe.Close()
		s := w.source()
		_, err := s.Token()
		refusal(t, err, "not logged in; log in")
		w.login(w.crm.Grant())
		first := w.token(s)
		time.Sleep(24*time.Hour - 6*time.Minute)
		if w.token(s) != first {
			t.Error("renewed too early")
		}
		time.Sleep(2 * time.Minute)
		second := w.token(s)
		if second == first {
			t.Error("not renewed before its end")
		}
		w.wantRefreshes(1)
		for range 365 { // for ever, each from the one before
			time.Sleep(24 * time.Hour)
			w.token(s)
		}
		w.wantRefreshes(366)
		if g, _ := w.store.Load(t.Context()); g.UserID == "" || g.CompanyID == "" || len(g.Scopes) < 8 || g.GrantedAt.IsZero() || !g.RefreshingSince.IsZero() {
			t.Errorf("the grant lost something: %s %v %v", g.UserID, g.Scopes, g.GrantedAt)
		}
	})
}

// The pair is saved before anybody gets the token, and that a refresh begins before it is made.
func TestTokenIsSavedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.pipe.Close()
		w.login(w.crm.Grant())
		time.Sleep(25 * time.Hour)
		w.crm.OnRequest(func(r ghltest.Request, p ghltest.Phase) {
			if g, _ := w.store.Load(t.Context()); r.Path == "/oauth/token" && p == ghltest.Before && g.RefreshingSince.IsZero() {
				t.Error("a refresh that nobody noted")
			}
			if p == ghltest.After {
				w.store.mu.Lock()
				w.store.fail = errors.New("disk full")
				w.store.mu.Unlock()
			}
		})
		if tok, err := w.source().Token(); err == nil || !errors.Is(err, ghl.ErrUnavailable) {
			t.Errorf("a token that is not saved was given out: %v %v", tok, err)
		}
		w.store.fail = nil
		w.crm.OnRequest(func(ghltest.Request, ghltest.Phase) {})
		before, _ := w.store.Load(t.Context())
		if before.RefreshingSince.IsZero() {
			t.Error("the note is gone")
		}
	})
}

// Lost answers are asked for again within the window, also by the next process.
func TestRefreshIsReplayed(t *testing.T) {
	for _, kind := range []ghltest.FaultKind{ghltest.CutAfter, ghltest.ErrorAfter, ghltest.HTML, ghltest.HalfJSON} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.pipe.Close()
			w.login(w.crm.Grant())
			time.Sleep(25 * time.Hour)
			w.crm.AddFault(ghltest.Fault{Path: "/oauth/token", Kind: kind, Times: 2})
			w.token(w.source())
			w.wantRefreshes(3)
		})
	}
	synctest.Test(t, func(t *testing.T) { // the answer comes too late
		w := newWorld(t)
		defer w.pipe.Close()
		w.login(w.crm.Grant())
		time.Sleep(25 * time.Hour)
		w.crm.AddFault(ghltest.Fault{Path: "/oauth/token", Kind: ghltest.Slow, Delay: 12 * time.Second, Times: 2})
		w.token(w.source())
		w.wantRefreshes(3)
	})
}

// Where the window closed in between, reconnecting is the last resort.
func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.pipe.Close()
		w.login(w.crm.Grant())
		time.Sleep(25 * time.Hour)
		w.crm.AddFault(ghltest.Fault{Path: "/oauth/token", Kind: ghltest.CutAfter, Times: -1})
		if _, err := w.source().Token(); !errors.Is(err, ghl.ErrUnavailable) || errors.Is(err, ghl.ErrUnknown) {
			t.Errorf("got %v", err)
		}
		w.crm.ClearFaults()
		time.Sleep(time.Hour)
		w.token(w.source())
		w.crm.Revoke()
		time.Sleep(25 * time.Hour)
		s := w.source()
		for range 5 {
			_, err := s.Token()
			refusal(t, err, "the refresh token is no longer good (400")
			refusal(t, err, "log in")
		}
		before := len(w.crm.Log())
		time.Sleep(5 * time.Minute)
		_, err := w.source().Token()
		refusal(t, err, "log in")
		if n := len(w.crm.Log()); n != before {
			t.Errorf("%d calls for a grant known to be dead", n-before)
		}
		w.login(w.crm.Grant())
		w.token(s)
	})
}

// While the old token works, an authorization server that is away harms nobody.
func TestRefreshFailsWhileTokenWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.pipe.Close()
		w.login(w.crm.Grant())
		s := w.source()
		first := w.token(s)
		time.Sleep(24*time.Hour - 4*time.Minute)
		w.crm.AddFault(ghltest.Fault{Path: "/oauth/token", Kind: ghltest.Refuse, Times: -1})
		start := time.Now()
		for range 100 {
			if w.token(s) != first {
				t.Fatal("another token")
			}
		}
		if took := time.Since(start); took > time.Minute || w.refreshes() > 30 {
			t.Errorf("%d refreshes in %s", w.refreshes(), took)
		}
		w.crm.ClearFaults()
		time.Sleep(2 * time.Minute)
		if w.token(s) == first {
			t.Error("not renewed")
		}
	})
}

// Many goroutines of many processes: one refresh.
func TestOneRefreshAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.pipe.Close()
		w.login(w.crm.Grant())
		time.Sleep(25 * time.Hour)
		w.crm.AddFault(ghltest.Fault{Path: "/oauth/token", Kind: ghltest.Slow, Delay: 3 * time.Second})
		var wg sync.WaitGroup
		got := make([]string, 40)
		for process := range 4 {
			s := w.source()
			for i := range 10 {
				wg.Go(func() {
					if tok, err := s.Token(); err == nil {
						got[process*10+i] = tok.AccessToken
					}
				})
			}
		}
		wg.Wait()
		w.wantRefreshes(1)
		for _, tok := range got {
			if tok == "" || tok != got[0] {
				t.Fatalf("different tokens: %d", len(got))
			}
		}
	})
}

func TestCompanyServesLocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.pipe.Close()
		w.app.UserType = ghl.UserCompany
		w.login(w.crm.GrantCompany())
		g, _ := w.store.Load(t.Context())
		all, err := w.app.InstalledLocations(t.Context(), g.Access, g.CompanyID)
		if err != nil || len(all) != 1 || all[0].ID != ghltest.DefaultLocation || all[0].Name == "" {
			t.Errorf("%v %v", all, err)
		}
		s := w.source()
		for range 3 {
			time.Sleep(25 * time.Hour)
			if _, err := w.client(s).Location(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.wantRefreshes(3)
		w.crm.ExpireAccess() // both of them
		if _, err := w.client(s).Location(t.Context()); err != nil {
			t.Error(err)
		}
		w.crm.Revoke()
		time.Sleep(time.Hour)
		_, err = w.client(s).Location(t.Context())
		refusal(t, err, "log in")
	})
}

// client is an API client whose token is watched.
func (w *world) client(s *ghl.TokenSource) *ghl.Client {
	w.t.Helper()
	watch := &ghl.TokenWatch{BaseURL: w.pipe.URL, Renewer: s}
	h, err := watch.Client(w.pipe.Client)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := ghl.New(ghl.Options{BaseURL: w.pipe.URL, Location: ghltest.DefaultLocation, Token: s, HTTP: h})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// A token that the API refuses before its time is renewed once, and the call made again.
func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.pipe.Close()
		w.login(w.crm.Grant())
		s := w.source()
		c := w.client(s)
		w.crm.ExpireAccess()
		made, err := c.CreateContact(t.Context(), ghl.ContactPatch{FirstName: new("Jane"), Phone: new("+12025550177")})
		if err != nil || made.FirstName != "Jane" || len(w.crm.Contacts()) != 1 {
			t.Errorf("%+v %v", made, err)
		}
		w.wantRefreshes(1)
		w.crm.AddFault(ghltest.Fault{Path: "/locations/", Kind: ghltest.Unauthorized, Times: -1})
		for range 5 {
			_, err = c.Location(t.Context())
			refusal(t, err, "a new token is refused as well")
		}
		w.wantRefreshes(1)
		time.Sleep(2 * time.Minute)
		_, err = c.Location(t.Context())
		refusal(t, err, "Invalid JWT")
		w.wantRefreshes(2)
	})
}

// A wrong client secret uses nothing up, and is named as what it is.
func TestWrongClientSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.pipe.Close()
		w.login(w.crm.Grant())
		time.Sleep(25 * time.Hour)
		w.crm.SetClientSecret("other")
		_, err := w.source().Token()
		refusal(t, err, "client id or secret is refused (401")
		refusal(t, err, "mend the secret")
		w.crm.SetClientSecret("secret-sandbox")
		time.Sleep(time.Hour)
		w.token(w.source())
	})
}

// No error text repeats what was sent, not even if the server does.
func TestErrorsKeepSecrets(t *testing.T) {
	echo := &ghl.App{
		BaseURL: "http://127.0.0.1:1", ClientID: "id", ClientSecret: func() (string, error) { return "s3cret+/=", nil },
		HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			said := fmt.Sprintf(`{"error":"invalid_grant","error_description":%q,"message":%q}`, body, r.Header.Get("Authorization"))
			return &http.Response{StatusCode: 400, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(said)), Request: r}, err
		})},
	}
	g := ghl.Grant{UserType: ghl.UserLocation, LocationID: "loc", Refresh: "re+fresh/tok", Access: ghl.Access{Token: "acc+ess/tok"}}
	_, err1 := echo.Exchange(t.Context(), "co+de/x", "veri+fier")
	_, err2 := echo.Renew(t.Context(), g)
	_, err3 := echo.Reconnect(t.Context(), g)
	_, _, err4 := echo.LocationToken(t.Context(), g.Access, "company", "loc")
	for _, err := range []error{err1, err2, err3, err4} {
		if refused, ok := errors.AsType[*ghl.OAuthError](err); !ok || refused.Status != 400 || refused.Client() {
			t.Errorf("got %v", err)
		}
		for _, secret := range []string{"s3cret", "re+fresh", "re%2Bfresh", "acc+ess", "co+de", "co%2Bde", "veri+fier", "veri%2Bfier"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s in %v", secret, err)
			}
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s %d", g, g, g, g, g); strings.Contains(s, "tok") {
		t.Errorf("printed: %s", s)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
