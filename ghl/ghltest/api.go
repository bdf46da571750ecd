package ghltest

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP is the API. Mount it at the root, or below a prefix with http.StripPrefix. To cut a
// connection it panics with http.ErrAbortHandler, which an http.Server understands.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil || s.isDown() {
		cut()
	}
	req, fault := s.arrive(r, body)
	s.tell(req, Before)
	if !pause(r, s.latency) || s.isDown() {
		cut()
	}
	a, handled := s.handle(r, &req, fault)
	if handled {
		s.tell(req, After)
	}
	if s.isDown() || (fault != nil && !pause(r, fault.Delay)) {
		s.unanswered(req)
		cut()
	}
	a.write(w)
}

// cut closes the connection without an answer.
func cut() { panic(http.ErrAbortHandler) }

// pause returns false if the client goes away meanwhile.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Sandbox) isDown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

// arrive logs a request and tells what fault it will meet.
func (s *Sandbox) arrive(r *http.Request, body []byte) (Request, *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	req := Request{
		N:      len(s.log) + 1,
		At:     time.Now(),
		Method: r.Method,
		Path:   r.URL.Path,
		Query:  r.URL.RawQuery,
		Body:   body,
	}
	s.log = append(s.log, req)
	return req, s.strike(r.Method, r.URL.Path)
}

// handle does what a request asks for, unless a fault prevents it, and completes its log entry.
func (s *Sandbox) handle(r *http.Request, req *Request, fault *Fault) (a answer, handled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, prevented := fault.instead(s)
	if !prevented {
		if fault != nil && fault.Kind == SlotTaken {
			s.snatch(req.Path, req.Body)
		}
		x := &exchange{call: call{body: req.Body, now: time.Now()}, head: http.Header{}}
		s.mux.ServeHTTP(x, withoutSlash(r))
		a = newAnswer(x.reply)
		maps.Copy(a.header, x.head)
		a = fault.spoil(a)
		req.Effect = x.reply.effect
	}
	if a.header != nil && s.ahead != 0 {
		a.header.Set("Date", time.Now().Add(s.ahead).UTC().Format(http.TimeFormat))
	}
	req.Status = a.status
	s.log[req.N-1] = *req
	return a, !prevented
}

// unanswered corrects the log: the client was told nothing.
func (s *Sandbox) unanswered(req Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log[req.N-1].Status = 0
}

// withoutSlash spares the routes from saying everything twice.
func withoutSlash(r *http.Request) *http.Request {
	trimmed := strings.TrimSuffix(r.URL.Path, "/")
	if trimmed == "" || trimmed == r.URL.Path {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = trimmed, ""
	r = r.WithContext(r.Context())
	r.URL = &u
	return r
}

// An answer is a response before it is written.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    bool
}

func newAnswer(rep reply) answer {
	a := answer{status: rep.status, header: http.Header{}}
	a.header.Set("Content-Type", "application/json; charset=utf-8")
	if rep.body == nil {
		return a // nothing at all, which one endpoint answers
	}
	body, err := json.Marshal(rep.body)
	if err != nil {
		panic("ghltest: " + err.Error()) // somebody put a value into the sandbox that has no JSON
	}
	a.body = body
	return a
}

func (a answer) write(w http.ResponseWriter) {
	if a.cut {
		cut()
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that is gone does not matter
}

// A call is one request as the handlers see it.
type call struct {
	*http.Request
	body  []byte
	now   time.Time
	query url.Values
}

// An exchange carries a call through the mux and its reply back.
type exchange struct {
	call  call
	head  http.Header
	reply reply
}

func (x *exchange) Header() http.Header         { return x.head }
func (x *exchange) Write(b []byte) (int, error) { return len(b), nil }
func (x *exchange) WriteHeader(status int)      { x.reply = reply{status: status, body: obj{}} }

type route struct {
	pattern string
	scope   string
	handle  func(*call) (reply, error)
}

func (s *Sandbox) newMux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.Handle(rt.pattern, s.guarded(rt))
	}
	s.addOAuth(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.(*exchange).finish(s, r, func(c *call) (reply, error) {
			return reply{}, noRoute(c)
		})
	})
	return mux
}

// guarded lets only those through who may call the route now.
func (s *Sandbox) guarded(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := w.(*exchange)
		x.finish(s, r, func(c *call) (reply, error) {
			if err := s.recognise(c); err != nil {
				return reply{}, err
			}
			counted := s.limits.take(c.now)
			s.limits.describe(c.now, x.head)
			if !counted {
				return reply{}, errTooMany
			}
			if s.scopes != nil && !s.scopes[rt.scope] {
				return reply{}, &refusal{status: 401, message: "The token is not authorized for this scope."}
			}
			return rt.handle(c)
		})
	}
}

func (x *exchange) finish(s *Sandbox, r *http.Request, f func(*call) (reply, error)) {
	x.call.Request, x.call.query = r, r.URL.Query()
	rep, err := f(&x.call)
	if err != nil {
		rep = asRefusal(err).reply()
	}
	if rep.body != nil {
		rep.body["traceId"] = s.newTrace()
	}
	x.reply = rep
}

// recognise checks the token and the Version header.
func (s *Sandbox) recognise(c *call) error {
	token, ok := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	if !ok || (token != s.opt.Token && !s.oauth.accepts(token, c.now)) {
		return invalidToken()
	}
	switch c.Header.Get("Version") {
	case "2021-04-15", "2021-07-28", "2023-02-21":
		if s.versionless {
			break
		}
		return nil
	case "":
		return &refusal{status: 401, message: "version header was not found."}
	}
	return &refusal{status: 401, message: "version header is invalid"}
}

// routes are all endpoints that the sandbox has.
func (s *Sandbox) routes() []route {
	return slices.Concat(s.contactRoutes(), s.calendarRoutes(), s.locationRoutes(), s.conversationRoutes(), s.businessRoutes())
}

func (s *Sandbox) contactRoutes() []route {
	const read, write = "contacts.readonly", "contacts.write"
	return []route{
		{"POST /contacts/search", read, s.searchContacts},
		{"GET /contacts/search/duplicate", read, s.findDuplicate},
		{"GET /contacts", read, s.listContacts},
		{"POST /contacts", write, s.createContact},
		{"POST /contacts/upsert", write, s.upsertContact},
		{"GET /contacts/{id}", read, s.getContact},
		{"PUT /contacts/{id}", write, s.updateContact},
		{"DELETE /contacts/{id}", write, s.deleteContact},
		{"POST /contacts/{id}/tags", write, s.addTags},
		{"DELETE /contacts/{id}/tags", write, s.removeTags},
		{"POST /contacts/bulk/tags/update/{type}", write, s.bulkTags},
		{"POST /contacts/bulk/business", write, s.bulkBusiness},
		{"GET /contacts/{id}/{part}", read, s.contactPart},

		{"POST /contacts/{id}/tasks", write, s.createTask},
		{"GET /contacts/{id}/tasks/{task}", read, s.getTask},
		{"PUT /contacts/{id}/tasks/{task}", write, s.updateTask},
		{"PUT /contacts/{id}/tasks/{task}/completed", write, s.completeTask},
		{"DELETE /contacts/{id}/tasks/{task}", write, s.deleteTask},
		{"POST /locations/{location}/tasks/search", "locations/tasks.readonly", s.searchTasks},

		{"POST /contacts/{id}/notes", write, s.createNote},
		{"GET /contacts/{id}/notes/{note}", read, s.getNote},
		{"PUT /contacts/{id}/notes/{note}", write, s.updateNote},
		{"DELETE /contacts/{id}/notes/{note}", write, s.deleteNote},
	}
}

func (s *Sandbox) calendarRoutes() []route {
	const calendars, readEvent, writeEvent = "calendars.readonly", "calendars/events.readonly", "calendars/events.write"
	return []route{
		{"GET /calendars", calendars, s.listCalendars},
		{"GET /calendars/{calendar}", calendars, s.getCalendar},
		{"GET /calendars/{calendar}/free-slots", calendars, s.freeSlots},
		{"GET /calendars/events", readEvent, s.listEvents},
		{"GET /calendars/events/appointments/{event}", readEvent, s.getAppointment},
		{"POST /calendars/events/appointments", writeEvent, s.createAppointment},
		{"PUT /calendars/events/appointments/{event}", writeEvent, s.updateAppointment},
		{"DELETE /calendars/events/{event}", writeEvent, s.deleteEvent},
		{"GET /calendars/appointments/{event}/notes", readEvent, s.listAppointmentNotes},
		{"POST /calendars/appointments/{event}/notes", writeEvent, s.createAppointmentNote},
		{"PUT /calendars/appointments/{event}/notes/{note}", writeEvent, s.updateAppointmentNote},
		{"DELETE /calendars/appointments/{event}/notes/{note}", writeEvent, s.deleteAppointmentNote},
	}
}

func (s *Sandbox) locationRoutes() []route {
	const location, users = "locations.readonly", "users.readonly"
	const readTags, writeTags = "locations/tags.readonly", "locations/tags.write"
	return []route{
		{"GET /locations/{location}", location, s.getLocation},
		{"GET /locations/{location}/tags", readTags, s.listTags},
		{"POST /locations/{location}/tags", writeTags, s.createTag},
		{"GET /locations/{location}/tags/{tag}", readTags, s.getTag},
		{"PUT /locations/{location}/tags/{tag}", writeTags, s.renameTag},
		{"DELETE /locations/{location}/tags/{tag}", writeTags, s.deleteTag},
		{"GET /locations/{location}/customFields", "locations/customFields.readonly", s.listFields},
		{"GET /users", users, s.listUsers},
		{"GET /users/search", users, s.searchUsers},
		{"GET /users/{user}", users, s.getUser},
	}
}

func (s *Sandbox) businessRoutes() []route {
	const read, write = "businesses.readonly", "businesses.write"
	return []route{
		{"GET /businesses", read, s.listBusinesses},
		{"POST /businesses", write, s.createBusiness},
		{"GET /businesses/{business}", read, s.getBusiness},
		{"PUT /businesses/{business}", write, s.updateBusiness},
		{"DELETE /businesses/{business}", write, s.deleteBusiness},
	}
}

func (s *Sandbox) conversationRoutes() []route {
	const read, write = "conversations/message.readonly", "conversations/message.write"
	return []route{
		{"GET /conversations/search", "conversations.readonly", s.searchConversations},
		{"GET /conversations/{conversation}/{part}", read, s.conversationPart},
		{"GET /conversations/messages/export", read, s.exportMessages},
		{"POST /conversations/messages", write, s.sendMessage},
		{"POST /conversations/messages/inbound", write, s.addInbound},
		{"DELETE /conversations/messages/{message}/schedule", write, s.cancelMessage},
	}
}

// contactPart is what belongs to a contact, or the contacts of a business: of two patterns that
// both match /contacts/business/tasks a mux would not know which is meant.
func (s *Sandbox) contactPart(c *call) (reply, error) {
	if c.PathValue("id") == "business" {
		return s.businessContacts(c)
	}
	switch c.PathValue("part") {
	case "tasks":
		return s.listTasks(c)
	case "notes":
		return s.listNotes(c)
	case "appointments":
		return s.contactAppointments(c)
	}
	return reply{}, noRoute(c)
}

// conversationPart is the messages of a conversation, or one of all messages.
func (s *Sandbox) conversationPart(c *call) (reply, error) {
	switch {
	case c.PathValue("conversation") == "messages":
		return s.getMessage(c)
	case c.PathValue("part") == "messages":
		return s.listMessages(c)
	}
	return reply{}, noRoute(c)
}

func noRoute(c *call) error {
	return &refusal{status: http.StatusNotFound, message: "Cannot " + c.Method + " " + c.URL.Path}
}
