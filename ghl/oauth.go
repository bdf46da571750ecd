package ghl

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// The kinds of tokens: for one location, or for the agency above it.
const (
	UserLocation = "Location"
	UserCompany  = "Company"
)

const (
	defaultAuthorizeURL = "https://marketplace.gohighlevel.com/v2/oauth/chooselocation"
	oauthVersion        = "2021-07-28"
	accessLife          = 24 * time.Hour       // if the answer does not tell
	refreshLife         = 365 * 24 * time.Hour // documented; no answer tells
)

// App is a marketplace app as it is registered. Its methods make one request each and share their
// errors with [Client] where they fit: [ErrUnavailable] is nothing done, [ErrUnknown] is no usable
// answer to a call that uses something up, and [*OAuthError] is a no. No error text carries a
// token, a code or the secret, not even if the server repeats them.
type App struct {
	BaseURL      string // of the API; the default is the real one
	AuthorizeURL string // of the consent page; the default is the real one
	TokenURL     string // the default is below BaseURL
	RedirectURL  string
	ClientID     string
	// ClientSecret is asked at each use, so that the secret can be replaced under a running program.
	ClientSecret func() (string, error)
	Scopes       []string
	UserType     string       // UserLocation if empty
	HTTP         *http.Client // is copied; see Options
}

// OAuthError is the refusal of an authorization server.
type OAuthError struct {
	Status  int
	Code    string // of RFC 6749 such as invalid_grant, or whatever stands there instead
	Message string // redacted; begins with the code
}

func (e *OAuthError) Error() string { return fmt.Sprintf("%d %s", e.Status, e.Message) }

// Client tells that the app itself was refused, not what it brought along. HighLevel says so in
// words only.
func (e *OAuthError) Client() bool {
	switch e.Code {
	case "invalid_client", "unauthorized_client":
		return true
	case "invalid_grant", "invalid_request", "invalid_scope", "unsupported_grant_type":
		return false
	}
	said := strings.ToLower(e.Message)
	return strings.Contains(said, "client credentials") || strings.Contains(said, "client_secret") || strings.Contains(said, "client secret")
}

// Access is a token that opens the API until a time.
type Access struct {
	Token       string
	From, Until time.Time
}

// ok tells that it can be used now.
func (a Access) ok(now time.Time) bool { return a.Token != "" && now.Before(a.Until) }

// fresh tells that it can be used for a while: some minutes, or a tenth of a short life.
func (a Access) fresh(now time.Time) bool {
	return a.ok(now.Add(min(5*time.Minute, a.Until.Sub(a.From)/10)))
}

// Grant is what the consent of an admin gives: tokens, for whom, and the rights they have.
type Grant struct {
	UserType     string
	LocationID   string // empty for a company
	CompanyID    string
	UserID       string // who consented
	Scopes       []string
	GrantedAt    time.Time
	Access       Access // of the location or the company, by UserType
	Refresh      string // good for one use, and for the same again within 30 seconds
	RefreshUntil time.Time
	Location     Access // made from a company's

	RefreshingSince time.Time // Refresh may have been used up then; zero: certainly not
	RefusedAt       time.Time // when Refresh was refused; zero: never
	Refused         string    // why
}

// Serving is the token for the calls of a [Client].
func (g Grant) Serving() Access {
	if g.UserType == UserCompany {
		return g.Location
	}
	return g.Access
}

// Format keeps the tokens from being printed.
func (g Grant) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "grant(%s %s)", g.UserType, cmp.Or(g.LocationID, g.CompanyID))
}

// InstalledLocation is a location that has the app.
type InstalledLocation struct {
	ID, Name string
}

// ConsentURL is where an admin lets the app in. The state comes back with the code; the verifier
// is to be given to [App.Exchange]. Both should be made by oauth2.GenerateVerifier.
func (a *App) ConsentURL(state, verifier string) string {
	conf := a.config("")
	return conf.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))
}

func (a *App) config(secret string) oauth2.Config {
	return oauth2.Config{
		ClientID: a.ClientID, ClientSecret: secret, RedirectURL: a.RedirectURL, Scopes: a.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: cmp.Or(a.AuthorizeURL, defaultAuthorizeURL), TokenURL: a.tokenURL(), AuthStyle: oauth2.AuthStyleInParams},
	}
}

func (a *App) tokenURL() string { return cmp.Or(a.TokenURL, a.url("/oauth/token")) }

func (a *App) url(path string) string {
	return strings.TrimRight(cmp.Or(a.BaseURL, defaultBaseURL), "/") + path
}

func (a *App) userType() string { return cmp.Or(a.UserType, UserLocation) }

// Exchange turns the code of a consent into a grant. A code is good for one exchange. The verifier
// may be empty if it was lost.
func (a *App) Exchange(ctx context.Context, code, verifier string) (Grant, error) {
	options := []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("user_type", a.userType())}
	if verifier != "" {
		options = append(options, oauth2.VerifierOption(verifier))
	}
	g, err := a.token(ctx, func(ctx context.Context, secret string) (*oauth2.Token, error) {
		conf := a.config(secret)
		return conf.Exchange(ctx, code, options...)
	}, code, verifier)
	g.GrantedAt = g.Access.From
	return g, err
}

// Renew turns the refresh token of a grant into the next pair of tokens. What the answer leaves out
// stays as it was.
func (a *App) Renew(ctx context.Context, old Grant) (Grant, error) {
	g, err := a.token(ctx, func(ctx context.Context, secret string) (*oauth2.Token, error) {
		// oauth2.Config has no way to send the user type with a refresh token; this one has.
		conf := clientcredentials.Config{
			ClientID: a.ClientID, ClientSecret: secret, TokenURL: a.tokenURL(), AuthStyle: oauth2.AuthStyleInParams,
			EndpointParams: url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}, "user_type": {old.UserType}},
		}
		return conf.Token(ctx)
	}, old.Refresh)
	if err != nil {
		return Grant{}, err
	}
	return g.after(old), nil
}

// after fills in what is known from the grant before.
func (g Grant) after(old Grant) Grant {
	g.UserType = cmp.Or(g.UserType, old.UserType)
	g.LocationID = cmp.Or(g.LocationID, old.LocationID)
	g.CompanyID = cmp.Or(g.CompanyID, old.CompanyID)
	g.UserID = cmp.Or(g.UserID, old.UserID)
	if len(g.Scopes) == 0 {
		g.Scopes = old.Scopes
	}
	g.GrantedAt, g.Location = old.GrantedAt, old.Location
	return g
}

// token makes one call to the token endpoint by way of the oauth2 package and reads the answer.
// The words in hidden are struck out of error texts.
func (a *App) token(ctx context.Context, ask func(context.Context, string) (*oauth2.Token, error), hidden ...string) (Grant, error) {
	secret, err := a.ClientSecret()
	if err != nil {
		return Grant{}, fmt.Errorf("%w: client secret: %w", ErrUnavailable, err)
	}
	var wire wire
	ctx = context.WithValue(httptrace.WithClientTrace(ctx, wire.trace()), oauth2.HTTPClient, httpClient(a.HTTP))
	now := time.Now().UTC()
	token, err := ask(ctx, secret)
	if err != nil {
		return Grant{}, tokenRefusal(err, wire, append(hidden, secret))
	}
	if token.RefreshToken == "" {
		return Grant{}, fmt.Errorf("%w: the answer has no refresh token", ErrUnknown)
	}
	return grantOf(token, now), nil
}

func grantOf(t *oauth2.Token, now time.Time) Grant {
	word := func(keys ...string) string {
		for _, key := range keys {
			if s, ok := t.Extra(key).(string); ok && s != "" {
				return s
			}
		}
		return ""
	}
	until := t.Expiry.UTC()
	if t.Expiry.IsZero() {
		until = now.Add(accessLife)
	}
	return Grant{
		UserType: word("userType", "user_type"), LocationID: word("locationId"), CompanyID: word("companyId"), UserID: word("userId"),
		Scopes: strings.Fields(word("scope")), Access: Access{t.AccessToken, now, until},
		Refresh: t.RefreshToken, RefreshUntil: now.Add(refreshLife),
	}
}

// tokenRefusal is the verdict on a failed call of the token endpoint.
func tokenRefusal(err error, w wire, hidden []string) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok && w.untouched():
		return notSent(fmt.Errorf("token endpoint: %w", bare(err)))
	case !ok:
		return fmt.Errorf("%w: token endpoint: %w", ErrUnknown, strike(bare(err), hidden))
	}
	return refusal(answer{status: refused.Response.StatusCode, header: refused.Response.Header, body: refused.Body}, hidden)
}

// refusal is the verdict on an answer that is not a token.
func refusal(a answer, hidden []string) error {
	code, words := oauthWords(a)
	said := strike(errors.New(words), hidden)
	no := &OAuthError{Status: a.status, Code: strike(errors.New(code), hidden).Error(), Message: said.Error()}
	switch {
	case a.status < 300 && code != "": // some servers say no with a 200
		return no
	case a.status == http.StatusTooManyRequests:
		return fmt.Errorf("%w: authorization server answers %d %w", ErrUnavailable, a.status, said)
	case a.status < 400, a.status >= 500, a.status == http.StatusRequestTimeout, a.isHTML():
		return fmt.Errorf("%w: authorization server answers %d %w", ErrUnknown, a.status, said)
	}
	return no
}

// oauthWords reads both HighLevel's message and the error of RFC 6749.
func oauthWords(a answer) (code, words string) {
	var rfc struct {
		Error       text `json:"error"`
		Description text `json:"error_description"`
	}
	said := readProblem(a)
	_ = json.Unmarshal(a.body, &rfc) // a body that says nothing leaves the status to speak
	all := []string{string(rfc.Error), string(rfc.Description)}
	for _, m := range said.messages {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	all = slices.DeleteFunc(all, func(w string) bool { return w == "" })
	return string(rfc.Error), redact(cmp.Or(strings.Join(all, ": "), http.StatusText(a.status)))
}

// strike takes secrets out of an error that comes from outside.
func strike(err error, hidden []string) error {
	said := err.Error()
	for _, h := range hidden {
		if h != "" {
			said = strings.NewReplacer(h, "[redacted]", url.QueryEscape(h), "[redacted]").Replace(said)
		}
	}
	return errors.New(redact(said))
}

// Reconnect is HighLevel's last resort for a refresh token that was lost: it returns a code for
// [App.Exchange], without a person, while the app is still installed.
func (a *App) Reconnect(ctx context.Context, of Grant) (code string, err error) {
	secret, err := a.ClientSecret()
	if err != nil {
		return "", fmt.Errorf("%w: client secret: %w", ErrUnavailable, err)
	}
	body := map[string]string{"clientKey": a.ClientID, "clientSecret": secret}
	if of.UserType == UserCompany {
		body["companyId"] = of.CompanyID
	} else {
		body["locationId"] = of.LocationID
	}
	b, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url("/oauth/reconnect"), bytes.NewReader(b))
	if err != nil {
		return "", fmt.Errorf("%w: request cannot be made", ErrInvalid)
	}
	req.Header.Set("Content-Type", "application/json")
	var said struct {
		Code text `json:"authorizationCode"`
	}
	if err := a.do(req, &said, secret); err != nil {
		return "", err
	}
	if said.Code == "" {
		return "", fmt.Errorf("%w: the answer has no code", ErrUnknown)
	}
	return string(said.Code), nil
}

// LocationToken makes a token for one location from a company's. Nothing is used up by it.
//
// Scope oauth.write, POST /oauth/locationToken.
func (a *App) LocationToken(ctx context.Context, company Access, companyID, locationID string) (Access, []string, error) {
	form := url.Values{"companyId": {companyID}, "locationId": {locationID}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url("/oauth/locationToken"), strings.NewReader(form.Encode()))
	if err != nil {
		return Access{}, nil, fmt.Errorf("%w: request cannot be made", ErrInvalid)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Version", oauthVersion)
	req.Header.Set("Authorization", "Bearer "+company.Token)
	var said struct {
		Token     string `json:"access_token"`
		ExpiresIn int64  `json:"expires_in"`
		Scope     text   `json:"scope"`
	}
	now := time.Now().UTC()
	if err := a.do(req, &said, company.Token); err != nil {
		return Access{}, nil, err
	}
	if said.Token == "" {
		return Access{}, nil, fmt.Errorf("%w: the answer has no token", ErrUnknown)
	}
	life := cmp.Or(time.Duration(said.ExpiresIn)*time.Second, accessLife)
	return Access{said.Token, now, now.Add(life)}, strings.Fields(string(said.Scope)), nil
}

// InstalledLocations lists the first locations of a company that have the app.
//
// Scope oauth.readonly, GET /oauth/installedLocations.
func (a *App) InstalledLocations(ctx context.Context, company Access, companyID string) ([]InstalledLocation, error) {
	const most = 100
	appID, _, _ := strings.Cut(a.ClientID, "-") // a client id is the app's id, a dash, and the key's
	query := url.Values{"companyId": {companyID}, "appId": {appID}, "isInstalled": {"true"}, "limit": {strconv.Itoa(most)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url("/oauth/installedLocations")+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: request cannot be made", ErrInvalid)
	}
	req.Header.Set("Version", oauthVersion)
	req.Header.Set("Authorization", "Bearer "+company.Token)
	var said struct {
		Locations []struct {
			ID   text `json:"_id"`
			Name text `json:"name"`
		} `json:"locations"`
	}
	if err := a.do(req, &said, company.Token); err != nil {
		return nil, err
	}
	all := make([]InstalledLocation, len(said.Locations))
	for i, l := range said.Locations {
		all[i] = InstalledLocation{string(l.ID), string(l.Name)}
	}
	return all, nil
}

// do makes a call that is not to the token endpoint.
func (a *App) do(req *http.Request, into any, hidden ...string) error {
	var wire wire
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "ghlsms")
	resp, err := httpClient(a.HTTP).Do(req.WithContext(httptrace.WithClientTrace(req.Context(), wire.trace())))
	if err != nil {
		if wire.untouched() {
			return notSent(bare(err))
		}
		return fmt.Errorf("%w: %w", ErrUnknown, strike(bare(err), hidden))
	}
	defer resp.Body.Close()
	got, err := readAnswer(resp)
	if got.status < 200 || got.status > 299 {
		return refusal(got, hidden)
	}
	if err = cmp.Or(err, got.object()); err == nil {
		err = json.Unmarshal(got.body, into)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, strike(err, hidden))
	}
	return nil
}
