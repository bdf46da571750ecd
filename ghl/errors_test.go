package ghl

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func wantVerdict(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if _, ok := errors.AsType[*Error](err); !ok {
		t.Errorf("%v names no request", err)
	}
	for _, one := range []error{ErrNotFound, ErrUnavailable, ErrUnknown, ErrInvalid} {
		if !errors.Is(one, want) && errors.Is(err, one) {
			t.Errorf("%v is %v as well", err, one)
		}
	}
}

type op func(context.Context, *Client) error

var (
	getContact op = func(ctx context.Context, c *Client) error { _, err := c.Contact(ctx, "abc"); return err }
	putContact op = func(ctx context.Context, c *Client) error {
		_, err := c.UpdateContact(ctx, "abc", ContactPatch{City: new("Bern")})
		return err
	}
	newContact op = func(ctx context.Context, c *Client) error {
		_, err := c.CreateContact(ctx, ContactPatch{Phone: new("+15550100")})
		return err
	}
	newTask op = func(ctx context.Context, c *Client) error {
		_, err := c.CreateTask(ctx, "abc", TaskPatch{Title: new("x"), Due: new(time.Unix(1, 0))})
		return err
	}
	searchTasks op = func(ctx context.Context, c *Client) error {
		for _, err := range c.SearchTasks(ctx, TaskQuery{}) {
			return err
		}
		return nil
	}
	tagContact op = func(ctx context.Context, c *Client) error { return c.AddTags(ctx, "abc", []string{"x"}) }
)

func TestVerdicts(t *testing.T) {
	const html = "<html><body>502</body></html>"
	for _, tt := range []struct {
		name   string
		op     op
		status int
		body   string
		want   string // as verdict prints it
	}{
		{"read, 500", getContact, 500, `{}`, "unavailable"},
		{"read by POST, 503", searchTasks, 503, html, "unavailable"},
		{"write, 500", putContact, 500, `{"message":"oops"}`, "unknown"},
		{"write, 502 of a proxy", newTask, 502, html, "unknown"},
		{"write, 503", tagContact, 503, ``, "unknown"},
		{"write, 408", newTask, 408, ``, "unknown"},
		{"read, HTML", getContact, 200, html, "unavailable"},
		{"write, HTML", newContact, 200, html, "unknown"},
		{"read, half an answer", getContact, 200, `{"contact":{"id":"a`, "unavailable"},
		{"write, half an answer", newTask, 201, `{"task":{"id":"a`, "unknown"},
		{"write, empty answer", tagContact, 201, ``, "unknown"},
		{"write, half an answer that nobody needs", tagContact, 201, `{"tags":["x`, "unknown"},
		{"write, no record", newContact, 201, `{"traceId":"x"}`, "unknown"},
		{"write, record without id", newContact, 201, `{"contact":{"firstName":"Ann"}}`, "unknown"},
		{"write, no success after all", tagContact, 200, `{"succeded":false}`, "unknown"},
		{"token", getContact, 401, `{"statusCode":401,"message":"Invalid JWT"}`, "auth 401 scope=false: Invalid JWT"},
		{"scope", getContact, 401, `{"message":"The token is not authorized for this scope."}`, "auth 401 scope=true: The token is not authorized for this scope."},
		{"forbidden", newTask, 403, `{"message":["no","access"]}`, "auth 403 scope=true: no; access"},
		{"a firewall's page is no word on the token", getContact, 403, html, "unavailable"},
		{"version", newTask, 401, `{"message":"version header was not found."}`, "version 2021-07-28"},
		{"version", getContact, 401, `{"message":"version header is invalid"}`, "version 2021-07-28"},
		{"missing", getContact, 404, `{"message":"Not Found"}`, "not found"},
		{"missing, told by a 400", getContact, 400, `{"message":"Contact not found for id:abc","error":"Bad Request","statusCode":400}`, "not found"},
		{"missing, told by another 400", putContact, 400, `{"error":"Contact with id abc not found","status":400}`, "not found"},
		{"a page is no proof of absence", getContact, 404, html, "unavailable"},
		{"nor is an unknown endpoint", getContact, 404, `{"message":"Cannot GET /contacts/abc"}`, "unavailable"},
		{"which did nothing", newTask, 404, `{"message":"Cannot POST /contacts/abc/tasks"}`, "unavailable"},
		{"nor is a missing location", getContact, 400, `{"message":"Location not found"}`, "validation [Location not found]"},
		{"refused", putContact, 422, `{"message":["property x should not exist","city must be a string"]}`, "validation [property x should not exist city must be a string]"},
		{"refused in a string", newTask, 422, `{"message":"title should not be empty"}`, "validation [title should not be empty]"},
		{"refused in an object", newTask, 400, `{"message":{"b":["two","three"],"a":"one","n":null}}`, "validation [one three two]"},
		{"refused by a 400", newContact, 400, `{"message":"phone is wrong"}`, "validation [phone is wrong]"},
		{"contact refused and perhaps created", newContact, 422, `{"message":["email must be an email"]}`, "unknown"},
		{"duplicate", newContact, 400, `{"statusCode":400,"message":"This location does not allow duplicated contacts.","meta":{"contactId":"dup","contactName":"Ann","matchingField":"email"}}`, "duplicate dup email"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answering(t, tt.status, tt.body)
			err := tt.op(t.Context(), c)
			if got := verdictOf(err); got != tt.want {
				t.Errorf("got %s (%v), want %s", got, err, tt.want)
			}
			if e, ok := errors.AsType[*Error](err); !ok || e.Status != tt.status {
				t.Errorf("%v does not tell the status", err)
			}
		})
	}
}

func verdictOf(err error) string {
	if e, ok := errors.AsType[*RateLimitError](err); ok {
		return fmt.Sprintf("rate limit %v daily=%t", e.RetryAfter, e.Daily)
	}
	if e, ok := errors.AsType[*AuthError](err); ok {
		return fmt.Sprintf("auth %d scope=%t: %s", e.Status, e.Scope, e.Message)
	}
	if e, ok := errors.AsType[*VersionError](err); ok {
		return "version " + e.Version
	}
	if e, ok := errors.AsType[*ValidationError](err); ok {
		return fmt.Sprintf("validation %v", e.Messages)
	}
	if e, ok := errors.AsType[*DuplicateError](err); ok {
		return fmt.Sprintf("duplicate %s %s", e.ContactID, e.MatchingField)
	}
	for name, one := range map[string]error{"unavailable": ErrUnavailable, "unknown": ErrUnknown, "not found": ErrNotFound, "invalid": ErrInvalid} {
		if errors.Is(err, one) {
			return name
		}
	}
	return fmt.Sprint(err)
}

func TestErrorText(t *testing.T) {
	c, _ := answering(t, 422, `{"message":"property x should not exist","traceId":"trace-1"}`)
	err := putContact(t.Context(), c)
	equal(t, "text", err.Error(), "ghl: PUT /contacts/abc: 422 property x should not exist")
	e, _ := errors.AsType[*Error](err)
	equal(t, "trace", e.TraceID, "trace-1")

	c, _ = answering(t, 502, ``)
	equal(t, "text", newTask(t.Context(), c).Error(), "ghl: POST /contacts/abc/tasks: 502 Bad Gateway (outcome unknown)")
	c, _ = answering(t, 200, `<html>`)
	equal(t, "text", getContact(t.Context(), c).Error(), "ghl: GET /contacts/abc: 200 unavailable: HTML instead of JSON")
	equal(t, "text", c.AddTags(t.Context(), "", []string{"x"}).Error(), `ghl: POST /contacts/{id}/tags: invalid call: id ""`)
	c, _ = answering(t, 200, `{"succeeded":false}`)
	equal(t, "text", tagContact(t.Context(), c).Error(), "ghl: POST /contacts/abc/tags: 200 outcome unknown: answer says it did not succeed")
}

func TestErrorsTellNoSecrets(t *testing.T) {
	secrets := []string{"+15550100123", "+1 (555) 010-0123", "15550100123", "555-010-0123", "%2B15550100123", "ann@example.com", "ann%40example.com",
		"pit-12ab-34cd", "Bearer abc.def", "eyJhbGciOi.eyJzdWIi.c2ln"}
	for _, status := range []int{400, 401, 404, 422, 429, 500} {
		for _, op := range []op{getContact, newContact, newTask} {
			c, _ := answering(t, status, `{"message":["no `+strings.Join(secrets, ` here","no `)+`"]}`)
			text := op(t.Context(), c).Error()
			for _, s := range secrets {
				if strings.Contains(text, s) {
					t.Errorf("%d: %q tells %s", status, text, s)
				}
			}
		}
	}
	c := testClient(t, "http://127.0.0.1:1/prefix", nil)
	_, _, err := c.FindContact(t.Context(), "+15550100123", "ann@example.com")
	wantVerdict(t, err, ErrUnavailable)
	if strings.Contains(err.Error(), "5550100123") || strings.Contains(err.Error(), "example") || strings.Contains(err.Error(), "?") {
		t.Errorf("%v tells the query", err)
	}
	for _, harmless := range []string{"id ve9EPM428h8vShlRW1KT", "2026-07-20T10:00:00Z is past", "at most 500 rows"} {
		equal(t, "redacted", redact(harmless), harmless)
	}
}

type tokenFunc func() (*oauth2.Token, error)

func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

func TestTokenSourceErrors(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&oauth2.RetrieveError{Response: &http.Response{StatusCode: 400}, ErrorCode: "invalid_grant", Body: []byte("refresh-secret")},
			"auth 0 scope=false: token endpoint answers 400 invalid_grant"},
		{&oauth2.RetrieveError{Response: &http.Response{StatusCode: 503}, Body: []byte("refresh-secret")}, "unavailable"},
		{&oauth2.RetrieveError{Response: &http.Response{StatusCode: 429}}, "unavailable"},
		{errors.New("dial tcp: refused"), "unavailable"},
		{fmt.Errorf("load: %w", &AuthError{Message: "run auth"}), "auth 0 scope=false: run auth"},
		{nil, "auth 0 scope=false: there is no token"},
	} {
		c, last := answering(t, 200, `{}`)
		c.token = tokenFunc(func() (*oauth2.Token, error) { return &oauth2.Token{}, tt.err })
		err := newTask(t.Context(), c)
		equal(t, "verdict", verdictOf(err), tt.want)
		if strings.Contains(err.Error(), "refresh-secret") {
			t.Errorf("%v tells the token endpoint's answer", err)
		}
		equal(t, "request", last.method, "")
	}
}

func TestVerdictTexts(t *testing.T) {
	for want, err := range map[string]error{
		"rate limit, retry after 1.5s":                    &RateLimitError{RetryAfter: 1500 * time.Millisecond},
		"daily rate limit, retry after 1h0m0s":            &RateLimitError{RetryAfter: time.Hour, Daily: true},
		"token refused: gone":                             &AuthError{Status: 401, Message: "gone"},
		"token lacks the scope: no":                       &AuthError{Status: 401, Message: "no", Scope: true},
		`API version "v9" refused: version header is bad`: &VersionError{Version: "v9", Message: "version header is bad"},
		"a; b":                            &ValidationError{Messages: []string{"a", "b"}},
		"duplicate of contact c by phone": &DuplicateError{ContactID: "c", MatchingField: "phone"},
		"1 unreadable: row r of tasks: x": &RowsError{Bad: []error{&RowError{List: "tasks", ID: "r", Err: errors.New("x")}}},
	} {
		equal(t, "text", err.Error(), want)
	}
}
