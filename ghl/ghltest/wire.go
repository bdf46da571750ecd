package ghltest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// obj is a JSON object.
type obj = map[string]any

// A reply is what a handler answers. Its body always gets a traceId.
type reply struct {
	status int
	body   obj
	effect string // for the log
}

func ok(body obj) (reply, error) { return reply{status: http.StatusOK, body: body}, nil }

func done(effect, id string, status int, body obj) (reply, error) {
	return reply{status: status, body: body, effect: effect + " " + id}, nil
}

// succeeded says so in both spellings, as the API does.
func succeeded() obj { return obj{"succeded": true, "succeeded": true} }

// A refusal is an error that the API answers with.
type refusal struct {
	status  int
	message any // string or []string
	meta    any
	bare    bool // without the error key
}

var errTooMany = &refusal{status: http.StatusTooManyRequests, message: "Too Many Requests", bare: true}

func (e *refusal) Error() string { return fmt.Sprint(e.status, " ", e.message) }

func (e *refusal) reply() reply {
	body := obj{"statusCode": e.status, "message": e.message}
	if e.meta != nil {
		body["meta"] = e.meta
	} else if !e.bare {
		body["error"] = http.StatusText(e.status)
	}
	return reply{status: e.status, body: body}
}

func asRefusal(err error) *refusal {
	if e, isRefusal := errors.AsType[*refusal](err); isRefusal {
		return e
	}
	return &refusal{status: http.StatusInternalServerError, message: err.Error()}
}

func invalidToken() *refusal { return &refusal{status: 401, message: "Invalid JWT", bare: true} }

func badRequest(format string, args ...any) error {
	return &refusal{status: http.StatusBadRequest, message: fmt.Sprintf(format, args...)}
}

// unprocessable answers with a list of messages.
func unprocessable(messages ...string) error {
	return &refusal{status: http.StatusUnprocessableEntity, message: messages}
}

// notFound is a 400: the API has no 404 for records.
func notFound(what, id string) error { return badRequest("%s not found for id:%s", what, id) }

// ours refuses the id of another location.
func (s *Sandbox) ours(locationID string) error {
	switch locationID {
	case s.opt.Location:
		return nil
	case "":
		return unprocessable("locationId can't be undefined", "locationId should not be empty")
	}
	return &refusal{status: http.StatusForbidden, message: "The token does not have access to this location."}
}

func (s *Sandbox) newTrace() string {
	s.counts["trace"]++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", s.counts["trace"])
}

// stamp is how the API writes most times.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// offset is how the API writes the times of appointments: in the location's zone.
func (s *Sandbox) offset(t time.Time) string { return t.In(s.zone).Format("2006-01-02T15:04:05-07:00") }

// null is a string that is null rather than empty.
func null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// list is a list that is [] rather than null.
func list[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}

// set puts a string under a key unless it is empty.
func set(o obj, key, value string) {
	if value != "" {
		o[key] = value
	}
}

func join(words ...string) string { return strings.Join(strings.Fields(strings.Join(words, " ")), " ") }

func lower(s string) string { return strings.ToLower(s) }
