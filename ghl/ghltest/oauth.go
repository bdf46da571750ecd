package ghltest

import (
	"net/http"
	"net/url"
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
	codes   map[string]bool
	access  map[string]time.Time // until when
	refresh map[string]*refreshToken
}

type refreshToken struct {
	until time.Time
	used  time.Time
	next  string // what it was exchanged for
}

func (o *oauth) accepts(token string, now time.Time) bool { return now.Before(o.access[token]) }

// Grant is what an admin does who lets the app into the location: it returns the code that comes
// back to the app in the redirect, good for one exchange at POST /oauth/token.
func (s *Sandbox) Grant() (code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code = s.newID("code")
	if s.oauth.codes == nil {
		s.oauth = oauth{codes: map[string]bool{}, access: map[string]time.Time{}, refresh: map[string]*refreshToken{}}
	}
	s.oauth.codes[code] = true
	return code
}

// Revoke makes all tokens of the app worthless, as when somebody uninstalls it.
func (s *Sandbox) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oauth = oauth{}
}

func (s *Sandbox) giveToken(c *call) (reply, error) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return reply{}, badRequest("Invalid form")
	}
	if form.Get("client_id") != s.opt.ClientID || form.Get("client_secret") != s.opt.ClientSecret {
		return reply{}, &refusal{status: http.StatusUnauthorized, message: "Invalid client credentials!"}
	}
	switch grant := form.Get("grant_type"); grant {
	case "authorization_code":
		code := form.Get("code")
		if !s.oauth.codes[code] {
			return reply{}, badRequest("Invalid grant: authorization code is invalid")
		}
		delete(s.oauth.codes, code)
		return s.tokens(c.now, s.newRefresh(c.now))
	case "refresh_token":
		return s.rotate(c.now, form.Get("refresh_token"))
	default:
		return reply{}, unprocessable("grant_type must be one of the following values: authorization_code, refresh_token")
	}
}

func (s *Sandbox) newRefresh(now time.Time) string {
	id := s.newID("refresh")
	s.oauth.refresh[id] = &refreshToken{until: now.Add(refreshLife)}
	return id
}

func (s *Sandbox) rotate(now time.Time, id string) (reply, error) {
	old := s.oauth.refresh[id]
	if old == nil || now.After(old.until) || (old.next != "" && now.Sub(old.used) > replayWindow) {
		return reply{}, badRequest("Invalid grant: refresh token is invalid")
	}
	if old.next == "" {
		old.used, old.next = now, s.newRefresh(now)
	}
	return s.tokens(now, old.next)
}

func (s *Sandbox) tokens(now time.Time, refresh string) (reply, error) {
	access := s.newID("access")
	s.oauth.access[access] = now.Add(accessLife)
	return ok(obj{
		"access_token": access, "token_type": "Bearer", "expires_in": int(accessLife.Seconds()),
		"refresh_token": refresh, "userType": "Location", "locationId": s.opt.Location,
		"companyId": s.companyID(), "userId": idFor("installer", 1), "scope": "",
	})
}
