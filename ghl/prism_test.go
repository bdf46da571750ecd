package ghl_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
)

// prismRefuses is where Prism, which knows nothing of us and believes the descriptions, does not
// take a request, and why. All of it is in the table of known differences.
var prismRefuses = map[string]string{
	"CreateContact":                "body.dateOfBirth type",
	"UpsertContact":                "body.dateOfBirth type",
	"UpdateContact":                "body.dateOfBirth type",
	"SendMessage":                  "body.subType type",
	"CancelScheduled":              "body.subType type",
	"AddInbound":                   "body.direction type",
	"AddInbound: by contact alone": "body required, body.direction type",
}

// prismConfuses is where the example of an answer means nothing, or the same one comes for ever.
var prismConfuses = map[string]string{
	"SearchContacts":               "empty answer",
	"FindContact":                  "empty answer",
	"SearchTasks":                  "does not move",
	"ListContacts":                 "does not move",
	"Messages":                     "does not move",
	"ExportMessages":               "does not move",
	"ExportMessages: of a channel": "does not move",
	"AppointmentNotes":             "context canceled", // there is more, always
}

// TestPrism has every method of the client speak to a mock that others made of the published
// descriptions: https://github.com/stoplightio/prism.
func TestPrism(t *testing.T) {
	binary := os.Getenv("GHLSMS_PRISM")
	if binary == "none" { // .ci/run says so where there is no npm
		t.Skip("there is no npm to get the program prism from")
	}
	if binary == "" {
		const missing = "GHLSMS_PRISM does not name the program prism of the npm package @stoplight/prism-cli"
		if os.Getenv("GHLSMS_REQUIRE_ALL") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	folder := openAPI(t)
	mocks := prisms{}
	for _, name := range described {
		mocks[name] = startPrism(t, binary, filepath.Join(folder, "ghl", "apps", name+".json"))
	}
	for _, host := range mocks {
		awaitPrism(t, host)
	}
	for _, d := range goodCalls {
		t.Run(d.name, func(t *testing.T) {
			r := newRig(t, ghltest.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			wire := &recorder{via: &bounded{mocks, 20, cancel}}
			r.c = clientOf(t, "http://prism.invalid", wire, nil)
			err := d.call(ctx, r)
			refused := ""
			for _, p := range wire.pairs {
				if p.status >= 400 {
					refused = violations(t, p)
				}
			}
			if want := prismRefuses[d.name]; refused != want {
				t.Errorf("refused: %q, want %q", refused, want)
			}
			if want := prismConfuses[d.name]; refused == "" && ((err != nil) != (want != "") || !strings.Contains(fmt.Sprint(err), want)) {
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
}

// bounded ends a call after so many requests: examples that say "there is more" always do.
type bounded struct {
	via  http.RoundTripper
	left int
	end  func()
}

func (b *bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	if b.left--; b.left < 0 {
		b.end()
	}
	return b.via.RoundTrip(req)
}

// violations are what Prism has against a request.
func violations(t *testing.T, p pair) string {
	t.Helper()
	var all []struct {
		Location []string `json:"location"`
		Code     string   `json:"code"`
	}
	if err := json.Unmarshal([]byte(p.said.Get("Sl-Violations")), &all); err != nil {
		t.Errorf("%d without a reason: %s", p.status, p.answer)
	}
	var words []string
	for _, v := range all {
		if len(v.Location) > 0 && v.Location[0] == "request" {
			words = append(words, strings.Join(v.Location[1:], ".")+" "+v.Code)
		}
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// prisms are the addresses of the mocks by the first part of the paths that they know.
type prisms map[string]string

func (m prisms) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	r.URL.Host = m[first]
	return http.DefaultTransport.RoundTrip(r)
}

func startPrism(t *testing.T, binary, file string) (host string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host = l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(host)
	cmd := exec.CommandContext(t.Context(), binary, "mock", "--host", "127.0.0.1", "--port", port, file)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() && testing.Verbose() {
			lines := bufio.NewScanner(&said)
			for lines.Scan() {
				t.Log(lines.Text())
			}
		}
	})
	return host
}

func awaitPrism(t *testing.T, host string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("prism does not answer: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
