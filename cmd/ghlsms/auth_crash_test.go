package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/ghl/ghltest"
	"ghlsms/store/storetest"
)

// oauthStage is a stage whose config has an app, with somebody logged in.
func oauthStage(t *testing.T, base, more string) *stage {
	t.Helper()
	s := setStage(t, "")
	if base == "" {
		base = s.crmURL
	}
	configtest.Write(t, s.config, fmt.Sprintf(`ghl:
  base_url: %s
  location_id: loc_sandbox
  oauth: {client_id: client-sandbox, client_secret: secret-sandbox}
sms: {provider: smsto, from: "+15550100", smsto: {api_url: %[2]s, account_url: %[2]s, auth_url: %[2]s, api_key: smsto-sandbox}}
store: {path: ghlsms.db, key_file: ghlsms.key}
web: {listen: ""}
%s`, base, s.gatewayURL, more), 0o600)
	return s
}

func (s *stage) login() {
	s.t.Helper()
	s.must("auth", "login", "--code", s.crm.Grant())
}

func (s *stage) refreshes() (n int) {
	for _, r := range s.crm.Log() {
		if r.Path == "/oauth/token" && strings.Contains(string(r.Body), "grant_type=refresh_token") {
			n++
		}
	}
	return n
}

// killAtRefresh runs a process that dies at its refresh: the CRM has used the old refresh token up
// (after), or was never reached, and the process knows nothing.
func (s *stage) killAtRefresh(after bool) {
	s.t.Helper()
	cmd := program(s.t, "once", "-c", s.config)
	var mu gosync.Mutex
	struck := false
	remove := s.crm.OnRequest(func(r ghltest.Request, p ghltest.Phase) {
		mu.Lock()
		defer mu.Unlock()
		if r.Path != "/oauth/token" || struck || after != (p == ghltest.After) {
			return
		}
		struck = true
		_ = cmd.Process.Kill()
		_, _ = cmd.Process.Wait() // it must be dead before the request goes on
		s.crm.SetDown(true)       // nobody hears the answer, and without after nothing is done
	})
	defer remove()
	mu.Lock()
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	mu.Unlock()
	_ = cmd.Wait()
	mu.Lock() // the request is over
	defer mu.Unlock()
	s.crm.SetDown(false)
	if !struck {
		s.t.Fatal("no refresh to be killed at")
	}
}

// Killed between a refresh and its save, the program is still logged in when it comes back: within
// the window by making the same refresh again, later by reconnecting, else it says what to type.
func TestKilledAtRefresh(t *testing.T) {
	storetest.SkipShort(t, "many processes")
	for _, tt := range []struct {
		name   string
		after  bool
		window time.Duration
		revoke bool
		want   int // refreshes in the end
	}{
		{"before it is served", false, 0, false, 2},
		{"within the window", true, 0, false, 2},
		{"after the window", true, -1, false, 2},
		{"and uninstalled", true, -1, true, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := oauthStage(t, "", "")
			s.crm.SetReplayWindow(tt.window)
			s.crm.SetAccessLife(time.Second)
			s.login()
			s.crm.SetAccessLife(0)
			time.Sleep(time.Second)
			s.killAtRefresh(tt.after)
			if tt.revoke {
				s.crm.Revoke()
			}
			code, _, talk := s.ghlsms("once")
			if !strings.Contains(talk, "a refresh was cut off and is made again") {
				t.Errorf("the cut refresh is not noticed:\n%s", talk)
			}
			if tt.revoke {
				if code != exitFailed || !strings.Contains(talk, "type: ghlsms auth login -c "+s.config) {
					t.Errorf("exit %d, %s", code, talk)
				}
				s.login()
			} else if code != exitDone {
				t.Errorf("exit %d, %s", code, talk)
			}
			if n := s.refreshes(); n != tt.want {
				t.Errorf("%d refreshes", n)
			}
			s.must("once")
			if out := s.must("auth", "status", "--try"); !strings.Contains(out, "tried just now: works") {
				t.Error(out)
			}
		})
	}
}

// Two processes whose token ends at once make one refresh: one waits, and reads what the other got.
func TestTwoProcessesRefreshOnce(t *testing.T) {
	storetest.SkipShort(t, "many processes")
	t.Parallel()
	builtIn(t) // by none of the processes
	s := oauthStage(t, "", "")
	s.crm.SetAccessLife(time.Second)
	s.login()
	s.crm.SetAccessLife(0)
	time.Sleep(time.Second)
	s.crm.AddFault(ghltest.Fault{Path: "/oauth/token", Kind: ghltest.Slow, Delay: time.Second})
	var all gosync.WaitGroup
	for range 4 {
		all.Go(func() {
			if out, err := program(t, "auth", "status", "--try", "-c", s.config).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("works")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	all.Wait()
	if n := s.refreshes(); n != 1 {
		t.Errorf("%d refreshes", n)
	}
}

// parrot is the CRM behind a proxy that, when told so, refuses with everything it was sent.
func parrot(t *testing.T, crm string) (address string, rude func(bool)) {
	t.Helper()
	target, err := url.Parse(crm)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	var mu gosync.Mutex
	on := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		repeat := on
		mu.Unlock()
		if !repeat {
			proxy.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		status := http.StatusUnauthorized
		if strings.HasPrefix(r.URL.Path, "/oauth/") {
			status = http.StatusBadRequest
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":"invalid_grant","message":%q}`, r.Header.Get("Authorization")+" "+string(body))
	}))
	t.Cleanup(srv.Close)
	return srv.URL, func(b bool) { mu.Lock(); on = b; mu.Unlock() }
}

// Nothing secret reaches a terminal, a log, the page or a file, whatever goes wrong.
func TestSecretsStayIn(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	s := oauthStage(t, "", "staff: [\"+15550111\"]\n")
	base, rude := parrot(t, s.crmURL)
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	page := "127.0.0.1:" + port
	configtest.Write(t, s.config, strings.NewReplacer(s.crmURL, base, `listen: ""`, "listen: "+page).Replace(string(text))+"log: {level: debug}\n", 0o600)
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", Phone: "+12025550101"})
	var said strings.Builder
	do := func(args ...string) {
		_, out, talk := s.ghlsms(args...)
		said.WriteString(out + talk)
	}
	looks := func() {
		for _, args := range [][]string{
			{"once"}, {"auth", "status"}, {"auth", "status", "--try", "--format", "json"}, {"status"}, {"plan"}, {"outbox", "list"},
			{"report", "freshness"}, {"report", "texts"}, {"check-config", "--show"},
		} {
			do(args...)
		}
	}
	do("auth", "login", "--code", s.crm.Grant())
	looks()
	for _, kind := range []ghltest.FaultKind{ghltest.HTML, ghltest.HalfJSON, ghltest.Unauthorized, ghltest.CreateThenReject} {
		s.crm.AddFault(ghltest.Fault{Path: "/oauth/", Kind: kind})
		s.crm.AddFault(ghltest.Fault{Path: "/contacts/", Kind: kind})
		s.crm.ExpireAccess()
		do("once")
	}
	s.crm.ExpireAccess()
	do("auth", "rekey", "--new-key-file", filepath.Join(s.dir, "other.key"))
	do("once") // the key is wrong now
	if err := os.Rename(filepath.Join(s.dir, "other.key"), filepath.Join(s.dir, "ghlsms.key")); err != nil {
		t.Fatal(err)
	}
	rude(true)
	looks()
	do("auth", "login", "--code", s.crm.Grant())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var talk transcript
	served := make(chan struct{})
	go func() {
		defer close(served)
		until(t, "the page is there", func() bool {
			resp, err := http.Get("http://" + page + "/")
			if err != nil {
				return ctx.Err() != nil
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			said.Write(body)
			return true
		})
		until(t, "the daemon works", func() bool { return ctx.Err() != nil || strings.Contains(talk.String(), "ghl call") })
		stop()
	}()
	run(ctx, []string{"run", "-c", s.config}, &talk, &talk)
	<-served
	said.WriteString(talk.String())
	for _, scene := range []string{
		"the answer to a refresh was lost", "sealed with key", "the refresh token is no longer good (400 invalid_grant", "the code was not accepted",
		"[redacted]", "<html",
	} {
		if !strings.Contains(said.String(), scene) {
			t.Errorf("the scenario is too tame: nothing says %q", scene)
		}
	}
	s.grep(said.String())
}

// grep looks for every secret in what was said and in the files of the stage.
func (s *stage) grep(said string) {
	s.t.Helper()
	key, err := os.ReadFile(filepath.Join(s.dir, "ghlsms.key"))
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(key)))
	if err != nil {
		s.t.Fatal(err)
	}
	secrets := append(s.crm.Issued(), "secret-sandbox", "smsto-sandbox", strings.TrimSpace(string(key)), string(raw))
	if len(secrets) < 12 {
		s.t.Fatalf("only %d secrets", len(secrets))
	}
	files := 0
	look := func(where, text string) {
		for _, secret := range secrets {
			if i := strings.Index(text, secret); i >= 0 {
				s.t.Errorf("%s shows %q: %q", where, secret, text[max(i-80, 0):min(i+80, len(text))])
			}
		}
	}
	look("the program", said)
	err = filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == s.config || strings.HasSuffix(path, ".key") {
			return err
		}
		text, err := os.ReadFile(path)
		look(path, string(text))
		files++
		return err
	})
	if err != nil || files < 3 { // database, both locks
		s.t.Errorf("%d files, %v", files, err)
	}
}
