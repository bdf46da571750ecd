package smstest

import (
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/huandu/go-clone"
)

func init() {
	clone.MarkAsOpaquePointer(reflect.TypeFor[*time.Location]()) // compared by its address
	clone.MarkAsOpaquePointer(reflect.TypeFor[*http.ServeMux]()) // made anew
	clone.MarkAsOpaquePointer(reflect.TypeFor[*listening]())     // stays with the account it serves
}

// Clone returns an account of its own that is as this one is now, with its faults, and without its hooks
// and servers.
func (s *Sandbox) Clone() *Sandbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := clone.Slowly(s).(*Sandbox)
	c.mu = sync.Mutex{} // it was copied locked
	c.hooks, c.servers = nil, map[*listening]bool{}
	c.mux = c.newMux()
	return c
}
