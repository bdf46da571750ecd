package smsto

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms"
)

const (
	sqlTime  = "2006-01-02 15:04:05"
	zonePad  = 24 * time.Hour // the zone of the query's times is not documented
	pageSize = 100
	maxPages = 100
)

// FindSent looks for texts to q.To with the text q.Text that SMS.to created from q.From until
// q.Until, both included, oldest first. Finding none proves nothing before Caps().SettleAfter
// has passed. An error means that the search is incomplete.
func (g *Gateway) FindSent(ctx context.Context, q sms.SentQuery) ([]sms.Sent, error) {
	query := url.Values{
		"to": {string(q.To)}, "limit": {strconv.Itoa(pageSize)},
		"order_by": {"created_at"}, "order_direction": {"desc"},
	}
	if !q.From.IsZero() {
		query.Set("created_at_from", q.From.Add(-zonePad).UTC().Format(sqlTime))
	}
	if !q.Until.IsZero() {
		query.Set("created_at_to", q.Until.Add(zonePad).UTC().Format(sqlTime))
	}
	found, err := g.search(ctx, query, q)
	if err == nil && len(found) == 0 {
		// Whether the list is searched with or without the plus sign is not documented.
		query.Set("to", digits(string(q.To)))
		found, err = g.search(ctx, query, q)
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b sms.Sent) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
	return found, nil
}

// search goes through all pages of a query.
func (g *Gateway) search(ctx context.Context, query url.Values, q sms.SentQuery) ([]sms.Sent, error) {
	var found []sms.Sent
	seen := map[string]bool{}
	for n := 1; ; n++ {
		query.Set("page", strconv.Itoa(n))
		c, page, err := g.messages(ctx, query)
		if err != nil {
			return nil, err
		}
		fresh := false
		for _, m := range page.Data {
			id := m.id()
			if id == "" || seen[id] {
				continue
			}
			seen[id], fresh = true, true
			if at := m.Created.time(); matches(m, at, q) {
				found = append(found, sms.Sent{ID: id, State: state(string(m.Status)), At: at})
			}
		}
		// A page that brings nothing new is the end too: page may not be heeded at all.
		if !fresh || page.LastPage > 0 && n >= page.LastPage {
			return found, nil
		}
		if n == maxPages {
			return nil, c.Refused(sms.ErrUnavailable, "too many texts to search")
		}
	}
}

func (g *Gateway) messages(ctx context.Context, query url.Values) (sms.Call, rows[message], error) {
	var page rows[message]
	c, err := g.call(http.MethodGet, g.api+"/v2/messages", query)
	if err != nil {
		return c, page, err
	}
	c.Max = 8 << 20
	if err := c.Do(ctx, g.client, &page); err != nil {
		return c, page, err
	}
	return c, page, page.check(c)
}

// matches compares for itself whatever the query has been asked to compare. A creation time
// that cannot be read does not rule a text out.
func matches(m message, at time.Time, q sms.SentQuery) bool {
	if digits(string(m.To)) != digits(string(q.To)) || squash(string(m.Text)) != squash(q.Text) {
		return false
	}
	if at.IsZero() {
		return true
	}
	// Created times may come without their fraction of a second.
	return (q.From.IsZero() || !at.Before(q.From.Truncate(time.Second))) && (q.Until.IsZero() || !at.After(q.Until))
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// squash forgives what a gateway may do to the space in a text.
func squash(s string) string { return strings.Join(strings.Fields(sms.Clean(s)), " ") }
