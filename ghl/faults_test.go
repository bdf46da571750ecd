package ghl

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"ghlsms/store/storetest"
)

func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	return conn
}

func TestFaults(t *testing.T) {
	storetest.SkipShort(t, "it waits for deadlines")
	faults := map[string]http.HandlerFunc{
		"cut before the request is read": func(w http.ResponseWriter, _ *http.Request) {
			_ = hijack(w).Close()
		},
		"cut after the request is read": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = hijack(w).Close()
		},
		"reset": func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(w)
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		},
		"cut within the answer": func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(w)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"contact\":{")
			_ = conn.Close()
		},
		"no HTTP": func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(w)
			_, _ = io.WriteString(conn, "SSH-2.0-x\r\n")
			_ = conn.Close()
		},
		"no answer in time": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the server sees the client go only once it has read
			<-r.Context().Done()
		},
		"no end of the answer in time": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			reply(w, 200, `{"contact":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			var arrived atomic.Int64
			c := mounted(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				arrived.Add(1)
				fault(w, r)
			}))
			// Where the machine is so busy that not even the request arrived in time, there is more time.
			with := func(call func(context.Context, *Client) error) (err error) {
				c.http.Timeout = 200 * time.Millisecond
				for n := arrived.Load(); arrived.Load() == n; c.http.Timeout *= 4 {
					err = call(t.Context(), c)
				}
				return err
			}
			wantVerdict(t, with(getContact), ErrUnavailable)
			wantVerdict(t, with(searchTasks), ErrUnavailable)
			wantVerdict(t, with(newContact), ErrUnknown)
			wantVerdict(t, with(putContact), ErrUnknown)
		})
	}
}

func TestNeverSentIsUnavailable(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	refused := testClient(t, srv.URL, nil)
	wantVerdict(t, newContact(t.Context(), refused), ErrUnavailable)

	unresolved := testClient(t, "http://host.invalid", &http.Client{Timeout: time.Minute})
	wantVerdict(t, newContact(t.Context(), unresolved), ErrUnavailable)

	c, last := answering(t, 200, `{}`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newContact(ctx, c)
	wantVerdict(t, err, ErrUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not tell why", err)
	}
	equal(t, "request", last.method, "")
}

func TestCancelledAfterSentIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := mounted(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	}))
	err := newTask(ctx, c)
	wantVerdict(t, err, ErrUnknown)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not tell why", err)
	}
}

// Whether or not the transport notices in time that a kept connection died, it must not send a
// write twice.
func TestDeadConnectionDoesNotDouble(t *testing.T) {
	var posts atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		posts.Add(1)
		reply(w, 200, `{"tags":[]}`)
	}))
	defer srv.Close()
	c := testClient(t, srv.URL, nil)
	done := 0
	for range 20 {
		if err := tagContact(t.Context(), c); err != nil {
			wantVerdict(t, err, ErrUnknown)
		} else {
			done++
		}
		srv.CloseClientConnections()
	}
	if n := int(posts.Load()); n < done || n > 20 {
		t.Errorf("%d calls done, the server saw %d", done, n)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A transport that reports no connections is not believed to have sent nothing.
func TestSilentTransport(t *testing.T) {
	c := testClient(t, "http://host", &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("boom")
	})})
	wantVerdict(t, newTask(t.Context(), c), ErrUnknown)
	wantVerdict(t, getContact(t.Context(), c), ErrUnavailable)
}

func TestHugeAnswers(t *testing.T) {
	huge := roundTrip(func(r *http.Request) (*http.Response, error) {
		status := http.StatusOK
		if r.Method == http.MethodPut {
			status = http.StatusUnprocessableEntity
		}
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(spaces{}), Request: r}, nil
	})
	c := testClient(t, "http://host", &http.Client{Transport: huge})
	wantVerdict(t, getContact(t.Context(), c), ErrUnavailable)
	wantVerdict(t, newTask(t.Context(), c), ErrUnknown)
	equal(t, "verdict", verdictOf(putContact(t.Context(), c)), "validation []")
}

// spaces never end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
