package alarm

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
)

// webhook posts JSON, which docs/alarms.md and docs/alarm.schema.json describe.
type webhook struct {
	caller
	secret term.Secret
}

func newWebhook(a config.Alarms, o Options) Way {
	c := newCaller("webhook", keyOf("alarms.webhook", a.WebhookFile), a.Webhook, o)
	c.token = "who may call it"
	return webhook{caller: c, secret: a.WebhookSecret}
}

func (webhook) Name() string { return "webhook" }

// form is the number of the form that messages have. Fields may be added to it; a change that a program could
// stumble over takes another number.
const form = 1

// programMost is how many troubles a message for a program has.
const programMost = 100

type message struct {
	Version  int              `json:"version"`
	Program  string           `json:"program"`
	Location string           `json:"location"`
	Time     time.Time        `json:"time"`
	Troubles []troubleMessage `json:"troubles"`
	More     int              `json:"more"`
}

type troubleMessage struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	About    string     `json:"about"`
	Severity string     `json:"severity"`
	State    State      `json:"state"`
	What     string     `json:"what"`
	Since    time.Time  `json:"since"`
	Ended    *time.Time `json:"ended"`
	Cost     string     `json:"cost"`
	Remedy   string     `json:"remedy"`
	Details  string     `json:"details,omitempty"`

	News     News   `json:"news"`
	Returns  int    `json:"returns"`
	AckedBy  string `json:"acknowledged_by"`
	AckedWhy string `json:"acknowledged_why,omitempty"`
}

// Tell implements Way.
func (w webhook) Tell(ctx context.Context, location string, now time.Time, all []Trouble) error {
	m := message{Version: form, Program: term.OneLine("ghlsms " + w.version), Location: location, Time: now.UTC(), Troubles: []troubleMessage{}}
	listed := min(len(all), programMost)
	m.More = len(all) - listed
	for _, t := range all[:listed] {
		o := troubleMessage{
			ID: t.ID(), Kind: t.Kind, About: t.About, Severity: t.Severity, State: t.State, What: t.What, Since: t.Since.UTC(),
			Cost: t.Cost, Remedy: t.Remedy, Details: t.Details,
			News: t.News, Returns: t.Returns, AckedBy: t.AckedBy, AckedWhy: t.AckedWhy,
		}
		if !t.Ended.IsZero() {
			ended := t.Ended.UTC()
			o.Ended = &ended
		}
		m.Troubles = append(m.Troubles, o)
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if w.secret != "" {
		header.Set("X-Ghlsms-Signature", Signature(w.secret.Reveal(), body))
	}
	_, err = w.call(ctx, http.MethodPost, body, header)
	return err
}

// Signature proves that a body was written by somebody who knows the secret, and when: the time is in the body.
func Signature(secret string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	return "sha256=" + hex.EncodeToString(h.Sum(nil))
}

// Heartbeat is a URL that is called while all is well. Whoever listens there raises the alarm when it is not.
type Heartbeat struct{ caller }

// NewHeartbeat makes the heartbeat that the config sets; nil where it sets none.
func NewHeartbeat(cfg *config.Config, o Options) *Heartbeat {
	a := cfg.Alarms
	if a.Heartbeat == "" {
		return nil
	}
	c := newCaller("heartbeat", keyOf("alarms.heartbeat", a.HeartbeatFile), a.Heartbeat, o)
	c.token = "who may call it"
	return &Heartbeat{c}
}

// Name is how failures call it.
func (h *Heartbeat) Name() string { return h.way }

// Beat calls once. Of nil it does nothing.
func (h *Heartbeat) Beat(ctx context.Context) error {
	if h == nil {
		return nil
	}
	answer, err := h.call(ctx, http.MethodGet, nil, nil)
	if err != nil {
		return err
	}
	if unheard(answer) {
		return h.fail("the monitor answered that it does not know us", "look at "+h.key+": copy the URL anew from the monitor", nil)
	}
	return nil
}

// unheard tells an answer that says no under a status that says yes: healthchecks.io and Uptime Kuma have such.
func unheard(answer string) bool {
	var kuma struct {
		OK *bool `json:"ok"`
	}
	if json.Unmarshal([]byte(answer), &kuma) == nil && kuma.OK != nil {
		return !*kuma.OK
	}
	return answer == "OK (not found)"
}

func (o Options) limit() time.Duration { return cmp.Or(o.Timeout, timeout) }
