package ghltest

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
}

// Clone returns a location of its own that is as this one is now, with its faults, and without its hooks
// and servers.
func (s *Sandbox) Clone() *Sandbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := clone.Slowly(s).(*Sandbox)
	c.mu = sync.Mutex{} // it was copied locked
	c.hooks = map[int]func(Request, Phase){}
	c.mux = c.newMux()
	return c
}
