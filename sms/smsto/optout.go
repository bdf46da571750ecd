package smsto

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ghlsms/sms"
)

// OptOut enters a number into the account's opt-out list. It may take SMS.to a day to heed it.
func (g *Gateway) OptOut(ctx context.Context, p sms.Phone) error {
	c, err := g.call(http.MethodPost, g.account+"/v1/people/contacts/optout", nil)
	if err != nil {
		return err
	}
	c.JSON = map[string]string{"phone": string(p)}
	c.Hide = append(c.Hide, string(p))
	var in verdict
	if err := c.Do(ctx, g.client, &in); err != nil {
		return err
	}
	if in.refused() {
		return c.Refused(sms.ErrRejected, string(in.Message))
	}
	return nil
}

// OptIn takes a number off the account's opt-out list. It may take SMS.to a day to heed it
// (support.sms.to 43000591961).
func (g *Gateway) OptIn(ctx context.Context, p sms.Phone) error {
	_, err := g.write(ctx, "/v1/people/contacts/optin", map[string]string{"phone": string(p)}, string(p))
	return err
}

// optedOut is somebody on the opt-out list, or what may be one: only the names of the webhook's
// fields, unsubscribed_number and timestamp, are documented (support.sms.to 43000615117).
type optedOut struct {
	Phone   loose `json:"phone"`
	Phone2  loose `json:"unsubscribed_number"`
	Phone3  loose `json:"phone_number"`
	Phone4  loose `json:"number"`
	Phone5  loose `json:"to"`
	At      loose `json:"timestamp"`
	At2     loose `json:"optout_at"`
	At3     loose `json:"opted_out_at"`
	Updated loose `json:"updated_at"`
	Created loose `json:"created_at"`
	Date    loose `json:"date"`
}

func (o optedOut) number() loose { return first(o.Phone, o.Phone2, o.Phone3, o.Phone4, o.Phone5) }

func (o optedOut) at() loose {
	return first(o.At, o.At2, o.At3, o.Updated, o.Created, o.Date)
}

// RecentOptOuts asks GET /v1/recent/optouts of the vendor's SDK (intergo/sms.to-php
// src/Intergo/SmsTo/Module/Contact/Contact.php @9cb0bc3). The shape of the answer and how far back
// it goes are not documented: a list in which no row has a number is an error, and rows whose
// number cannot be read are one beside the others. Who opted out of one list only counts too.
func (g *Gateway) RecentOptOuts(ctx context.Context) ([]sms.OptedOutNumber, error) {
	latest := map[sms.Phone]sms.OptedOutNumber{}
	unreadable := 0
	for s, err := range g.pages(ctx, "/v1/recent/optouts", nil, asTold) {
		if err != nil {
			return arrangeOptOuts(latest), err
		}
		named := false
		for _, raw := range s.rows {
			o, ok := readOptOut(raw, &named)
			if !ok {
				unreadable++
				continue
			}
			if was, known := latest[o.Phone]; !known || o.At.After(was.At) {
				latest[o.Phone] = o
			}
		}
		if !named {
			return arrangeOptOuts(latest), s.call.Refused(sms.ErrUnavailable, "opt-outs have an unknown shape")
		}
	}
	out := arrangeOptOuts(latest)
	if unreadable > 0 {
		return out, fmt.Errorf("%w: %d opt-outs that cannot be read", sms.ErrUnavailable, unreadable)
	}
	return out, nil
}

// readOptOut reads an object or a bare number, and notes whether there was something of a number.
func readOptOut(raw json.RawMessage, named *bool) (sms.OptedOutNumber, bool) {
	var o optedOut
	if json.Unmarshal(raw, &o) != nil {
		_ = json.Unmarshal(raw, &o.Phone) // else it stays empty
	}
	*named = *named || o.number() != ""
	phone, err := o.number().phone()
	return sms.OptedOutNumber{Phone: phone, At: o.at().time()}, err == nil
}

func arrangeOptOuts(latest map[sms.Phone]sms.OptedOutNumber) []sms.OptedOutNumber {
	out := make([]sms.OptedOutNumber, 0, len(latest))
	for _, o := range latest {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b sms.OptedOutNumber) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(string(a.Phone), string(b.Phone)))
	})
	return out
}
