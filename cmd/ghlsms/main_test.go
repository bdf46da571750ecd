package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.InMemory()
	_ = os.Setenv("SUDO_USER", "amy") // who is at the keyboard in all tests
	code := m.Run()
	_ = os.RemoveAll(binaryDir) // it is a temporary folder
	os.Exit(code)
}

var binaryDir string

// binary is a folder with ghlsms in it, built as people build it: with the race detector each of some
// hundred starts would take seconds.
var binary = gosync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "ghlsms-bin-"); err != nil {
		return "", err
	}
	binaryDir = dir
	out, err := exec.Command("go", "build", "-o", dir, ".").CombinedOutput()
	if err != nil {
		return dir, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
})

func builtIn(t *testing.T) (dir string) {
	t.Helper()
	storetest.SkipShort(t, "the program has to be built")
	storetest.SkipRace(t, "the program is built without it")
	dir, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// program is ghlsms as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(t.Context(), filepath.Join(builtIn(t), "ghlsms"), args...)
}

// stage is a clinic on loopback with a config for it.
type stage struct {
	t                  *testing.T
	crm                *ghltest.Sandbox
	gateway            *smstest.Sandbox
	dir                string
	config             string
	crmURL, gatewayURL string
}

// setStage opens both sandboxes. more is YAML that is added to the config.
func setStage(t *testing.T, more string) *stage {
	t.Helper()
	s := &stage{
		t: t, dir: t.TempDir(),
		crm:     ghltest.New(ghltest.Options{Name: "Bright Smile Dental", BurstMax: -1}),
		gateway: smstest.New(smstest.Options{DeliverAfter: 10 * time.Millisecond}),
	}
	crm, err := s.crm.Serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(crm.Close)
	gateway, err := s.gateway.Serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Close)
	s.crmURL, s.gatewayURL, s.config = crm.URL, gateway.URL, filepath.Join(s.dir, "config.yaml")
	s.writeConfig(fmt.Sprintf(`sms:
  provider: smsto
  from: "+15550100"
  smsto: {api_url: %[1]s, account_url: %[1]s, auth_url: %[1]s, api_key: smsto-sandbox}
%s`, gateway.URL, more))
	if err := storetest.NewMirror(filepath.Join(s.dir, "ghlsms.db")); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) writeConfig(more string) {
	s.t.Helper()
	text := fmt.Sprintf(`ghl: {base_url: %s, location_id: loc_sandbox, token: pit-sandbox}
store: {path: ghlsms.db}
schedule: {texts: "@every 1s", crm: "@every 1s", reminders: "@every 1s"}
texting_hours: {default: "", states: none} # it may be night
inbound:
  welcome_task: {title: "Welcome {{.Contact.Name}}"}
  welcome_text: "Thanks {{.Contact.FirstName}}, we have your details."
web: {listen: ""}
%s`, s.crmURL, more)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// ghlsms runs a command in this process and returns its exit code and what it printed.
func (s *stage) ghlsms(args ...string) (code int, stdout, stderr string) {
	var out, talk strings.Builder
	code = run(s.t.Context(), append(args, "-c", s.config), &out, &talk)
	return code, out.String(), talk.String()
}

// must runs a command that has to succeed and returns what it printed.
func (s *stage) must(args ...string) string {
	s.t.Helper()
	code, stdout, stderr := s.ghlsms(args...)
	if code != exitDone {
		s.t.Fatalf("ghlsms %s: exit %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// until waits for something that another process or goroutine brings about, however busy the machine is.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Minute)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// The scripts are what a person would type. They run against a small clinic of their own; the
// commands text, sent, crm, change and down play the world outside.
func TestScripts(t *testing.T) {
	path := builtIn(t) + string(os.PathListSeparator) + os.Getenv("PATH")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", path)
			return setScript(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"text": scriptText, "sent": scriptSent, "crm": scriptCRM, "down": scriptDown, "oauth": scriptOAuth,
			"change": scriptChange, "remember": scriptRemember, "lose": scriptLose,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

type scriptWorld struct {
	crm     *ghltest.Sandbox
	gateway *smstest.Sandbox
}

type scriptKey struct{}

func setScript(env *testscript.Env) error {
	w := &scriptWorld{crm: ghltest.New(ghltest.Options{Name: "Bright Smile Dental"}), gateway: smstest.New(smstest.Options{})}
	crm, err := w.crm.Serve()
	if err != nil {
		return err
	}
	env.Defer(crm.Close)
	gateway, err := w.gateway.Serve()
	if err != nil {
		return err
	}
	env.Defer(gateway.Close)
	env.Setenv("GOGC", "off") // most of what such a short life costs is its start, and a third of that is collecting garbage
	env.Values[scriptKey{}] = w
	env.Setenv("CRM", crm.URL)
	env.Setenv("SMS", gateway.URL)
	env.Setenv("GHLSMS_CONFIG", filepath.Join(env.WorkDir, "config.yaml"))
	w.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	w.crm.AddUser(ghltest.User{ID: "uma", FirstName: "Uma"})
	w.crm.AddField(ghltest.Field{ID: "F1", Key: "contact.insurance_provider", Name: "Insurance provider"})
	w.crm.AddField(ghltest.Field{ID: "F2", Key: "contact.pet", Name: "Your pet"})
	w.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", LastName: "Baker", Email: "tom@example.com", Phone: "+12025550101"})
	w.crm.AddTask(ghltest.Task{ID: "xrays", ContactID: "tom", Title: "Send the x-rays", Due: time.Date(2030, 1, 2, 15, 0, 0, 0, time.UTC)})
	w.crm.AddAppointment(ghltest.Appointment{
		ID: "checkup", CalendarID: "cal1", ContactID: "tom", Title: "Check-up", Status: "new",
		Start: time.Now().Add(30 * 24 * time.Hour).Truncate(time.Hour),
	})
	return os.WriteFile(filepath.Join(env.WorkDir, "config.yaml"), []byte(`
ghl: {base_url: "${CRM}", location_id: loc_sandbox, token: pit-sandbox}
sms:
  provider: smsto
  from: "+15550100"
  smsto: {api_url: "${SMS}", account_url: "${SMS}", auth_url: "${SMS}", api_key: smsto-sandbox}
store: {path: ghlsms.db}
outbox: {settle_after: 10ms}
web: {listen: ""}
log: {format: text}
`), 0o600)
}

func scriptOf(ts *testscript.TestScript) *scriptWorld {
	w, ok := ts.Value(scriptKey{}).(*scriptWorld)
	if !ok {
		ts.Fatalf("no world outside")
	}
	return w
}

// text NUMBER WORDS: a person texts us.
func scriptText(ts *testscript.TestScript, _ bool, args []string) {
	scriptOf(ts).gateway.Text(args[0], strings.Join(args[1:], " "))
}

// sent NUMBER WORDS: exactly one text with these words went to the number; with ! none did.
func scriptSent(ts *testscript.TestScript, neg bool, args []string) {
	n, words := 0, strings.Join(args[1:], " ")
	for _, m := range scriptOf(ts).gateway.SentTo(args[0]) {
		if strings.Contains(m.Text, words) {
			n++
		}
	}
	if neg && n != 0 || !neg && n != 1 {
		ts.Fatalf("%d texts to %s say %q: %+v", n, args[0], words, scriptOf(ts).gateway.SentTo(args[0]))
	}
}

// crm contact|task|appointment ID FIELD VALUE: what the CRM has now. F1 and F2 are custom fields.
func scriptCRM(ts *testscript.TestScript, neg bool, args []string) {
	w, got := scriptOf(ts), ""
	switch args[0] + " " + args[2] {
	case "contact email":
		c, _ := w.crm.Contact(args[1])
		got = c.Email
	case "contact city":
		c, _ := w.crm.Contact(args[1])
		got = c.City
	case "notes count":
		n := 0
		for _, note := range w.crm.Notes() {
			if note.ContactID == args[1] {
				n++
			}
		}
		got = strconv.Itoa(n)
	case "contact tags":
		c, _ := w.crm.Contact(args[1])
		got = strings.Join(c.Tags, ",")
	case "contact dnd":
		c, _ := w.crm.Contact(args[1])
		got = c.DNDSettings["SMS"].Status
	case "contact F1", "contact F2":
		c, _ := w.crm.Contact(args[1])
		for _, f := range c.CustomFields {
			if f.ID == args[2] {
				got = fmt.Sprint(f.Value)
			}
		}
	case "task completed":
		t, _ := w.crm.Task(args[1])
		got = fmt.Sprint(t.Completed)
	case "appointment status":
		a, _ := w.crm.Appointment(args[1])
		got = a.Status
	default:
		ts.Fatalf("crm: what is %v?", args)
	}
	if (got == args[3]) == neg {
		ts.Fatalf("%s %s of %s is %q", args[0], args[2], args[1], got)
	}
}

// change CONTACT city VALUE: somebody changes it in the CRM.
func scriptChange(ts *testscript.TestScript, _ bool, args []string) {
	if args[1] != "city" {
		ts.Fatalf("change: what is %v?", args)
	}
	scriptOf(ts).crm.EditContact(args[0], func(c *ghltest.Contact) { c.City = args[2] })
}

// remember NAME REGEXP: what the first group matches in the last output is $NAME from here on.
func scriptRemember(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("%q is not in the output", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// down crm|sms on|off: a side cannot be reached, or can again.
func scriptDown(ts *testscript.TestScript, _ bool, args []string) {
	w := scriptOf(ts)
	if args[0] == "crm" {
		w.crm.SetDown(args[1] == "on")
	} else {
		w.gateway.SetDown(args[1] == "on")
	}
}

// lose text|task before|after: the next text, or task in the CRM, gets no answer; before or after it was taken.
func scriptLose(ts *testscript.TestScript, _ bool, args []string) {
	w := scriptOf(ts)
	switch strings.Join(args, " ") {
	case "text before":
		w.gateway.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutBefore, Times: 1})
	case "text after":
		w.gateway.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutAfter, Times: 1})
	case "task after":
		w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/*/tasks", Kind: ghltest.CutAfter, Times: 1})
	default:
		ts.Fatalf("lose: what is %v?", args)
	}
}

// transcript is a writer that, like a terminal, several may talk to at once.
type transcript struct {
	mu   gosync.Mutex
	text strings.Builder
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

func TestDemo(t *testing.T) {
	storetest.OnlyFull(t, "the demo takes a minute")
	dir := filepath.Join(t.TempDir(), "kept")
	var out strings.Builder
	var talk transcript
	code := run(t.Context(), []string{"demo", "--for", "60s", "--format", "json", "--keep", dir}, &out, &talk)
	if code != exitDone || strings.Contains(out.String(), `"ok": false`) || strings.Count(out.String(), `"ok": true`) < 11 {
		t.Fatalf("exit %d\n%s%s", code, out.String(), talk.String())
	}
	var report strings.Builder
	if code := run(context.Background(), []string{"report", "agenda", "-c", filepath.Join(dir, "config.yaml")}, &report, &talk); code != exitDone {
		t.Errorf("report on the kept database: exit %d", code)
	}
	if !strings.Contains(report.String(), "Tom Baker") {
		t.Errorf("the kept agenda misses Tom:\n%s", report.String())
	}
}
