package ghl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	// replayWindow is how long HighLevel answers the same refresh again; some of it is the way there.
	replayWindow = 30*time.Second - 4*time.Second
	refreshTry   = 8 * time.Second  // one call; several fit into the window
	replayPause  = time.Second      // before the second, then twice as long each time
	refreshPause = time.Minute      // between two rounds while the old token still works
	refusedPause = 10 * time.Minute // before a refused refresh token is tried again: a location may come back
	renewedPause = time.Minute      // between two renewals because the API refused a token
)

// ErrNoGrant says that nobody has logged in, or that somebody logged out.
var ErrNoGrant = errors.New("not logged in")

// TokenStore keeps a grant for all processes that use it.
type TokenStore interface {
	// Lock waits until no other goroutine and no other process holds the lock. The end of a process,
	// whatever its kind, lifts its lock.
	Lock(ctx context.Context) (unlock func(), err error)
	// Load returns what was saved last, or ErrNoGrant. It needs no lock.
	Load(ctx context.Context) (Grant, error)
	// Save keeps the grant for good: once it has returned nil, no loss of power takes it away.
	Save(ctx context.Context, g Grant) error
}

// TokenSource gives the token of a grant and keeps the grant alive. It can be used by many
// goroutines, and beside other processes that use the same store.
//
// A refresh token is good for one use. So one refresh is made at a time; that it begins is saved
// before the call, and the new pair is saved before the new token is given to anybody. A refresh
// whose answer is lost, be it by the network or by the end of the process, is made again with the
// same refresh token while HighLevel answers it again. What is lost after all is asked for by
// [App.Reconnect]. If that is refused too, Token returns an [*AuthError] that says what to do.
type TokenSource struct {
	opt  TokenOptions
	ctx  context.Context
	turn chan struct{} // holds a value while a goroutine is in renew, which owns what follows

	rest    time.Time // no refresh before that unless it must be
	refused time.Time // when a token was last renewed because it was refused
	failed  error     // what came of that
}

// TokenOptions are what a TokenSource needs. Only Log may be left out.
type TokenOptions struct {
	App      *App
	Store    TokenStore
	Location LocationID
	Log      *slog.Logger

	// What a person should do about a grant that is gone, and about a client secret that is wrong,
	// for error texts.
	Remedy, SecretRemedy string
}

var _ oauth2.TokenSource = (*TokenSource)(nil)

// NewTokenSource makes no request. The end of ctx ends waiting, but not a refresh that has begun:
// its answer must not be lost.
func NewTokenSource(ctx context.Context, o TokenOptions) *TokenSource {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return &TokenSource{opt: o, ctx: ctx, turn: make(chan struct{}, 1)}
}

// Token returns a token that is good for a while. Its error is an [*AuthError] if a person must do
// something, and else matches [ErrUnavailable].
func (s *TokenSource) Token() (*oauth2.Token, error) {
	g, err := s.opt.Store.Load(s.ctx)
	if err != nil {
		return nil, s.verdict(err)
	}
	if a := g.Serving(); g.RefreshingSince.IsZero() && a.fresh(time.Now()) {
		return a.token(), nil
	}
	return s.renew(s.ctx, g.Serving(), true)
}

// Renew implements [Renewer]. If the next token is refused as well, the token is not to blame: there
// is not more than one such renewal a minute.
func (s *TokenSource) Renew(ctx context.Context, refused string) (*oauth2.Token, error) {
	return s.renew(ctx, Access{Token: refused}, false)
}

// Refresh gets new tokens now, due or not. Its error is ErrNoGrant if there is nothing to refresh,
// and else like that of Token.
func (s *TokenSource) Refresh(ctx context.Context) error {
	unlock, err := s.opt.Store.Lock(ctx)
	if err != nil {
		return s.verdict(err)
	}
	defer unlock()
	g, err := s.opt.Store.Load(ctx)
	if errors.Is(err, ErrNoGrant) {
		return err
	}
	if err == nil {
		_, err = s.advance(context.WithoutCancel(ctx), g, g.Access.Token)
	}
	if err != nil {
		return s.verdict(err)
	}
	return nil
}

func (a Access) token() *oauth2.Token {
	return &oauth2.Token{AccessToken: a.Token, TokenType: "Bearer", Expiry: a.Until}
}

// renew returns a token other than the given one, which is old or was refused. An old one that
// still works is better than none.
func (s *TokenSource) renew(ctx context.Context, unfit Access, works bool) (*oauth2.Token, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, notSent(ctx.Err())
	}
	works = works && unfit.ok(time.Now())
	if works && time.Now().Before(s.rest) {
		return unfit.token(), nil
	}
	got, err := s.locked(ctx, unfit)
	if err != nil && works {
		s.rest = time.Now().Add(refreshPause)
		s.opt.Log.Warn("the token could not be renewed and is used on", "until", unfit.Until, "error", err)
		return unfit.token(), nil
	}
	if err != nil {
		return nil, s.verdict(err)
	}
	return got.token(), nil
}

func (s *TokenSource) locked(ctx context.Context, unfit Access) (Access, error) {
	unlock, err := s.opt.Store.Lock(ctx)
	if err != nil {
		return Access{}, err
	}
	defer unlock()
	g, err := s.opt.Store.Load(ctx)
	if err != nil {
		return Access{}, err
	}
	now, have := time.Now(), g.Serving()
	switch {
	case g.RefreshingSince.IsZero() && have.Token != unfit.Token && have.ok(now):
		return have, nil // somebody else was here meanwhile
	case unfit.Until.IsZero() && now.Sub(s.refused) < renewedPause:
		return Access{}, cmp.Or(s.failed, error(&AuthError{Message: "a new token is refused as well"}))
	case now.Sub(g.RefusedAt) < refusedPause:
		return Access{}, s.dead(g.Refused)
	}
	// What has begun is brought to its end: an answer that nobody reads is a login lost.
	g, err = s.advance(context.WithoutCancel(ctx), g, unfit.Token)
	if unfit.Until.IsZero() {
		s.refused, s.failed = now, err
	}
	if err != nil {
		return Access{}, err
	}
	return g.Serving(), nil
}

// advance gets a new token to serve, and saves the grant before anybody uses it.
func (s *TokenSource) advance(ctx context.Context, g Grant, refused string) (Grant, error) {
	company := g.UserType == UserCompany
	renew := !company || !g.RefreshingSince.IsZero() || g.Access.Token == refused || !g.Access.fresh(time.Now())
	if renew {
		next, err := s.refresh(ctx, g)
		if err != nil {
			return Grant{}, err
		}
		if err := s.opt.Store.Save(ctx, next); err != nil {
			return Grant{}, fmt.Errorf("save the new tokens: %w", err)
		}
		s.opt.Log.Info("tokens renewed", "until", next.Access.Until)
		g = next
	}
	if !company {
		return g, nil
	}
	return s.forLocation(ctx, g, renew)
}

// forLocation makes the location's token from a company's. A company's token that is refused
// before its time is renewed once.
func (s *TokenSource) forLocation(ctx context.Context, g Grant, renewed bool) (Grant, error) {
	next, err := s.opt.App.ForLocation(ctx, g, s.opt.Location)
	if no, ok := errors.AsType[*OAuthError](err); ok && no.Status == http.StatusUnauthorized && !renewed {
		return s.advance(ctx, g, g.Access.Token)
	}
	if err != nil {
		return Grant{}, err
	}
	if err := s.opt.Store.Save(ctx, next); err != nil {
		return Grant{}, fmt.Errorf("save the location's token: %w", err)
	}
	return next, nil
}

// ForLocation returns the grant with a token that serves the location, which a company's grant
// does not have by itself.
func (a *App) ForLocation(ctx context.Context, g Grant, location LocationID) (Grant, error) {
	if g.UserType != UserCompany {
		return g, nil
	}
	access, scopes, err := a.LocationToken(ctx, g.Access, g.CompanyID, string(location))
	if err != nil {
		return Grant{}, fmt.Errorf("token for location %s: %w", location, err)
	}
	g.Location = access
	if len(scopes) > 0 {
		g.Scopes = scopes
	}
	return g, nil
}

// refresh exchanges the refresh token. It notes that it does so, and tries again while the same
// call gets the same answer.
func (s *TokenSource) refresh(ctx context.Context, g Grant) (Grant, error) {
	replay := !g.RefreshingSince.IsZero()
	if replay {
		s.opt.Log.Warn("a refresh was cut off and is made again", "since", g.RefreshingSince)
	} else {
		g.RefreshingSince = time.Now().UTC()
		if err := s.opt.Store.Save(ctx, g); err != nil {
			return Grant{}, fmt.Errorf("note that a refresh begins: %w", err)
		}
	}
	for pause := replayPause; ; pause *= 2 {
		next, err := s.refreshOnce(ctx, g)
		refused, no := errors.AsType[*OAuthError](err)
		switch {
		case err == nil:
			return next, nil
		case no && refused.Client():
			why := "the app's client id or secret is refused (" + err.Error() + "); " + s.opt.SecretRemedy
			return Grant{}, s.undone(ctx, g, replay, &AuthError{Status: refused.Status, Message: why})
		case no:
			return s.reconnect(ctx, g, refused)
		case errors.Is(err, ErrUnavailable):
			return Grant{}, s.undone(ctx, g, replay, err)
		}
		replay = true
		s.opt.Log.Warn("the answer to a refresh was lost", "error", err)
		if time.Since(g.RefreshingSince)+pause > replayWindow {
			return Grant{}, err
		}
		timer := time.NewTimer(pause)
		<-timer.C
	}
}

func (s *TokenSource) refreshOnce(ctx context.Context, g Grant) (Grant, error) {
	ctx, cancel := context.WithTimeout(ctx, refreshTry)
	defer cancel()
	next, err := s.opt.App.Renew(ctx, g)
	if err == nil && next.UserType == UserLocation && next.LocationID != g.LocationID {
		return Grant{}, &OAuthError{Status: 200, Message: "the tokens are for location " + next.LocationID}
	}
	return next, err
}

// undone takes back the note that a refresh began, where it certainly was not done.
func (s *TokenSource) undone(ctx context.Context, g Grant, replay bool, why error) error {
	if replay {
		return why
	}
	g.RefreshingSince = time.Time{}
	if err := s.opt.Store.Save(ctx, g); err != nil {
		s.opt.Log.Warn("that a refresh was not made could not be noted", "error", err)
	}
	return why
}

// reconnect is for a refresh token that is refused. If there is no other way in, that is noted, so
// that the next calls need not ask.
func (s *TokenSource) reconnect(ctx context.Context, g Grant, why *OAuthError) (Grant, error) {
	code, err := s.opt.App.Reconnect(ctx, g)
	var next Grant
	if err == nil {
		next, err = s.opt.App.Exchange(ctx, code, "")
	}
	if err == nil && next.UserType == UserLocation && next.LocationID != g.LocationID {
		err = &OAuthError{Status: 200, Message: "the tokens are for location " + next.LocationID}
	}
	if err == nil {
		s.opt.Log.Warn("the refresh token was refused; reconnected without it", "refusal", why.Error())
		return next.after(g), nil
	}
	if _, no := errors.AsType[*OAuthError](err); !no {
		return Grant{}, fmt.Errorf("refresh token refused (%w), and to reconnect: %w", why, err)
	}
	g.RefusedAt, g.Refused = time.Now().UTC(), why.Error()
	if err := s.opt.Store.Save(ctx, g); err != nil {
		return Grant{}, fmt.Errorf("note that the refresh token is refused: %w", err)
	}
	return Grant{}, s.dead(g.Refused)
}

func (s *TokenSource) dead(why string) error {
	return &AuthError{Message: "the refresh token is no longer good (" + why + "); " + s.opt.Remedy}
}

// verdict tells what a person must mend from what passes.
func (s *TokenSource) verdict(err error) error {
	if _, ok := errors.AsType[*AuthError](err); ok {
		return err
	}
	if errors.Is(err, ErrNoGrant) {
		return &AuthError{Message: err.Error() + "; " + s.opt.Remedy}
	}
	if refused, ok := errors.AsType[*OAuthError](err); ok {
		return &AuthError{Status: refused.Status, Message: err.Error()}
	}
	// For the call that wants the token nothing is unknown: it was not made.
	said := strings.TrimPrefix(err.Error(), ErrUnknown.Error()+": ")
	return notSent(errors.New(strings.TrimPrefix(said, ErrUnavailable.Error()+": ")))
}
