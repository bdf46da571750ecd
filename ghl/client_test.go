package ghl

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

const (
	testLocation = "ve9EPM428h8vShlRW1KT"
	testToken    = "pit-00000000-secret"
)

// mounted starts a server that has the API under a path, so that a client which drops the path of
// its base URL is caught.
func mounted(t *testing.T, h http.Handler) *Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/prefix/", http.StripPrefix("/prefix", h))
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("request outside of the prefix: %s %s", r.Method, r.URL.Path)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return testClient(t, srv.URL+"/prefix", nil)
}

func testClient(t *testing.T, base string, h *http.Client) *Client {
	t.Helper()
	c, err := New(Options{
		BaseURL:  base,
		Location: testLocation,
		Token:    oauth2.StaticTokenSource(&oauth2.Token{AccessToken: testToken}),
		HTTP:     h,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// request is what the server saw.
type request struct {
	method, path, query string
	header              http.Header
	body                string
}

// answering is a client of a server that gives the same answer always and keeps the last request.
func answering(t *testing.T, status int, body string) (*Client, *request) {
	t.Helper()
	var last request
	c := mounted(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		last = request{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header, string(b)}
		reply(w, status, body)
	}))
	return c, &last
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if strings.HasPrefix(body, "<") {
		w.Header().Set("Content-Type", "text/html")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func equalJSON(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("body %q: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("wanted body %q: %v", want, err)
	}
	equal(t, "body", g, w)
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v.UTC()
}

func TestNewRefuses(t *testing.T) {
	token := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: testToken})
	for name, o := range map[string]Options{
		"location is missing": {Token: token},
		"token is missing":    {Location: "L"},
		"not a URL":           {Location: "L", Token: token, BaseURL: "::"},
		"no host":             {Location: "L", Token: token, BaseURL: "https:///x"},
		"other scheme":        {Location: "L", Token: token, BaseURL: "ftp://host"},
		"password in URL":     {Location: "L", Token: token, BaseURL: "https://u:hunter2@host"},
		"unknown version key": {Location: "L", Token: token, Versions: map[string]string{"contact": "v3"}},
	} {
		_, err := New(o)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	c, last := answering(t, 200, `{"contact":{"id":"c"}}`)
	c.versions[apiContacts] = "v3"
	if _, err := c.Contact(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"Authorization": "Bearer " + testToken,
		"Version":       "v3",
		"Accept":        "application/json",
		"Content-Type":  "",
	} {
		equal(t, key, last.header.Get(key), want)
	}
}

func TestLogTellsNoSecrets(t *testing.T) {
	var out strings.Builder
	c, _ := answering(t, 200, `{"contact":{"id":"c","phone":"+15550100"}}`)
	c.log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if _, _, err := c.FindContact(t.Context(), "+15550100", "ann@example.com"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateContact(t.Context(), "c", ContactPatch{Phone: new("+15550100")}); err != nil {
		t.Fatal(err)
	}
	if log := out.String(); !strings.Contains(log, "path=/contacts/search/duplicate status=200") ||
		strings.Contains(log, "5550100") || strings.Contains(log, "example") || strings.Contains(log, "pit-") {
		t.Error(log)
	}
}

func TestIDsStayInTheirPlace(t *testing.T) {
	c, last := answering(t, 200, `{"contact":{"id":"c"}}`)
	if _, err := c.Contact(t.Context(), "a/../b?c"); err != nil {
		t.Fatal(err)
	}
	equal(t, "path", last.path, "/contacts/a%2F..%2Fb%3Fc")
}

func TestNoRedirectIsFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer other.Close()
	c := mounted(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	_, err := c.Contact(t.Context(), "c")
	wantVerdict(t, err, ErrUnavailable)
	_, err = c.CreateNote(t.Context(), "c", "x")
	wantVerdict(t, err, ErrUnknown)
}
