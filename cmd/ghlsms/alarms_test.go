package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	gosync "sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/store/storetest"
)

// heard is what somebody outside got.
type heard struct {
	path, signature string
	body            []byte
}

// Every command, config and message that docs/alarms.md shows is one, and its receiver trusts what it should.
func TestAlarmsDocument(t *testing.T) {
	storetest.SkipShort(t, "processes")
	const file, secret = "docs/alarms.md", "f3a1c09b5d6e7788f3a1c09b5d6e7788"
	var mu gosync.Mutex
	var got []heard
	outside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, heard{r.URL.Path, r.Header.Get("X-Ghlsms-Signature"), body})
	}))
	t.Cleanup(outside.Close)
	s := setStage(t, "")
	h := &host{t: t, root: t.TempDir(), stage: s}
	for name, text := range map[string]string{
		"webhook.url": outside.URL + "/hook", "webhook.secret": secret, "heartbeat.url": outside.URL + "/beat", "smtp.password": "pass word",
	} {
		if err := os.MkdirAll(filepath.Join(h.root, "etc/ghlsms"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(h.root, "etc/ghlsms", name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	base, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	var alarms strings.Builder
	alarms.WriteString("staff: [\"+12025550190\"]\nalarms:\n")
	for _, block := range fenced(t, file, "yaml") {
		writeAs(t, h, string(base)+h.here(block))
		cfg, err := config.Load(h.here("/etc/ghlsms/config.yaml"))
		if err != nil {
			t.Errorf("%s\n%v", block, err)
		} else if len(cfg.Warnings()) > 0 {
			t.Errorf("%s\n%s", block, cfg.Warnings())
		}
		if !strings.Contains(block, "smtp:") { // no mail server runs here
			alarms.WriteString(strings.ReplaceAll(h.here(strings.TrimPrefix(block, "alarms:\n")), "https://ntfy.sh", outside.URL))
		}
	}
	writeAs(t, h, string(base)+alarms.String())

	bin := filepath.Join(h.root, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(builtIn(t), "ghlsms"), filepath.Join(bin, "ghlsms")); err != nil {
		t.Fatal(err)
	}
	for _, block := range fenced(t, file, "sh") {
		for line := range strings.Lines(block) {
			h.run(strings.TrimSpace(line))
		}
	}
	mu.Lock()
	defer mu.Unlock()
	var paths []string
	for _, one := range got {
		paths = append(paths, one.path)
	}
	slices.Sort(paths)
	if want := []string{"/beat", "/beat", "/bright-smile-4f9c1e7ab2d0", "/hook"}; !slices.Equal(paths, want) {
		t.Fatalf("called %v, want %v", paths, want)
	}

	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(root, "docs/alarm.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(fenced(t, file, "json"), string(got[slices.IndexFunc(got, func(h heard) bool { return h.path == "/hook" })].body)) {
		body, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(body); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
	verify(t, fenced(t, file, "python")[0], secret, got)
}

func writeAs(t *testing.T, h *host, text string) {
	t.Helper()
	if err := os.WriteFile(h.here("/etc/ghlsms/config.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// verify runs the receiver of the document on what the webhook got, and on what it must not trust.
func verify(t *testing.T, receiver, secret string, got []heard) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("the receiver in Python is not run for want of python3")
		return
	}
	hook := got[slices.IndexFunc(got, func(h heard) bool { return h.path == "/hook" })]
	old := regexp.MustCompile(`"time":"\d{4}`).ReplaceAll(hook.body, []byte(`"time":"2020`))
	for i, tt := range []struct {
		secret    string
		body      []byte
		signature string
		want      string
	}{
		{secret, hook.body, hook.signature, "True"}, {secret + "x", hook.body, hook.signature, "False"}, {secret, old, hook.signature, "False"}, {secret, hook.body, "", "False"},
	} {
		var args []any
		for _, s := range []string{tt.secret, string(tt.body), tt.signature} {
			quoted, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			args = append(args, quoted)
		}
		out, err := exec.CommandContext(t.Context(), python, "-c", receiver+fmt.Sprintf("\nprint(trusted(%s, %s.encode(), %s))", args...)).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != tt.want {
			t.Errorf("%d: got %s (%v), want %s", i, out, err, tt.want)
		}
	}
}

// A trial that fails says where, with the line, and exits with 1; where nothing is set, that is a matter of the config.
func TestAlarmsExitCodes(t *testing.T) {
	s := setStage(t, "")
	if code, _, stderr := s.ghlsms("alarms", "test"); code != exitUsage || !strings.Contains(stderr, "alarms: no way to tell is set; set webhook, ntfy, email or heartbeat") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if code, _, stderr := s.ghlsms("alarms", "test", "--way", "pigeon"); code != exitUsage || !strings.Contains(stderr, "there are webhook, ntfy, email, heartbeat") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	for _, command := range []string{"check-config", "alarms list"} { // and those that only look say so
		if code, _, stderr := s.ghlsms(strings.Fields(command)...); code != exitDone || !strings.Contains(stderr, "alarms: nobody is told when something is wrong; set webhook") {
			t.Errorf("%s: exit %d: %s", command, code, stderr)
		}
	}
	s = setStage(t, "alarms:\n  heartbeat: http://127.0.0.1:1/T0KEN\n")
	if code, _, stderr := s.ghlsms("check-config"); code != exitDone || strings.Contains(stderr, "nobody is told") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	code, stdout, stderr := s.ghlsms("alarms", "test")
	if code != exitFailed || !strings.Contains(stderr, ": alarms.heartbeat: 127.0.0.1 cannot be reached") || !strings.Contains(stdout, "failed: 127.0.0.1 cannot be reached") || strings.Contains(stdout+stderr, "T0KEN") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}
