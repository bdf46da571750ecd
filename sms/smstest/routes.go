package smstest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The routes. All are called with the lock held.

const sqlTime = "2006-01-02 15:04:05"

type sendBody struct {
	Message string          `json:"message"`
	To      json.RawMessage `json:"to"`
	Sender  string          `json:"sender_id"`
	Bypass  bool            `json:"bypass_optout"`
}

func (s *Sandbox) send(_ *http.Request, body []byte) answer {
	var in sendBody
	if json.Unmarshal(body, &in) != nil {
		return no(http.StatusBadRequest, "Invalid message or recipient details")
	}
	var to string
	if json.Unmarshal(in.To, &to) != nil {
		return s.sendCampaign(in)
	}
	if d := digits(to); strings.TrimSpace(in.Message) == "" || len(d) < 7 || len(d) > 15 {
		return no(http.StatusBadRequest, "Invalid message or recipient details: "+to)
	}
	if code, why := s.refusesAccount(in.Sender, 1); code != 0 {
		return no(code, why)
	}
	m := s.accept(to, in.Sender, in.Message, in.Bypass)
	return answer{effect: "send " + m.ID, body: map[string]any{
		"message": "Message is queued for sending! Please check report for update",
		"success": true, "message_id": m.ID,
	}}
}

// sendCampaign is what several recipients get: no ids of their own.
func (s *Sandbox) sendCampaign(in sendBody) answer {
	var to []string
	if json.Unmarshal(in.To, &to) != nil || len(to) == 0 || in.Message == "" {
		return no(http.StatusBadRequest, "Invalid message or recipient details")
	}
	if code, why := s.refusesAccount(in.Sender, len(to)); code != 0 {
		return no(code, why)
	}
	var effect []string
	for _, number := range to {
		effect = append(effect, "send "+s.accept(number, in.Sender, in.Message, in.Bypass).ID)
	}
	return answer{effect: strings.Join(effect, ", "), body: map[string]any{
		"message": "Campaign is queued for sending! Please check report for update",
		"success": true, "campaign_id": fmt.Sprintf("11f0-c000-%08x-8109-0242ac120004", len(s.sent)),
	}}
}

func (s *Sandbox) lookUp(r *http.Request, _ []byte) answer {
	for _, m := range s.sent {
		if m.ID == r.PathValue("id") {
			return answer{body: s.row(m)}
		}
	}
	return no(http.StatusNotFound, "Message not found")
}

// row is a text as the API shows it: a mixture of types, with the message_id null.
func (s *Sandbox) row(m *message) map[string]any {
	status := s.status(m, clock())
	row := map[string]any{
		"id": m.n, "_id": m.ID, "campaign_id": nil, "user_id": 7, "sender_id": m.From,
		"message": m.Text, "to": m.To, "status": status, "client_cost": 0.05, "callback_url": nil,
		"scheduled_for": nil, "timezone": nil, "message_id": nil, "sms_count": len(m.Text)/160 + 1,
		"is_api": true, "optout": 0, "failed_reason": nil,
		"created_at": m.At.Format("2006-01-02T15:04:05.000000Z07:00"),
		"updated_at": m.At.Add(s.age(status)).Format("2006-01-02T15:04:05.000000Z07:00"),
		"sent_at":    nil,
	}
	if status != "QUEUED" {
		row["sent_at"] = m.At.Add(s.opt.DeliverAfter / 2).Format(sqlTime)
	}
	if status == m.last && m.reason != "" {
		row["failed_reason"] = m.reason
	}
	return row
}

// age is how old a text is when it enters a status.
func (s *Sandbox) age(status string) time.Duration {
	switch status {
	case "QUEUED":
		return 0
	case "SENT", "UNSUBSCRIBED", "REJECTED":
		return s.opt.DeliverAfter / 2
	}
	return s.opt.DeliverAfter
}

func (s *Sandbox) list(r *http.Request, _ []byte) answer {
	q := r.URL.Query()
	from, until, err := window(q.Get("created_at_from"), q.Get("created_at_to"))
	if err != nil {
		return no(http.StatusUnprocessableEntity, "The date does not match the format Y-m-d H:i:s.")
	}
	now := clock()
	rows := []map[string]any{}
	for _, m := range s.sent {
		if now.Sub(m.At) < s.opt.ListLag || m.At.Before(from) || m.At.After(until) ||
			q.Has("to") && digits(q.Get("to")) != digits(m.To) ||
			q.Has("status") && q.Get("status") != s.status(m, now) {
			continue
		}
		rows = append(rows, s.row(m))
	}
	if q.Get("order_direction") != "asc" {
		slices.Reverse(rows)
	}
	return answer{body: page(r, rows, number(q.Get("page"), 1), min(number(q.Get("limit"), 15), 100))}
}

func window(from, until string) (a, b time.Time, err error) {
	b = time.Now().AddDate(100, 0, 0)
	if from != "" {
		if a, err = time.Parse(sqlTime, from); err != nil {
			return a, b, err
		}
	}
	if until != "" {
		b, err = time.Parse(sqlTime, until)
		b = b.Add(time.Second - 1)
	}
	return a, b, err
}

func number(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// page is the paginator of the framework the API is written in.
func page(r *http.Request, rows []map[string]any, n, per int) map[string]any {
	total := len(rows)
	start := min((n-1)*per, total)
	end := min(start+per, total)
	return map[string]any{
		"success": true, "data": rows[start:end], "links": []any{}, "current_page": n,
		"from": start + 1, "to": end, "last_page": max(1, (total+per-1)/per), "path": r.URL.Path,
		"per_page": strconv.Itoa(per), "total": total,
	}
}

func (s *Sandbox) recent(*http.Request, []byte) answer {
	texts := slices.Clone(s.inbound)
	slices.SortStableFunc(texts, func(a, b inbound) int { return b.at.Compare(a.at) })
	texts = texts[:min(len(texts), s.opt.Recent)]
	rows := []map[string]any{}
	for _, t := range texts {
		row := map[string]any{
			"from": t.from, "to": t.to, "message": t.text, "parts": len(t.text)/160 + 1,
			"receivedDate": t.at.Format(time.RFC3339),
		}
		if !s.withoutIDs {
			row["id"] = t.n
		}
		rows = append(rows, row)
		if s.duplicate {
			rows = append(rows, row)
		}
	}
	if s.shuffle {
		// The same disorder every time: a test that fails must fail again.
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	if s.bare {
		return answer{body: rows}
	}
	return answer{body: map[string]any{"success": true, "data": rows}}
}

func (s *Sandbox) recentOptOuts(*http.Request, []byte) answer {
	rows := []map[string]any{}
	for number, at := range s.optedOut {
		rows = append(rows, map[string]any{"phone": "+" + number, "created_at": at.Format(sqlTime)})
	}
	slices.SortFunc(rows, func(a, b map[string]any) int { return strings.Compare(a["phone"].(string), b["phone"].(string)) })
	return answer{body: map[string]any{"success": true, "data": rows}}
}

func (s *Sandbox) optOut(_ *http.Request, body []byte) answer {
	phone, ok := phoneIn(body)
	if !ok {
		return no(http.StatusUnprocessableEntity, "The phone field is required.")
	}
	s.optedOut[digits(phone)] = clock()
	return answer{effect: "optout " + phone, body: map[string]any{"success": true, "message": "Contact opted out"}}
}

func (s *Sandbox) optIn(_ *http.Request, body []byte) answer {
	phone, ok := phoneIn(body)
	if !ok {
		return no(http.StatusUnprocessableEntity, "The phone field is required.")
	}
	delete(s.optedOut, digits(phone))
	return answer{effect: "optin " + phone, body: map[string]any{"success": true, "message": "Contact opted in"}}
}

func phoneIn(body []byte) (string, bool) {
	var in struct{ Phone string }
	err := json.Unmarshal(body, &in)
	return in.Phone, err == nil && len(digits(in.Phone)) >= 7
}

func (s *Sandbox) balance(*http.Request, []byte) answer {
	return answer{body: map[string]any{"balance": strconv.FormatFloat(s.left(), 'f', 2, 64), "currency": "EUR"}}
}
