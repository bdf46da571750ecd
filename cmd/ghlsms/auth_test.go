package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/ghl/ghltest"
)

// freePort is a loopback port that nobody listens on now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// printedURL waits for the address that `auth login` prints into a file.
func printedURL(file string) (string, error) {
	for range 15_000 { // five minutes
		text, err := os.ReadFile(file)
		if line, _, ok := strings.Cut(string(text), "\n"); err == nil && ok {
			return line, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return "", fmt.Errorf("no address in %s", file)
}

// browse is an admin with a browser: they agree and follow the redirect.
func browse(crm *ghltest.Sandbox, address string) (string, error) {
	back, err := crm.Approve(address)
	if err != nil {
		return "", err
	}
	resp, err := http.Get(back)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	return string(page), err
}

// oauth plays the CRM's side of a login:
//
//	oauth port|code|company NAME   a free port, or the code of a consent, in an environment variable
//	oauth consent FILE             an admin opens the address in the file, agrees, and is sent back
//	oauth paste FILE NAME          the same, but the browser cannot get through: the address it shows
//	oauth revoke|expire            the app is uninstalled; the access tokens end before their time
//	oauth scopes [SCOPE...]        what tokens may do
//	oauth token|secret VALUE       the private integration token, or the client secret, is rotated
func scriptOAuth(ts *testscript.TestScript, _ bool, args []string) {
	crm := scriptOf(ts).crm
	var err error
	switch args[0] {
	case "port":
		var port string
		port, err = freePort()
		ts.Setenv(args[1], port)
	case "code":
		ts.Setenv(args[1], crm.Grant())
	case "company":
		ts.Setenv(args[1], crm.GrantCompany())
	case "consent", "paste":
		var address, said string
		if address, err = printedURL(ts.MkAbs(args[1])); err != nil {
			break
		}
		if args[0] == "consent" {
			said, err = browse(crm, address)
			ts.Logf("%s", said)
			break
		}
		said, err = crm.Approve(address)
		ts.Setenv(args[2], said)
	case "revoke":
		crm.Revoke()
	case "expire":
		crm.ExpireAccess()
	case "scopes":
		crm.SetScopes(args[1:]...)
	case "token":
		crm.SetToken(args[1])
	case "secret":
		crm.SetClientSecret(args[1])
	default:
		ts.Fatalf("oauth: what is %v?", args)
	}
	ts.Check(err)
}

// The page that the browser comes back to believes only the answer to our own question.
func TestCallback(t *testing.T) {
	for _, tt := range []struct {
		name, target, code, refused string
		status                      int
	}{
		{"good", "/callback?code=c0de&state=st", "c0de", "", 200},
		{"slash", "/callback/?code=c0de&state=st", "c0de", "", 200},
		{"other state", "/callback?code=c0de&state=x", "", "", 400},
		{"no state", "/callback?code=c0de", "", "", 400},
		{"no code", "/callback?state=st", "", "no code", 200},
		{"refused", "/callback?state=st&error=access_denied&error_description=%3Cb%3E", "", "access_denied", 200},
		{"refused by somebody else", "/callback?state=x&error=access_denied", "", "", 400},
		{"elsewhere", "/?code=c0de&state=st", "", "", 404},
	} {
		code, refused := "", make(chan error, 1)
		h := callback("/callback", "st", func(c string) { code = c }, refused)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, tt.target, http.NoBody))
		close(refused)
		err := <-refused
		if w.Code != tt.status || code != tt.code || (err != nil) != (tt.refused != "") || err != nil && !strings.Contains(err.Error(), tt.refused) {
			t.Errorf("%s: %d, code %q, refused %v", tt.name, w.Code, code, err)
		}
		if body := w.Body.String(); strings.Contains(body, "c0de") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: the page shows %s", tt.name, body)
		}
	}
}

// A running daemon takes a rotated token up without being told, and loses no call by it.
func TestRotateUnderDaemon(t *testing.T) {
	s := setStage(t, "")
	token := filepath.Join(s.dir, "ghl.token")
	configtest.Write(t, token, "pit-sandbox\n", 0o640)
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	configtest.Write(t, s.config, strings.Replace(string(text), "token: pit-sandbox", "token_file: ghl.token", 1), 0o600)
	ctx, stop := context.WithCancel(t.Context())
	var talk strings.Builder
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"run", "-c", s.config}, &talk, &talk) }()
	mirrored := func(name string) {
		until(t, name+" is mirrored", func() bool {
			_, out, _ := s.ghlsms("report", "contacts")
			return strings.Contains(out, name)
		})
	}
	s.crm.AddContact(ghltest.Contact{FirstName: "Before", Phone: "+12025550101"})
	mirrored("Before")
	s.crm.SetToken("pit-rotated") // the old one is dead at once
	next := filepath.Join(s.dir, "next")
	configtest.Write(t, next, "pit-rotated\n", 0o600)
	s.must("auth", "rotate", "--file", next)
	s.crm.AddContact(ghltest.Contact{FirstName: "After", Phone: "+12025550102"})
	mirrored("After")
	stop()
	<-done
	if info, err := os.Stat(token); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("who could read the old token cannot read the new one: %v %v", info.Mode(), err)
	}
	if strings.Contains(talk.String(), "pit-rotated") || strings.Contains(talk.String(), "pit-sandbox") {
		t.Error(talk.String())
	}
}
