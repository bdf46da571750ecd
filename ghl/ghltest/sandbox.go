package ghltest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// What the options are unless they say otherwise.
const (
	DefaultLocation = "loc_sandbox"
	DefaultToken    = "pit-sandbox"
	DefaultProvider = "provider_sandbox"
)

// Options says what location to imitate. The zero value is a good one.
type Options struct {
	Location string // its id
	Name     string
	Timezone string   // IANA name; default America/New_York
	Token    string   // the private integration token that is accepted
	Scopes   []string // what the token may do; nil is everything

	// IndexLag is how late the contact search, the contact list and the duplicate search show
	// that a contact was created, changed or deleted.
	IndexLag time.Duration
	Latency  time.Duration // of every request

	BurstMax   int // calls per BurstEvery; negative is without limit
	BurstEvery time.Duration
	DailyMax   int // negative is without limit

	Provider string // the conversation provider through which inbound messages may come

	AllowDuplicates  bool // several contacts may share an email or a phone
	ShowDeletedTasks bool // the task search returns deleted tasks with deleted:true

	ClientID, ClientSecret string // of the marketplace app; see Grant
}

func (o Options) withDefaults() Options {
	o.Location = cmp.Or(o.Location, DefaultLocation)
	o.Name = cmp.Or(o.Name, "Sandbox Clinic")
	o.Timezone = cmp.Or(o.Timezone, "America/New_York")
	o.Token = cmp.Or(o.Token, DefaultToken)
	o.BurstMax = cmp.Or(o.BurstMax, 100)
	o.BurstEvery = cmp.Or(o.BurstEvery, 10*time.Second)
	o.DailyMax = cmp.Or(o.DailyMax, 200_000)
	o.Provider = cmp.Or(o.Provider, DefaultProvider)
	o.ClientID = cmp.Or(o.ClientID, "client-sandbox")
	o.ClientSecret = cmp.Or(o.ClientSecret, "secret-sandbox")
	return o
}

// Sandbox is one location and the API in front of it. All methods may be called at any time from
// any goroutine, but not from within a function handed to one of the Edit methods.
type Sandbox struct {
	mux     *http.ServeMux
	zone    *time.Location
	latency time.Duration

	mu     sync.Mutex
	opt    Options
	scopes map[string]bool // nil is everything
	counts map[string]int  // ids given out, by kind

	contacts map[string]*contact
	people   []*contact // by creation
	live     lookup     // of the contacts that are there now
	index    searchIndex
	tags     []*tag // every tag ever used
	tagKnown map[string]bool
	fields   []Field

	tasks        table[Task]
	taskOrder    []*Task // as the task search shows them; nil when outdated
	notes        table[Note]
	calendars    []*Calendar
	appointments table[Appointment]
	blocks       []block
	visitNotes   table[AppointmentNote] // by appointment
	users        []*User
	businesses   table[Business]

	messages      table[Message]
	conversations map[string]*conversation // by contact

	ahead  time.Duration // how far its clock is
	limits limits
	oauth  oauth

	versionless bool // no version of the API is known

	faults []*Fault
	down   bool
	log    []Request
	hooks  map[int]func(Request, Phase)
}

// New returns an empty location. It panics if the time zone is unknown.
func New(o Options) *Sandbox {
	o = o.withDefaults()
	zone, err := time.LoadLocation(o.Timezone)
	if err != nil {
		panic("ghltest: " + err.Error())
	}
	s := &Sandbox{
		opt:      o,
		zone:     zone,
		latency:  o.Latency,
		counts:   map[string]int{},
		contacts: map[string]*contact{},
		live:     newLookup(),
		tagKnown: map[string]bool{},

		conversations: map[string]*conversation{},

		index:  newSearchIndex(o.IndexLag),
		limits: limits{burstMax: o.BurstMax, every: o.BurstEvery, dayMax: o.DailyMax},
		hooks:  map[int]func(Request, Phase){},
	}
	if o.Scopes != nil {
		s.scopes = setOf(o.Scopes)
	}
	s.mux = s.newMux()
	return s
}

// SetToken changes the token that is accepted, as when somebody rotates it.
func (s *Sandbox) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.Token = token
}

// SetScopes changes what the token may do. No scopes at all is everything.
func (s *Sandbox) SetScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = nil
	if len(scopes) > 0 {
		s.scopes = setOf(scopes)
	}
}

// SetClock lets the API's answers be dated so much ahead of this machine's clock, or behind.
func (s *Sandbox) SetClock(ahead time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = ahead
}

// UseUpDay leaves no call of the day, until so much time has passed.
func (s *Sandbox) UseUpDay(reset time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits.dayMax, s.limits.today, s.limits.dayFrom = 200_000, 200_000, time.Now().Add(reset-day)
}

// RefuseVersions lets the API know no version of its own that anybody asks for.
func (s *Sandbox) RefuseVersions(refuse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versionless = refuse
}

// LocationID returns the id of the location, for a client's configuration.
func (s *Sandbox) LocationID() string { return s.opt.Location }

// Phase is the moment at which a hook is called.
type Phase int

// The phases of a request.
const (
	Before Phase = iota // it has arrived, nothing is done
	After               // what it does is done, the answer is not yet written
)

// Request is one request that reached the API.
type Request struct {
	N      int // from 1
	At     time.Time
	Method string
	Path   string
	Query  string
	Body   []byte
	Status int    // as told to the client; 0 if it was told nothing (yet)
	Effect string // such as "contact.create <id>"; empty if nothing was changed
}

// OnRequest has f called twice for each request that is handled, in the goroutine that handles it
// and without any lock: f may use the sandbox, and the request waits for it. A request that is cut
// or refused by a fault before it has an effect has no After. The returned function removes f.
func (s *Sandbox) OnRequest(f func(Request, Phase)) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts["hook"]++
	n := s.counts["hook"]
	s.hooks[n] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.hooks, n)
	}
}

// Log returns all requests so far, in order of arrival.
func (s *Sandbox) Log() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Writes returns those requests that changed something.
func (s *Sandbox) Writes() []Request {
	return slices.DeleteFunc(s.Log(), func(r Request) bool { return r.Effect == "" })
}

// tell calls the hooks in the order in which they were added.
func (s *Sandbox) tell(req Request, phase Phase) {
	s.mu.Lock()
	var hooks []func(Request, Phase)
	for n := range s.counts["hook"] {
		if f := s.hooks[n+1]; f != nil {
			hooks = append(hooks, f)
		}
	}
	s.mu.Unlock()
	for _, f := range hooks {
		f(req, phase)
	}
}

const idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// newID returns the next id of a kind: 20 letters and digits like the real ones, yet the same in
// every run.
func (s *Sandbox) newID(kind string) string {
	s.counts[kind]++
	return idFor(kind, s.counts[kind])
}

func idFor(kind string, n int) string {
	id := sha256.Sum256(fmt.Appendf(nil, "%s/%d", kind, n))
	for i, b := range id {
		id[i] = idLetters[int(b)%len(idLetters)]
	}
	return string(id[:20])
}

// clock is now, in the precision that the API has.
func clock() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func setOf(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}
