package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/store/storetest"
)

// litestream is the real program, https://litestream.io.
func litestream(t *testing.T) (binary string) {
	t.Helper()
	const missing = "GHLSMS_LITESTREAM does not name the program litestream: GOBIN=$PWD go install github.com/benbjohnson/litestream/cmd/litestream@v0.5.18"
	storetest.SkipShort(t, "many processes")
	switch binary = os.Getenv("GHLSMS_LITESTREAM"); {
	case binary == "none": // .ci/run says so where it cannot be built
		t.Skip("litestream could not be built")
	case binary == "" && os.Getenv("GHLSMS_REQUIRE_ALL") == "1":
		t.Fatal(missing)
	case binary == "":
		t.Skip(missing)
	}
	return binary
}

// fenced are the fenced blocks of a language in a document.
func fenced(t *testing.T, file, language string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, b[1])
	}
	return blocks
}

// replicate runs litestream until it is killed.
func replicate(t *testing.T, binary, conf string) (kill func()) {
	t.Helper()
	var talk transcript
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, binary, "replicate", "-config", conf)
	cmd.Stdout, cmd.Stderr = &talk, &talk
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		cancel() // as with kill -9
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(talk.String())
		}
	}
}

// Promises 1 and 10, as docs/litestream.md has it: the mirror is replicated while the daemon works, both are
// killed, and what the replica has is put back. It is sound and has what was written, nothing leaves before
// a person lets it, nothing leaves twice, and the replica goes on.
func TestLitestream(t *testing.T) {
	binary := litestream(t)
	s := setStage(t, "outbox: {settle_after: 10ms}\nbackup: {every: 0}\n")
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", LastName: "Baker", Phone: "+12025550101"})
	s.must("once")
	s.backdate()
	there := strings.NewReplacer("/var/lib/ghlsms", s.dir, "/etc/ghlsms", s.dir, "/etc/litestream.yml", filepath.Join(s.dir, "litestream.yml"),
		"/mnt/backup", filepath.Join(s.dir, "disk"), "litestream restore", binary+" restore", "litestream reset", binary+" reset")
	conf := filepath.Join(s.dir, "litestream.yml")
	configtest.Write(t, conf, there.Replace(fenced(t, "docs/litestream.md", "yaml")[0]), 0o600)

	kill := replicate(t, binary, conf)
	daemon := program(t, "run", "-c", s.config)
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	replica := filepath.Join(s.dir, "looked-at.db")
	replicated := func(contacts int) bool { // asks the replica, as somebody on another machine would
		_ = os.Remove(replica)
		if exec.CommandContext(t.Context(), binary, "restore", "-config", conf, "-o", replica, filepath.Join(s.dir, "ghlsms.db")).Run() != nil {
			return false
		}
		sum, err := store.Verify(t.Context(), replica)
		return err == nil && sum.Contacts == contacts
	}
	for i := range 5 {
		s.gateway.Text(fmt.Sprintf("+1202555017%d", i), fmt.Sprintf("Hi, I'm Jane%c Doe", 'a'+i))
		time.Sleep(300 * time.Millisecond)
	}
	until(t, "everybody is answered", func() bool { return len(s.gateway.Sent()) == 5 })
	until(t, "the replica has them", func() bool { return replicated(6) })
	kill() // the replica misses what comes now
	s.gateway.Text("+12025550179", "Hi, I'm Sam Late")
	until(t, "Sam is answered", func() bool { return len(s.gateway.Sent()) == 6 })
	if err := daemon.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = daemon.Wait()
	sent, contacts := len(s.gateway.Sent()), len(s.crm.Contacts())

	for _, block := range fenced(t, "docs/litestream.md", "sh") {
		for command := range strings.Lines(block) {
			if command = strings.TrimSpace(command); strings.HasPrefix(command, "systemctl ") {
				continue
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-c", "exec "+there.Replace(command))
			cmd.Env = append(os.Environ(), "PATH="+builtIn(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			t.Logf("%s\n%s", command, out)
			switch once := strings.HasPrefix(command, "ghlsms once"); {
			case once && (err == nil || !strings.Contains(string(out), "put back from a copy made at")):
				t.Fatalf("the brake does not hold: %v", err)
			case !once && err != nil:
				t.Fatal(err)
			}
		}
	}

	kill = replicate(t, binary, conf) // which goes on with what was put back
	defer func() { kill() }()
	s.runUntilQuiet()
	var held []struct{ ID string }
	if err := json.Unmarshal([]byte(s.must("held", "list", "--format", "json")), &held); err != nil || len(held) == 0 {
		t.Fatal(held, err)
	}
	s.must("held", "release", held[0].ID)
	s.runUntilQuiet()
	if n, c := len(s.gateway.Sent()), len(s.crm.Contacts()); n != sent || c != contacts {
		_, out, _ := s.ghlsms("outbox", "list")
		t.Errorf("%d texts and %d contacts, had %d and %d\n%s", n, c, sent, contacts, out)
	}
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", LastName: "Archer", Phone: "+12025550102"})
	s.runUntilQuiet()
	until(t, "the replica has what came after", func() bool { return replicated(8) })
	if !config.IsFile(filepath.Join(s.dir, "replica.db")) {
		t.Error("what the replica gave was moved, not copied")
	}
}
