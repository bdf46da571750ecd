package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store/storetest"
)

const root = "../.."

// documented are the commands in the fenced shell blocks of the README, in order.
func documented(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, block := range regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			all = append(all, strings.TrimSpace(line))
		}
	}
	if len(all) < 15 {
		t.Fatalf("only %d commands found in the README", len(all))
	}
	return all
}

// Every command that the README shows does what it says, in the order of the README, on a
// machine whose root is a folder. The demo has a test of its own, and this is the test command.
func TestReadme(t *testing.T) {
	storetest.SkipShort(t, "many processes")
	t.Parallel()
	s := setStage(t, "")
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", LastName: "Baker", Phone: "+12025550101"})
	s.crm.AddTask(ghltest.Task{ContactID: "tom", Title: "Send the x-rays", Due: time.Now().Add(time.Hour)})
	s.crm.AddAppointment(ghltest.Appointment{CalendarID: "cal1", ContactID: "tom", Title: "Check-up", Start: time.Now().Add(72 * time.Hour)})
	insurance := s.crm.AddField(ghltest.Field{Key: "contact.insurance_provider", Name: "Insurance provider"})
	h := &host{t: t, root: t.TempDir(), stage: s}
	for _, dir := range []string{"etc", "var/lib", "bin"} {
		if err := os.MkdirAll(filepath.Join(h.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range documented(t) {
		switch {
		case command == "ghlsms operations":
			h.add("rules:")
		case strings.HasPrefix(command, "ghlsms check-config --online"):
			h.add("fields:")
		}
		switch {
		case command == "go run ./cmd/ghlsms demo", command == "go test ./...":
		case strings.HasPrefix(command, "sqlite3 ") && !has(t, "sqlite3"):
			t.Log("not run for want of the sqlite3 command (apt-get install sqlite3):", command)
		default:
			h.run(command)
		}
		if strings.HasSuffix(command, "/etc/ghlsms/config.yaml") && strings.HasPrefix(command, "install ") {
			h.fillIn()
		}
	}
	h.run("ghlsms once -c /etc/ghlsms/config.yaml")
	tom, _ := s.crm.Contact("tom")
	if tom.Email != "tom@example.com" || len(tom.Tags) != 2 || tom.DNDSettings["SMS"].Status != "active" || len(s.crm.Tasks()) != 2 {
		t.Errorf("the edits did not reach the CRM: %+v, %d tasks", tom, len(s.crm.Tasks()))
	}
	if want := (ghltest.CustomField{ID: insurance.ID, Value: "AOK"}); len(tom.CustomFields) != 1 || tom.CustomFields[0] != want {
		t.Errorf("the custom field did not reach the CRM: %+v", tom.CustomFields)
	}
}

// host is a machine in a folder.
type host struct {
	t     *testing.T
	root  string
	stage *stage
}

// has tells whether a program is installed; where everything is required it must be.
func has(t *testing.T, program string) bool {
	t.Helper()
	_, err := exec.LookPath(program)
	if err != nil && os.Getenv("GHLSMS_REQUIRE_ALL") == "1" {
		t.Fatalf("%s is missing", program)
	}
	return err == nil
}

// here moves the paths of a command into the folder.
func (h *host) here(s string) string {
	return strings.NewReplacer("/etc/ghlsms", h.root+"/etc/ghlsms", "/var/lib/ghlsms", h.root+"/var/lib/ghlsms", "/usr/local/bin", h.root+"/bin").Replace(s)
}

// run runs one command in a shell. Secrets come from standard input; the daemon is stopped as a
// person would stop it.
func (h *host) run(command string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", "exec "+h.here(command))
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOGC=off", "PATH="+h.root+"/bin:"+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader("pit-sandbox\n")
	var talk transcript
	cmd.Stdout, cmd.Stderr = &talk, &talk
	if strings.Contains(command, "smsto.key") {
		cmd.Stdin = strings.NewReader("smsto-sandbox\n")
	}
	if strings.HasPrefix(command, "ghlsms run ") {
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		go func() {
			for !strings.Contains(talk.String(), " running ") && ctx.Err() == nil {
				time.Sleep(20 * time.Millisecond)
			}
			time.Sleep(3 * time.Second)
			cancel()
		}()
	}
	err := cmd.Run()
	out := talk.String()
	if err != nil && cmd.ProcessState.ExitCode() != 0 {
		h.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	h.t.Logf("%s\n%s", command, out)
}

// fillIn does what a person does to the example config: the four values, and here the
// addresses of the sandboxes.
func (h *host) fillIn() {
	h.t.Helper()
	file := h.here("/etc/ghlsms/config.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		h.t.Fatal(err)
	}
	gateway := h.stage.gatewayURL
	filled := strings.NewReplacer(
		"ve9EPM428h8vShlRW1KT", "loc_sandbox", "https://services.leadconnectorhq.com", h.stage.crmURL,
		"https://api.sms.to", gateway, "https://sms.to", gateway, "https://auth.sms.to", gateway, "127.0.0.1:8480", "127.0.0.1:0",
	).Replace(h.here(string(text)))
	if err := os.WriteFile(file, []byte(filled), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// add puts what the README shows for a key into the config, in the place of the example's.
func (h *host) add(key string) {
	h.t.Helper()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		h.t.Fatal(err)
	}
	block := regexp.MustCompile("(?ms)^```yaml\n(" + key + ".*?)^```").FindSubmatch(readme)
	if block == nil {
		h.t.Fatal("the README shows no " + key)
	}
	file := h.here("/etc/ghlsms/config.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		h.t.Fatal(err)
	}
	text = regexp.MustCompile("(?m)^"+key+" .*\n").ReplaceAll(text, nil)
	if err := os.WriteFile(file, append(append(text, '\n'), block[1]...), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// The service file is one that systemd understands.
func TestServiceFile(t *testing.T) {
	if !has(t, "systemd-analyze") {
		t.Skip("needs systemd-analyze (apt-get install systemd)")
	}
	text, err := os.ReadFile(filepath.Join(root, "deploy/ghlsms.service"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ghlsms.service")
	here := strings.ReplaceAll(string(text), "/usr/local/bin/ghlsms", "/bin/true")
	if err := os.WriteFile(file, []byte(here), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "ghlsms.service") {
		t.Errorf("%v\n%s", err, out)
	}
}
