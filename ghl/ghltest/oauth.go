package ghltest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	accessLife   = 86399 * time.Second
	refreshLife  = 365 * day
	replayWindow = 30 * time.Second
)

// oauth is the state of the authorisation server. Each refresh token is good for one use, and for
// the same answer again within 30 seconds.
type oauth struct {
	installed bool // by somebody who consented, and not revoked since
	codes     map[string]consent
	access    map[string]time.Time // until when, of the location
	company   map[string]time.Time // until when, of the agency
	refresh   map[string]*refreshToken
	issued    []string
	life      time.Duration // of access tokens; 0 is accessLife
	replay    time.Duration // 0 is replayWindow, negative is none
}

// consent is what an admin said yes to.
type consent struct {
	company   bool
	challenge string // of PKCE; empty: none
	redirect  string
}

type refreshToken struct {
	company bool
	until   time.Time
	used    time.Time
	next    string // what it was exchanged for
}

func (o *oauth) accepts(token string, now time.Time) bool { return now.Before(o.access[token]) }

// Grant is what an admin does who lets the app into the location: it returns the code that comes
// back to the app in the redirect, good for one exchange at POST /oauth/token.
func (s *Sandbox) Grant() (code string) { return s.consent(consent{}) }

// GrantCompany is Grant for the whole agency: the tokens are the agency's.
func (s *Sandbox) GrantCompany() (code string) { return s.consent(consent{company: true}) }

func (s *Sandbox) consent(c consent) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := &s.oauth
	if !o.installed {
		o.installed = true
		o.codes, o.refresh = map[string]consent{}, map[string]*refreshToken{}
		o.access, o.company = map[string]time.Time{}, map[string]time.Time{}
	}
	code := s.newToken("code")
	o.codes[code] = c
	return code
}

// Approve is what an admin does who opens the consent page at that address and says yes. It
// returns where the browser goes from there.
func (s *Sandbox) Approve(address string) (redirect string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	q := u.Query()
	switch {
	case q.Get("response_type") != "code":
		return "", errors.New("response_type must be code")
	case q.Get("client_id") != s.opt.ClientID:
		return "", errors.New("no such app")
	case q.Get("scope") == "":
		return "", errors.New("no scope asked for")
	case q.Get("code_challenge_method") != "" && q.Get("code_challenge_method") != "S256":
		return "", errors.New("code_challenge_method must be S256")
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		return "", err
	}
	code := s.consent(consent{challenge: q.Get("code_challenge"), redirect: q.Get("redirect_uri")})
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	return back.String(), nil
}

// Revoke makes all tokens of the app worthless, as when somebody uninstalls it.
func (s *Sandbox) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oauth = oauth{issued: s.oauth.issued, life: s.oauth.life, replay: s.oauth.replay}
}

// ExpireAccess makes the API refuse all access tokens given out so far, whatever their time.
func (s *Sandbox) ExpireAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.oauth.access)
	clear(s.oauth.company)
}

// SetAccessLife changes how long the access tokens given out from now on are good for.
func (s *Sandbox) SetAccessLife(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oauth.life = d
}

// SetReplayWindow changes for how long a used refresh token gets the same answer again. Negative
// is not at all.
func (s *Sandbox) SetReplayWindow(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oauth.replay = d
}

// SetClientSecret changes the app's secret, as when somebody rotates it.
func (s *Sandbox) SetClientSecret(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.ClientSecret = secret
}

// Issued returns every code and token ever given out, for a test that looks for them where they
// must not be.
func (s *Sandbox) Issued() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.oauth.issued)
}

func (s *Sandbox) newToken(kind string) string {
	id := s.newID(kind)
	s.oauth.issued = append(s.oauth.issued, id)
	return id
}

// addOAuth mounts the authorisation server, which neither counts calls nor wants a Version for
// tokens.
func (s *Sandbox) addOAuth(mux *http.ServeMux) {
	for pattern, handle := range map[string]func(*call) (reply, error){
		"POST /oauth/token":             s.giveToken,
		"POST /oauth/reconnect":         s.reconnect,
		"POST /oauth/locationToken":     s.locationToken,
		"GET /oauth/installedLocations": s.installedLocations,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { w.(*exchange).finish(s, r, handle) })
	}
}

var errNoClient = &refusal{status: http.StatusUnauthorized, message: "Invalid client credentials!"}

func (s *Sandbox) giveToken(c *call) (reply, error) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return reply{}, badRequest("Invalid form")
	}
	if form.Get("client_id") != s.opt.ClientID || form.Get("client_secret") != s.opt.ClientSecret {
		return reply{}, errNoClient
	}
	switch grant := form.Get("grant_type"); grant {
	case "authorization_code":
		return s.redeem(c.now, form)
	case "refresh_token":
		return s.rotate(c.now, form.Get("refresh_token"))
	default:
		return reply{}, unprocessable("grant_type must be one of the following values: authorization_code, refresh_token")
	}
}

// redeem exchanges a code. A challenge given with the consent must be met.
func (s *Sandbox) redeem(now time.Time, form url.Values) (reply, error) {
	code := form.Get("code")
	given, ok := s.oauth.codes[code]
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case !ok:
		return reply{}, badRequest("Invalid grant: authorization code is invalid")
	case given.challenge != "" && given.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		return reply{}, badRequest("Invalid grant: code verifier is invalid")
	case given.redirect != "" && given.redirect != form.Get("redirect_uri"):
		return reply{}, badRequest("Invalid grant: redirect_uri does not match")
	}
	delete(s.oauth.codes, code)
	return s.tokens(now, s.newRefresh(now, given.company))
}

func (s *Sandbox) newRefresh(now time.Time, company bool) string {
	id := s.newToken("refresh")
	s.oauth.refresh[id] = &refreshToken{company: company, until: now.Add(refreshLife)}
	return id
}

func (s *Sandbox) rotate(now time.Time, id string) (reply, error) {
	old := s.oauth.refresh[id]
	window := cmp.Or(s.oauth.replay, replayWindow)
	if old == nil || now.After(old.until) || (old.next != "" && now.Sub(old.used) > window) {
		return reply{}, badRequest("Invalid grant: refresh token is invalid")
	}
	if old.next == "" {
		old.used, old.next = now, s.newRefresh(now, old.company)
	}
	return s.tokens(now, old.next)
}

func (s *Sandbox) tokens(now time.Time, refresh string) (reply, error) {
	company := s.oauth.refresh[refresh].company
	body := s.accessToken(now, company)
	body["refresh_token"] = refresh
	body["userType"] = "Location"
	if company {
		body["userType"], body["isBulkInstallation"], body["approvedLocations"] = "Company", true, []string{s.opt.Location}
		delete(body, "locationId")
	}
	return ok(body)
}

func (s *Sandbox) accessToken(now time.Time, company bool) obj {
	access, life := s.newToken("access"), cmp.Or(s.oauth.life, accessLife)
	if company {
		s.oauth.company[access] = now.Add(life)
	} else {
		s.oauth.access[access] = now.Add(life)
	}
	return obj{
		"access_token": access, "token_type": "Bearer", "expires_in": int(life.Seconds()), "scope": s.scopeWords(company),
		"locationId": s.opt.Location, "companyId": s.companyID(), "userId": idFor("installer", 1),
	}
}

// scopeWords are the rights as a token's answer tells them.
func (s *Sandbox) scopeWords(company bool) string {
	if company {
		return "oauth.readonly oauth.write"
	}
	rights := maps.Clone(s.scopes)
	if rights == nil {
		rights = map[string]bool{}
		for _, rt := range s.routes() {
			rights[rt.scope] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(rights)), " ")
}

// reconnect gives an app that is installed, and lost its tokens, a new code.
func (s *Sandbox) reconnect(c *call) (reply, error) {
	var in struct{ ClientKey, ClientSecret, LocationID, CompanyID string }
	if err := json.Unmarshal(c.body, &in); err != nil {
		return reply{}, badRequest("Invalid JSON")
	}
	switch {
	case in.ClientKey != s.opt.ClientID || in.ClientSecret != s.opt.ClientSecret:
		return reply{}, errNoClient
	case !s.oauth.installed || in.LocationID != s.opt.Location && in.CompanyID != s.companyID():
		return reply{}, badRequest("App is not installed")
	}
	code := s.newToken("code")
	s.oauth.codes[code] = consent{company: in.CompanyID != ""}
	return ok(obj{"authorizationCode": code, "expiresAt": c.now.Add(time.Minute).UnixMilli()})
}

// ofCompany checks the token of an agency's call.
func (s *Sandbox) ofCompany(c *call) error {
	token := strings.TrimPrefix(c.Header.Get("Authorization"), "Bearer ")
	switch {
	case !c.now.Before(s.oauth.company[token]):
		return invalidToken()
	case c.Header.Get("Version") == "":
		return &refusal{status: http.StatusUnauthorized, message: "version header was not found."}
	}
	return nil
}

func (s *Sandbox) locationToken(c *call) (reply, error) {
	if err := s.ofCompany(c); err != nil {
		return reply{}, err
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return reply{}, badRequest("Invalid form")
	}
	if form.Get("companyId") != s.companyID() || form.Get("locationId") != s.opt.Location {
		return reply{}, badRequest("Location not found")
	}
	return ok(s.accessToken(c.now, false))
}

func (s *Sandbox) installedLocations(c *call) (reply, error) {
	if err := s.ofCompany(c); err != nil {
		return reply{}, err
	}
	if c.query.Get("companyId") != s.companyID() || c.query.Get("appId") == "" {
		return reply{}, unprocessable("companyId should not be empty", "appId should not be empty")
	}
	return ok(obj{"count": 1, "locations": []obj{{"_id": s.opt.Location, "name": s.opt.Name, "isInstalled": true}}})
}
