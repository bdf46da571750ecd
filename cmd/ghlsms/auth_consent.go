package main

import (
	"bufio"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/config"
)

// wait shows the address of the consent page and waits for the code: from the browser, if it can
// reach us, or pasted.
func (l *login) wait(ctx context.Context, a asked) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.patience, fmt.Errorf("no consent within %s", l.patience))
	defer cancel()
	codes := make(chan string, 1)
	keep := func(code string) {
		select {
		case codes <- code:
		default: // one is enough
		}
	}
	refused := make(chan error, 1)
	stop, err := l.listen(ctx, a.State, keep, refused)
	if err != nil {
		fmt.Fprintf(l.cmd.ErrOrStderr(), "the browser cannot come back to %s here (%v): paste the address that it shows in the end\n", l.keeper.Config.GHL.OAuth.RedirectURL, err)
	} else {
		defer stop()
	}
	address := l.keeper.App().ConsentURL(a.State, a.Verifier)
	fmt.Fprintln(l.cmd.OutOrStdout(), address)
	fmt.Fprintln(l.cmd.ErrOrStderr(), "Open this address, choose the location, and agree. Then wait here, or paste the address the browser shows:")
	if !l.noBrowser {
		openBrowser(ctx, address)
	}
	go readPasted(l.cmd.InOrStdin(), l.cmd.ErrOrStderr(), a.State, keep)
	select {
	case code := <-codes:
		return code, nil
	case err := <-refused:
		return "", err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// readPasted takes lines until one has the code. It ends with the process at the latest.
func readPasted(in io.Reader, talk io.Writer, state string, keep func(string)) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		code, err := codeIn(lines.Text(), state)
		if err == nil {
			keep(code)
			return
		}
		fmt.Fprintln(talk, err)
	}
}

// codeIn finds the code in what a person gives: the code itself, or the address the browser came
// back to, which must be the answer to our own question.
func codeIn(text, state string) (string, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		return text, config.SecretShape(text)
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", errors.New("that address cannot be read")
	}
	return codeOf(u.Query(), state)
}

var errOtherState = errors.New("that is not the answer to this login: the state differs")

func codeOf(q url.Values, state string) (string, error) {
	switch {
	case state == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1:
		return "", errOtherState
	case q.Get("error") != "":
		return "", fmt.Errorf("the CRM says no: %q", firstWords(q.Get("error")+" "+q.Get("error_description")))
	case q.Get("code") == "":
		return "", errors.New("there is no code in that address")
	}
	return q.Get("code"), nil
}

func firstWords(s string) string {
	const most = 200
	if r := []rune(strings.TrimSpace(s)); len(r) <= most {
		return string(r)
	}
	return string([]rune(s)[:most]) + "…"
}

// listen waits for the browser at the redirect URL, if that is on this machine.
func (l *login) listen(ctx context.Context, state string, keep func(string), refused chan<- error) (stop func(), err error) {
	u, err := url.Parse(l.keeper.Config.GHL.OAuth.RedirectURL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" || !config.Loopback(u.Hostname()) {
		return nil, errors.New("it is not on this machine")
	}
	var lc net.ListenConfig
	port := u.Port()
	if port == "" {
		port = "80"
	}
	listener, err := lc.Listen(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: callback(u.Path, state, keep, refused), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(listener) }() // ends with stop
	return func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second) // for the page that says it is done
		defer cancel()
		_ = srv.Shutdown(last)
	}, nil
}

// callback answers the browser. What is not the answer to our question changes nothing.
func callback(path, state string, keep func(string), refused chan<- error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		if r.URL.Path != path && r.URL.Path != path+"/" || r.Method != http.MethodGet {
			http.NotFound(w, r)
			return
		}
		code, err := codeOf(r.URL.Query(), state)
		switch {
		case errors.Is(err, errOtherState):
			http.Error(w, "This is not the answer to the login that runs now. Start again from the address it printed.", http.StatusBadRequest)
		case err != nil:
			http.Error(w, "ghlsms was not let in: "+err.Error(), http.StatusOK)
			select {
			case refused <- err:
			default:
			}
		default:
			fmt.Fprintln(w, "ghlsms got the consent. Close this window and look at the terminal.")
			keep(code)
		}
	})
}

// openBrowser tries; the address is printed anyway.
func openBrowser(ctx context.Context, address string) {
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	} else if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return // it would open a browser made of text in this very terminal
	}
	if cmd := exec.CommandContext(ctx, program, address); cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}
