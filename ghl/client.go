package ghl

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

const defaultBaseURL = "https://services.leadconnectorhq.com"

// The keys of Options.Versions. Appointments and their notes belong to calendars, the task search
// to tasks, tags and custom fields to locations, messages to conversations.
const (
	apiContacts      = "contacts"
	apiTasks         = "tasks"
	apiNotes         = "notes"
	apiCalendars     = "calendars"
	apiLocations     = "locations"
	apiUsers         = "users"
	apiBusinesses    = "businesses"
	apiConversations = "conversations"
)

var defaultVersions = map[string]string{
	apiContacts:      "2021-07-28",
	apiTasks:         "2021-07-28",
	apiNotes:         "2021-07-28",
	apiCalendars:     "2021-04-15",
	apiLocations:     "2021-07-28",
	apiUsers:         "2021-07-28",
	apiBusinesses:    "2021-07-28",
	apiConversations: "2021-04-15",
}

// Options are what a client needs to know. Only Location and Token are required.
type Options struct {
	BaseURL  string // may have a path, which is kept; the default is the real API
	Location LocationID
	Token    oauth2.TokenSource // oauth2.StaticTokenSource for a private integration token
	// HTTP is copied. Whatever it says, the copy follows no redirects and keeps no cookies.
	HTTP *http.Client
	// Versions overrides the Version header by endpoint: contacts, tasks, notes, calendars
	// (appointments and their notes too), locations (tags and custom fields too), users, businesses,
	// conversations (messages too).
	Versions map[string]string
	Log      *slog.Logger // one debug line per call: method, path, status, duration
}

// Client calls the API for one location. See the package comment for what its errors mean.
type Client struct {
	base     *url.URL
	location LocationID
	token    oauth2.TokenSource
	http     *http.Client
	versions map[string]string
	log      *slog.Logger
	limit    *limiter
	skew     atomic.Pointer[time.Duration] // of our clock; nil: no answer told yet
}

// New checks the options; it makes no request.
func New(o Options) (*Client, error) {
	base, err := parseBase(cmp.Or(o.BaseURL, defaultBaseURL))
	if err != nil {
		return nil, err
	}
	versions := maps.Clone(defaultVersions)
	for api, version := range o.Versions {
		if _, ok := versions[api]; !ok || version == "" {
			return nil, fmt.Errorf("ghl: version %q for unknown endpoint %q", version, api)
		}
		versions[api] = version
	}
	switch {
	case o.Location == "":
		return nil, errors.New("ghl: location id is missing")
	case o.Token == nil:
		return nil, errors.New("ghl: token source is missing")
	}
	return &Client{
		base:     base,
		location: o.Location,
		token:    o.Token,
		http:     httpClient(o.HTTP),
		versions: versions,
		log:      cmp.Or(o.Log, slog.New(slog.DiscardHandler)),
		limit:    newLimiter(),
	}, nil
}

// Usage tells what is known about the location's rate limits. It makes no request.
func (c *Client) Usage() Usage { return c.limit.snapshot() }

func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("ghl: base URL cannot be read") // its text may hold a password
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("ghl: base URL must be http(s)://host[/path]")
	}
	return u, nil
}

func httpClient(given *http.Client) *http.Client {
	h := http.Client{Timeout: 30 * time.Second, Transport: defaultTransport} // writes take seconds
	if given != nil {
		h = *given
	}
	h.Jar = nil
	// A redirect would take the token to another host, or turn a write into a GET.
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}

var defaultTransport = &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
	TLSHandshakeTimeout:   10 * time.Second,
	ResponseHeaderTimeout: 30 * time.Second,
	IdleConnTimeout:       20 * time.Second, // a write on a connection that the server just gave up is "unknown"
	MaxIdleConnsPerHost:   4,
	ForceAttemptHTTP2:     true,
}
