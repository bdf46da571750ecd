// Package smsto speaks to the SMS gateway SMS.to.
//
// SMS.to publishes no API description. What is used here is documented by the vendor's SDKs and
// support pages; some points are not, and are handled so that either way is safe: the shape of
// the lists of inbound texts, of opt-outs and of people (several are understood, anything else is
// an error and not an empty list), the time zone of search windows (searches ask for a day more on
// both sides and compare themselves), and what writing to the address book does beyond the plain
// case (we look first, and believe only a plain yes).
//
// What a caller should know:
//
//   - SMS.to takes no reference and does not recognise a repeated request: two sends are two
//     texts. After [sms.ErrUnknown] only [Gateway.FindSent] can tell.
//   - Accepted does not mean sent. A text to a person who opted out, for example, is accepted
//     and later reported as [sms.StateOptedOut].
//   - Its opt-out list may lag by a day and covers some senders only. It decides nothing.
//   - A person of its address book is one row of the account, by their number, and may be on
//     several lists: what is changed or removed through one list shows on the others.
package smsto

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"ghlsms/sms"
)

// The hosts of the service.
const (
	DefaultAPIURL     = "https://api.sms.to"
	DefaultAccountURL = "https://sms.to"
	DefaultAuthURL    = "https://auth.sms.to"
)

// Options says how to reach an account. Only a key is required.
type Options struct {
	APIURL     string // texts
	AccountURL string // inbound texts, opt-outs and the address book
	AuthURL    string // balance
	// Key is the API key. KeyFunc, if set, is asked for it before every call instead, so that
	// a key can be rotated while the program runs.
	Key     string
	KeyFunc func() (string, error)
	From    string       // sender of texts that name none; empty leaves it to the account
	HTTP    *http.Client // default sms.NewHTTPClient; redirects are never followed
}

// Gateway is one account. It may be used by several goroutines.
type Gateway struct {
	api, account, auth string
	key                func() (string, error)
	from               string
	client             *http.Client
	book               book
}

var (
	_ sms.Gateway      = (*Gateway)(nil)
	_ sms.OptOuter     = (*Gateway)(nil)
	_ sms.OptInner     = (*Gateway)(nil)
	_ sms.OptOutLister = (*Gateway)(nil)
	_ sms.Directory    = (*Gateway)(nil)
	_ sms.Balancer     = (*Gateway)(nil)
)

// New makes a gateway of options. It makes no call.
func New(o Options) (*Gateway, error) {
	g := &Gateway{key: o.KeyFunc, from: o.From, client: o.HTTP}
	if g.key == nil {
		if strings.TrimSpace(o.Key) == "" {
			return nil, errors.New("smsto: no API key")
		}
		g.key = func() (string, error) { return o.Key, nil }
	}
	if g.client == nil {
		g.client = sms.NewHTTPClient()
	}
	var errs [3]error
	g.api, errs[0] = baseURL("api_url", cmp.Or(o.APIURL, DefaultAPIURL))
	g.account, errs[1] = baseURL("account_url", cmp.Or(o.AccountURL, DefaultAccountURL))
	g.auth, errs[2] = baseURL("auth_url", cmp.Or(o.AuthURL, DefaultAuthURL))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return g, nil
}

func baseURL(name, s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("smsto: %s is not a plain http or https address", name)
	}
	return strings.TrimRight(s, "/"), nil
}

// Name is smsto.
func (g *Gateway) Name() string { return "smsto" }

// Caps tells that references are dropped, that recent inbound texts can be listed, that a text
// can be looked for by its recipient, and that removing somebody may reach beyond one list.
func (g *Gateway) Caps() sms.Caps {
	return sms.Caps{
		Ref:             sms.RefNone,
		Inbound:         sms.InboundWindow,
		FindByRecipient: true,
		RemovesWhole:    true,
		SettleAfter:     2 * time.Minute,
	}
}

// Send submits one text. Out.Ref and out.ValidFor are not transmitted, SMS.to having no place
// for them.
func (g *Gateway) Send(ctx context.Context, out sms.Outgoing) (sms.Accepted, error) {
	if out.To == "" || strings.TrimSpace(out.Text) == "" {
		return sms.Accepted{}, fmt.Errorf("%w: recipient and text are required", sms.ErrRejected)
	}
	// One recipient per request: only that has a message_id. And never bypass_optout.
	body := struct {
		Message string `json:"message"`
		To      string `json:"to"`
		Sender  string `json:"sender_id,omitempty"`
	}{out.Text, string(out.To), cmp.Or(out.From, g.from)}
	c, err := g.call(http.MethodPost, g.api+"/sms/send", nil)
	if err != nil {
		return sms.Accepted{}, err
	}
	c.JSON, c.Send = body, true
	c.Hide = append(c.Hide, string(out.To), out.Text)
	var in struct {
		verdict
		MessageID loose           `json:"message_id"`
		Errors    json.RawMessage `json:"errors"`
	}
	if err := c.Do(ctx, g.client, &in); err != nil {
		if said, ok := errors.AsType[*sms.HTTPError](err); ok && errors.Is(said.Kind, sms.ErrRejected) {
			said.Kind = refusal(said.Reason)
		}
		return sms.Accepted{}, err
	}
	switch {
	case in.refused() && in.MessageID == "":
		words := strings.Join(append([]string{string(in.Message)}, sms.FieldErrors(in.Errors)...), "; ")
		return sms.Accepted{}, c.Refused(refusal(words), strings.Trim(words, "; "))
	case in.refused() || in.MessageID == "":
		return sms.Accepted{}, c.Refused(sms.ErrUnknown, "answer without a message_id, or one that contradicts itself")
	}
	return sms.Accepted{ID: string(in.MessageID), State: sms.StateQueued}, nil
}

// Words of a refusal, by what they say it is about. SMS.to documents none; these are what it and its like have been seen
// to say.
var (
	ofCredit  = sms.Pattern(`(?i)\b(insufficient|not enough|low|no|out of|zero|negative)\b.{0,20}\b(balance|credits?|funds?)\b|\b(balance|credits?|funds?)\b.{0,20}\b(insufficient|not enough|too low|low|exhausted|empty|negative)\b|\btop[ -]?up\b`)
	ofSender  = sms.Pattern(`(?i)\b(sender|from)([ _-]?(id|name|number))?\b|\boriginator\b`)
	ofAccount = sms.Pattern(`(?i)\b(account|user|profile|workspace)\b.{0,30}\b(suspend|block|disabl|inactive|not active|deactivat|expired|clos|restrict|not verified|unverified|verif)|\b(api[ _-]?key|token|unauthori[sz]ed|unauthenticated|permission|not allowed to (use|send))\b|\bverify your\b`)
	ofPerson  = sms.Pattern(`(?i)(^|; )(to|phone|phone_number|number|recipients?)(\.\d+)?:|\b(recipient|receiver|destination|landline|handset|unsubscribed|opted[ -]?out|black[ -]?listed)\b`)
	ofNumber  = sms.Pattern(`(?i)\b(phone|mobile|to)\b.{0,30}\b(invalid|incorrect|malformed|not valid|required|format)\b|\b(invalid|unknown|wrong|incorrect|malformed)\b.{0,20}\b(phone|number|to)\b|\bnumber\b.{0,30}\b(invalid|not valid|incorrect|malformed|does not exist|not in service|cannot receive)\b`)
)

// refusal is what a refusal means by its words: what is about this number is final, what is about the account would meet
// every text alike, and of all else it cannot be told.
func refusal(words string) error {
	switch {
	case ofPerson().MatchString(words):
		return sms.ErrRejected
	case ofCredit().MatchString(words):
		return sms.ErrCredit
	case ofAccount().MatchString(words):
		return sms.ErrAuth
	case ofSender().MatchString(words):
		return sms.ErrSender
	case ofNumber().MatchString(words):
		return sms.ErrRejected
	}
	return sms.ErrRefused
}

// Status looks up one accepted text. An id that SMS.to does not show, or not yet, is
// [sms.ErrNotFound].
func (g *Gateway) Status(ctx context.Context, id string) (sms.Delivery, error) {
	if id == "" {
		return sms.Delivery{}, sms.ErrNotFound
	}
	c, err := g.call(http.MethodGet, g.api+"/message/"+url.PathEscape(id), nil)
	if err != nil {
		return sms.Delivery{}, err
	}
	var in rows[message]
	if err := c.Do(ctx, g.client, &in); err != nil {
		return sms.Delivery{}, err
	}
	if err := in.check(c); err != nil {
		return sms.Delivery{}, err
	}
	if len(in.Data) == 0 {
		return sms.Delivery{}, c.Refused(sms.ErrNotFound, "")
	}
	return in.Data[0].delivery(), nil
}

// Balance asks what is left in the account.
func (g *Gateway) Balance(ctx context.Context) (sms.Balance, error) {
	c, err := g.call(http.MethodGet, g.auth+"/api/balance", nil)
	if err != nil {
		return sms.Balance{}, err
	}
	var in struct {
		verdict
		Balance  loose `json:"balance"`
		Currency loose `json:"currency"`
	}
	if err := c.Do(ctx, g.client, &in); err != nil {
		return sms.Balance{}, err
	}
	amount, ok := in.Balance.float()
	if in.refused() || !ok {
		return sms.Balance{}, c.Refused(sms.ErrUnavailable, cmp.Or(string(in.Message), "answer without a balance"))
	}
	return sms.Balance{Amount: amount, Currency: string(in.Currency)}, nil
}

func (g *Gateway) call(method, address string, query url.Values) (sms.Call, error) {
	key, err := g.key()
	if err != nil {
		return sms.Call{}, fmt.Errorf("%w: read API key: %w", sms.ErrUnavailable, err)
	}
	if key = strings.TrimSpace(key); key == "" || strings.ContainsFunc(key, unicode.IsControl) {
		return sms.Call{}, fmt.Errorf("%w: the API key is empty or damaged", sms.ErrAuth)
	}
	return sms.Call{
		Method: method, URL: address, Query: query,
		Header: http.Header{"Authorization": {"Bearer " + key}},
		Hide:   []string{key},
	}, nil
}
