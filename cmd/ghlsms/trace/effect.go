package trace

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync"
)

// Effect is an effect with what is known of it, and what can be done.
type Effect struct {
	ID        int64           `json:"id"`
	Kind      store.Kind      `json:"kind"`
	State     store.State     `json:"state"`
	Key       string          `json:"key"`
	Reason    string          `json:"reason,omitempty"`
	Cause     string          `json:"cause,omitempty"` // what first kept it from being done
	AskedBy   string          `json:"asked_by,omitempty"`
	ContactID int64           `json:"contact_id,omitempty"`
	Contact   string          `json:"contact,omitempty"`
	RecordID  int64           `json:"record_id,omitempty"`
	To        string          `json:"to,omitempty"`
	Text      string          `json:"text,omitempty"`
	Ref       string          `json:"reference,omitempty"`
	Gateway   string          `json:"gateway,omitempty"`
	Delivery  string          `json:"delivery,omitempty"`
	Payload   json.RawMessage `json:"payload"`
	Planned   time.Time       `json:"planned"`
	Began     time.Time       `json:"began,omitzero"` // the last attempt
	Attempts  int             `json:"attempts"`
	Asked     int             `json:"asked"` // how often, since it began
	AskedAt   time.Time       `json:"asked_at,omitzero"`
	Next      time.Time       `json:"next,omitzero"` // when it leaves, or is asked about again
	Waits     bool            `json:"waits_for_you"`
	Expires   time.Time       `json:"expires,omitzero"`
	Done      time.Time       `json:"done,omitzero"`
	OutsideID string          `json:"outside_id,omitempty"`
	Means     string          `json:"means"`
	Choices   []Choice        `json:"choices"`
}

// Choice is something that a person can do about an effect.
type Choice struct {
	Command string `json:"command"`
	Means   string `json:"means"`
}

// ReadEffect gathers what is known of an effect.
func ReadEffect(ctx context.Context, tx *store.Tx, id int64) (s Effect, err error) {
	in, err := tx.Intent(ctx, id)
	if err != nil {
		return s, err
	}
	s = Effect{
		ID: in.ID, Kind: in.Kind, State: in.State, Key: in.Key, Reason: in.Reason, Cause: in.Cause, ContactID: in.ContactID, RecordID: in.RecordID, Payload: in.Payload,
		Planned: in.CreatedAt, Began: in.StartedAt, Attempts: in.Attempts, Asked: in.Asked, AskedAt: in.AskedAt,
		Waits: in.Waits || in.State == store.Held, Expires: in.ExpiresAt, Done: in.DoneAt, OutsideID: in.OutsideID,
	}
	if in.AskedBy != "" {
		s.AskedBy = askers(in.AskedBy)
	}
	if in.State == store.Unknown || in.State == store.Pending {
		s.Next = in.DueAt
	}
	if in.Kind == store.SendText {
		t, err := tx.Text(ctx, id)
		if err != nil {
			return s, err
		}
		s.To, s.Text, s.Ref, s.Gateway, s.Delivery = t.Number, t.Body, t.Ref, t.Gateway, t.Delivery
	}
	who, err := Recipient(ctx, tx, &in)
	if err != nil {
		return s, err
	}
	if in.ContactID != 0 {
		s.Contact = who
	}
	s.Means, s.Choices = EffectMeans(&in, who)
	return s, nil
}

// Recipient names whom an effect is for.
func Recipient(ctx context.Context, tx *store.Tx, in *store.Intent) (string, error) {
	if in.ContactID != 0 {
		c, err := tx.Record(ctx, store.Contact, in.ContactID)
		if err != nil && !errors.Is(err, store.ErrNoRecord) {
			return "", err
		}
		name := strings.TrimSpace(c.Get(store.FirstName) + " " + c.Get(store.LastName))
		return cmp.Or(name, "the contact"), nil
	}
	if in.Kind == store.SendText {
		t, err := tx.Text(ctx, in.ID)
		return t.Number, err
	}
	return "nobody in particular", nil
}

// EffectMeans says what the state of an effect means, and what can be done about it.
func EffectMeans(in *store.Intent, who string) (means string, choices []Choice) {
	add := func(command, means string) {
		choices = append(choices, Choice{fmt.Sprintf("ghlsms "+command, in.ID), strings.ReplaceAll(means, "WHO", who)})
	}
	const drop = "outbox drop %d"
	switch in.State {
	case store.Pending:
		add("outbox retry %d", "Do not wait for its time: it leaves at the next cycle.")
		add(drop, "It should not happen.")
		return "It waits for its turn.", choices
	case store.Held:
		add("held release %d", "Let it go: it is as it should be.")
		add("held drop %d", "Give it up: it is a mistake.")
		return "It is held, for the reason above, until you decide.", choices
	case store.Sending:
		return "It is being carried out, or was cut off in it; the next cycle finds out.", []Choice{}
	case store.Failed:
		add("outbox retry %d", "The reason is mended: it is tried again.")
		add(drop, "It should not happen any more.")
		return "It did not happen and will not be tried again by itself.", choices
	case store.Done:
		return "It happened.", []Choice{}
	case store.Dropped:
		return "It was given up.", []Choice{}
	case store.Unknown:
	}
	d := sync.EffectOf(in.Kind).Doubt
	happened := "outbox settle %d --happened"
	if d.NeedsID {
		happened += " --outside-id X"
	}
	add(happened, d.Happened)
	add("outbox retry %d", d.Retry)
	add(drop, "It is of no use any more, whether it happened or not.")
	add("outbox settle %d", "Have the other side asked again at the next cycle.")
	return "It may or may not have happened, and is never simply repeated.\n" + strings.ReplaceAll(d.Look, "WHO", who), choices
}

// Print tells it to a person.
func (s *Effect) Print(w io.Writer, zone *time.Location) error {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format("2006-01-02 15:04:05")
	}
	state := string(s.State)
	if s.Reason != "" {
		state += ": " + s.Reason
	}
	asked := ""
	if s.Asked > 0 {
		asked = fmt.Sprintf("%s, last at %s", term.Count(s.Asked, "time", "times"), at(s.AskedAt))
	}
	next := at(s.Next)
	switch {
	case s.Waits && next != "":
		next = "it waits for you; asked about again by itself at " + next
	case s.Waits:
		next = "it waits for you"
	case s.State == store.Unknown:
		next = "asked about again at " + next
	}
	cause := s.Cause
	if cause == s.Reason {
		cause = ""
	}
	contact := ""
	if s.ContactID != 0 {
		contact = fmt.Sprintf("%s (contact/%d)", s.Contact, s.ContactID)
	}
	content := string(s.Payload)
	if s.Kind == store.SendText {
		content = ""
	}
	for _, row := range [][2]string{
		{"effect", fmt.Sprintf("%d, %s, planned %s", s.ID, s.Kind, at(s.Planned))}, {"key", s.Key}, {"state", state}, {"at first", cause}, {"asked by", s.AskedBy}, {"for", contact},
		{"to", s.To}, {"text", s.Text}, {"content", term.EscapeUnsafe(content)}, {"gateway", s.Gateway}, {"reference", s.Ref}, {"outside id", s.OutsideID},
		{"delivery", s.Delivery}, {"attempts", strconv.Itoa(s.Attempts)}, {"began", at(s.Began)}, {"asked", asked}, {"next", next}, {"until", at(s.Expires)},
		{"ended", at(s.Done)},
	} {
		if row[1] == "" {
			continue
		}
		text := strings.ReplaceAll(sms.Clean(row[1]), "\n", "\n"+strings.Repeat(" ", 11))
		if _, err := fmt.Fprintf(w, "%-10s %s\n", row[0], text); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", sms.Clean(s.Means)); err != nil {
		return err
	}
	for _, c := range s.Choices {
		if _, err := fmt.Fprintf(w, "\n%s\n  %s\n", c.Command, term.OneLine(c.Means)); err != nil {
			return err
		}
	}
	return nil
}
