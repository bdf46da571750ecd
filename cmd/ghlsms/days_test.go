package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/sms/smsto"
	"ghlsms/store/storetest"
)

var (
	days     = flag.Int("days", 0, "how many days the daemon runs on fake time (0: some; 6 with GHLSMS_FULL=1)")
	daysSeed = flag.Uint64("days.seed", 1, "what people do in them")
)

// slow is within what time everything is heard that the schedule of the test reads.
const slow = 40 * time.Minute

// town is the whole program on fake time: the daemon with its lock, its schedule and its config, SQLite, both
// sides, and people who do things at all hours.
type town struct {
	t       *testing.T
	cfg     *config.Config
	crm     *ghltest.Sandbox
	gateway *smstest.Sandbox
	rand    *rand.Rand
	log     transcript

	crmPipe  *ghltest.PipeServer
	gatePipe *smstest.PipeServer
	stop     context.CancelFunc // of the daemon
	stopped  chan error

	people  []*patient
	visits  []*visitThere
	history []string
}

// patient is somebody, and what they said and must be true of them.
type patient struct {
	id, phone string
	out       time.Time // since when they are opted out; zero: they are not
	city      string    // as last edited in the CRM
	tasks     []string
}

// visitThere is an appointment in the CRM.
type visitThere struct {
	id, phone   string
	start       time.Time
	booked      time.Time
	gone        time.Time // when it was cancelled or moved; zero: it was not
	unreachable bool      // opted out, or the daemon or a side was away when the reminder was due
}

// Promises 1, 2, 5, 7 and 10 with the whole program: days in which people text, staff book and edit, sides fail
// and the daemon is stopped and started. The clocks go forward on the way.
func TestDaysOfTheDaemon(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	dir := t.TempDir()
	c := &town{t: t, rand: rand.New(rand.NewPCG(*daysSeed, 0))}
	s := &stage{t: t, dir: dir, config: filepath.Join(dir, "config.yaml"), crmURL: "http://127.0.0.1:1"}
	s.writeConfig(`timezone: America/New_York
sms: {provider: smsto, from: "+15550100", smsto: {api_url: http://127.0.0.1:2, account_url: http://127.0.0.1:2, auth_url: http://127.0.0.1:2, api_key: smsto-sandbox}}
reminders: [{name: day-before, before: 24h, quiet: ignore, text: "Hi {{.Contact.FirstName}}, see you {{.When}}."}]
`)
	cfg, err := config.Load(s.config)
	if err != nil {
		t.Fatal(err)
	}
	c.cfg = cfg
	cfg.Schedule.Texts, cfg.Schedule.CRM, cfg.Schedule.Reminders = "@every 10m", "@every 20m", "@every 10m"
	cfg.Alarms.LookEvery = config.Duration(10 * time.Minute)
	synctest.Test(t, func(t *testing.T) {
		c.t = t
		time.Sleep(time.Until(time.Date(2000, 3, 30, 13, 0, 0, 0, time.UTC))) // New York's clocks go forward on April 2
		c.open()
		c.start()
		for range (storetest.Amount{Short: 1, Usual: 3, Full: 6}).Or(*days) {
			c.day()
		}
		c.runOut()
		c.check()
		c.halt()
		c.crmPipe.Close()
		c.gatePipe.Close()
	})
}

func (c *town) open() {
	c.crm = ghltest.New(ghltest.Options{BurstMax: -1, DailyMax: -1, IndexLag: 20 * time.Second})
	c.gateway = smstest.New(smstest.Options{ListLag: 10 * time.Second, Recent: 1000})
	c.crmPipe, c.gatePipe = c.crm.Pipe(), c.gateway.Pipe()
	c.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	for i, name := range []string{"Ann", "Bob", "Cat", "Dan", "Eve", "Fay"} {
		p := &patient{phone: fmt.Sprintf("+120255501%02d", i)}
		p.id = c.crm.AddContact(ghltest.Contact{FirstName: name, LastName: "Doe", Phone: p.phone}).ID
		c.people = append(c.people, p)
	}
}

// start starts the daemon as the command does, save that its clients reach the sandboxes without a network.
func (c *town) start() {
	c.t.Helper()
	d, err := daemon.Open(c.t.Context(), c.cfg, &c.log)
	if err != nil {
		c.t.Fatalf("start: %v", err)
	}
	d.Engine.CRM, err = ghl.New(ghl.Options{
		BaseURL: c.crmPipe.URL, Location: ghltest.DefaultLocation, HTTP: c.crmPipe.Client,
		Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: ghltest.DefaultToken}),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	d.Engine.Gateway, err = smsto.New(smsto.Options{
		APIURL: c.gatePipe.URL, AccountURL: c.gatePipe.URL, AuthURL: c.gatePipe.URL, Key: smstest.DefaultKey, From: c.cfg.SMS.From, HTTP: c.gatePipe.Client,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(c.t.Context())
	c.stop, c.stopped = stop, make(chan error, 1)
	go func() { c.stopped <- d.Run(ctx); c.stopped <- d.Close() }()
}

func (c *town) halt() {
	c.t.Helper()
	c.stop()
	for range 2 {
		if err := <-c.stopped; err != nil {
			c.t.Errorf("stop: %v", err)
		}
	}
}

// day lets twelve things happen, at any hour.
func (c *town) day() {
	for range 12 {
		time.Sleep(time.Duration(c.rand.IntN(240)) * time.Minute)
		c.act()
	}
}

func (c *town) tell(format string, args ...any) {
	c.history = append(c.history, time.Now().UTC().Format("01-02 15:04 ")+fmt.Sprintf(format, args...))
}

func (c *town) act() {
	p := c.people[c.rand.IntN(len(c.people))]
	switch c.rand.IntN(10) {
	case 0, 1, 2:
		c.book(p)
	case 3:
		c.moveOrCancel()
	case 4:
		title := fmt.Sprintf("errand %d", len(c.history))
		c.tell("%s texts TASK %s", p.phone, title)
		p.tasks = append(p.tasks, title)
		c.gateway.Text(p.phone, "TASK "+title)
	case 5:
		p.city = fmt.Sprintf("City %d", len(c.history))
		c.tell("staff edit %s to %s", p.phone, p.city)
		c.crm.EditContact(p.id, func(k *ghltest.Contact) { k.City = p.city })
	case 6:
		words := "STOP"
		if !p.out.IsZero() {
			words = "START"
		}
		c.tell("%s texts %s", p.phone, words)
		c.gateway.Text(p.phone, words)
		time.Sleep(slow) // until it was certainly heard
		if p.out.IsZero() {
			p.out = time.Now()
		} else {
			p.out = time.Time{}
		}
		c.away(time.Now().Add(-slow), time.Now(), p.phone)
	case 7:
		c.pause("the CRM is away", func() { c.crm.SetDown(true) }, func() { c.crm.SetDown(false) })
	case 8:
		c.pause("the gateway fails", func() { c.gateway.AddFault(smstest.Fault{Kind: smstest.Kind(1 + c.rand.IntN(11))}) }, c.gateway.ClearFaults)
	default:
		c.pause("the daemon is stopped", c.halt, c.start)
	}
}

// pause lets something be wrong for up to three hours.
func (c *town) pause(what string, begin, end func()) {
	c.tell("%s", what)
	from := time.Now()
	begin()
	time.Sleep(time.Duration(1+c.rand.IntN(180)) * time.Minute)
	end()
	c.tell("no more: %s", what)
	c.away(from, time.Now().Add(slow), "")
}

// away notes which reminders may fail to leave, since something was wrong when they were due: of a number, or of all.
func (c *town) away(from, to time.Time, phone string) {
	for _, v := range c.visits {
		if due := v.start.Add(-24 * time.Hour); due.After(from.Add(-slow)) && due.Before(to) && (phone == "" || phone == v.phone) {
			v.unreachable = true
		}
	}
}

func (c *town) book(p *patient) {
	// Each appointment has a minute of its own, by which the texts about it can be told apart.
	start := time.Now().Truncate(time.Hour).Add(time.Duration(2+c.rand.IntN(70))*time.Hour + time.Duration(len(c.visits)%60)*time.Minute)
	v := &visitThere{phone: p.phone, start: start, booked: time.Now()}
	v.id = c.crm.AddAppointment(ghltest.Appointment{CalendarID: "cal1", ContactID: p.id, Title: "Visit", Start: start}).ID
	c.visits = append(c.visits, v)
	c.tell("%s is booked for %s", p.phone, start.UTC().Format("01-02 15:04"))
}

func (c *town) moveOrCancel() {
	i := slices.IndexFunc(c.visits, func(v *visitThere) bool { return v.gone.IsZero() && time.Until(v.start) > time.Hour })
	if i < 0 {
		return
	}
	old := c.visits[i]
	old.gone = time.Now()
	if c.rand.IntN(2) == 0 {
		c.tell("%s's visit is cancelled", old.phone)
		c.crm.EditAppointment(old.id, func(a *ghltest.Appointment) { a.Status = "cancelled" })
		return
	}
	v := &visitThere{id: old.id, phone: old.phone, booked: time.Now(), start: old.start.Add(26*time.Hour + time.Minute)}
	c.visits = append(c.visits, v)
	c.tell("%s's visit is moved to %s", v.phone, v.start.UTC().Format("01-02 15:04"))
	c.crm.EditAppointment(v.id, func(a *ghltest.Appointment) { a.Start, a.End = v.start, v.start.Add(30*time.Minute) })
}

func (c *town) runOut() {
	time.Sleep(4 * 24 * time.Hour) // beyond the last appointment
}

// check compares what left and what was made with what people did.
func (c *town) check() {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		c.t.Fatal(err)
	}
	sent := c.gateway.Sent()
	reminded := 0
	for _, v := range c.visits {
		when := v.start.In(zone).Format("Jan 2 at 3:04 PM")
		var got []smstest.Message
		for _, m := range sent {
			if m.To == v.phone && strings.Contains(m.Text, "see you") && strings.Contains(m.Text, when) {
				got = append(got, m)
			}
		}
		due := v.start.Add(-24 * time.Hour)
		wanted := v.booked.Add(slow).Before(due) && (v.gone.IsZero() || v.gone.After(due.Add(slow))) && !v.unreachable && !c.outAt(v.phone, due)
		never := !v.gone.IsZero() && v.gone.Before(due.Add(-time.Minute)) || v.booked.After(v.start)
		switch {
		case len(got) > 1, len(got) == 1 && never:
			c.t.Errorf("%s of %s: reminded %d times: %+v", when, v.phone, len(got), got)
		case len(got) == 0 && wanted:
			c.t.Errorf("%s of %s: not reminded", when, v.phone)
		case len(got) == 1 && wanted && (got[0].At.Before(due) || got[0].At.After(due.Add(15*time.Minute))):
			c.t.Errorf("%s of %s: reminded at %s", when, v.phone, got[0].At)
		}
		reminded += len(got)
	}
	made := map[string]int{}
	for _, task := range c.crm.Tasks() {
		made[task.Title]++
	}
	for _, p := range c.people {
		now, _ := c.crm.Contact(p.id)
		if now.City != p.city {
			c.t.Errorf("%s: the city is %q, not %q", p.phone, now.City, p.city)
		}
		if blocked := now.DNDSettings["SMS"].Status == "active"; blocked == p.out.IsZero() {
			c.t.Errorf("%s: opted out since %v, do-not-disturb %v", p.phone, p.out, blocked)
		}
		for _, title := range p.tasks {
			if made[title] != 1 {
				c.t.Errorf("%s: %d tasks %q", p.phone, made[title], title)
			}
		}
	}
	c.t.Logf("%d things happened, %d reminders left, %d texts in all", len(c.history), reminded, len(sent))
	if reminded == 0 {
		c.t.Error("nobody was reminded")
	}
	if c.t.Failed() {
		c.t.Logf("seed %d\n%s\n%s", *daysSeed, strings.Join(c.history, "\n"), c.log.String())
	}
}

// outAt tells whether a number was opted out at a time, or about to be, by what was said.
func (c *town) outAt(phone string, at time.Time) bool {
	out := false
	for _, line := range c.history {
		when, err := time.Parse("2006 01-02 15:04", fmt.Sprint(at.Year())+" "+line[:11])
		if err != nil {
			c.t.Fatal(err)
		}
		if when.After(at) {
			return out
		}
		switch line[12:] {
		case phone + " texts STOP":
			out = true
		case phone + " texts START":
			out = false
		}
	}
	return out
}
