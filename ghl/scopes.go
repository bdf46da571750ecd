package ghl

import (
	"net/http"
	"net/url"
	"slices"
)

// Function is something that a token may or may not be allowed to do. Its scopes are all needed.
type Function struct {
	Name   string // for people, such as "read contacts"
	Scopes []string
	calls  []string // patterns of http.ServeMux
}

// functions is the one table of what needs which scope. The doc comments of the methods repeat
// it, which a test holds them to.
var functions = []Function{
	{"read contacts", []string{"contacts.readonly"}, []string{"POST /contacts/search", "GET /contacts/"}},
	{"change contacts, their tasks and notes", []string{"contacts.write"}, []string{"POST /contacts/", "PUT /contacts/", "DELETE /contacts/"}},
	{"read tasks", []string{"locations/tasks.readonly"}, []string{"POST /locations/{id}/tasks/search"}},
	{"read calendars", []string{"calendars.readonly"}, []string{"GET /calendars/"}},
	{"read appointments", []string{"calendars/events.readonly"}, []string{"GET /calendars/events", "GET /calendars/events/", "GET /calendars/appointments/"}},
	{"change appointments", []string{"calendars/events.write"}, []string{
		"POST /calendars/events/", "PUT /calendars/events/", "DELETE /calendars/events/",
		"POST /calendars/appointments/", "PUT /calendars/appointments/", "DELETE /calendars/appointments/",
	}},
	{"read the location", []string{"locations.readonly"}, []string{"GET /locations/{id}"}},
	{"read staff", []string{"users.readonly"}, []string{"GET /users/"}},
	{"read tags", []string{"locations/tags.readonly"}, []string{"GET /locations/{id}/tags", "GET /locations/{id}/tags/"}},
	{"change tags", []string{"locations/tags.write"}, []string{"POST /locations/{id}/tags", "PUT /locations/{id}/tags/", "DELETE /locations/{id}/tags/"}},
	{"read custom fields", []string{"locations/customFields.readonly"}, []string{"GET /locations/{id}/customFields", "GET /locations/{id}/customFields/"}},
	{"read businesses", []string{"businesses.readonly"}, []string{"GET /businesses/"}},
	{"change businesses", []string{"businesses.write"}, []string{"POST /businesses/", "PUT /businesses/", "DELETE /businesses/"}},
	{"read conversations", []string{"conversations.readonly"}, []string{"GET /conversations/{id}"}},
	{"read messages", []string{"conversations/message.readonly"}, []string{"GET /conversations/"}},
	{"change conversations", []string{"conversations.write"}, []string{"POST /conversations/", "PUT /conversations/", "DELETE /conversations/"}},
	{"write messages", []string{"conversations/message.write"}, []string{
		"POST /conversations/messages", "POST /conversations/messages/", "PUT /conversations/messages/", "DELETE /conversations/messages/",
	}},
	{"make tokens for locations", []string{"oauth.write"}, []string{"POST /oauth/locationToken"}},
	{"list the app's locations", []string{"oauth.readonly"}, []string{"GET /oauth/installedLocations"}},
}

// Functions returns the functions that need any of the scopes, in the order of the table; without
// scopes all of them.
func Functions(scopes ...string) []Function {
	return slices.DeleteFunc(slices.Clone(functions), func(f Function) bool {
		return len(scopes) > 0 && !slices.ContainsFunc(f.Scopes, func(s string) bool { return slices.Contains(scopes, s) })
	})
}

// Calls are the calls that are part of the function, as METHOD path; a path that ends in / stands for
// all below it.
func (f Function) Calls() []string { return slices.Clone(f.calls) }

// Lacks returns the scopes of the function that are not among the granted ones.
func (f Function) Lacks(granted []string) []string {
	return slices.DeleteFunc(slices.Clone(f.Scopes), func(s string) bool { return slices.Contains(granted, s) })
}

var functionMux = newFunctionMux()

type functionHandler struct{ Function }

func (functionHandler) ServeHTTP(http.ResponseWriter, *http.Request) {}

func newFunctionMux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, f := range functions {
		for _, call := range f.calls {
			mux.Handle(call, functionHandler{f})
		}
	}
	return mux
}

// FunctionOf tells what a call is part of. The path is relative to the base URL, as in [Error].
func FunctionOf(method, path string) (Function, bool) {
	h, _ := functionMux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path}, Host: "h"})
	f, ok := h.(functionHandler)
	return f.Function, ok
}
