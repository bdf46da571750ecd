package smstest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// Server is the API on a loopback port.
type Server struct {
	URL    string
	Client *http.Client // any client will do; this one also knows Refuse
	close  func()
}

// Serve opens a port of 127.0.0.1 for the API. The caller must Close it.
func (s *Sandbox) Serve() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	client, stop := s.serveOn(l, func() (net.Listener, error) { return net.Listen("tcp", addr) }, new(net.Dialer).DialContext)
	return &Server{URL: "http://" + addr, Client: client, close: stop}, nil
}

// Close cuts all connections. It may be called more than once.
func (s *Server) Close() { s.close() }

// PipeServer is the API without a network: only Client reaches it. Made inside a testing/synctest
// bubble it belongs to that bubble, and the bubble's clock moves while it waits.
type PipeServer struct {
	URL    string
	Client *http.Client
	close  func()
}

// Pipe serves the API in memory. The caller must Close it, inside a bubble before the bubble ends.
func (s *Sandbox) Pipe() *PipeServer {
	p := new(pipeNet)
	client, stop := s.serveOn(p.listen(), func() (net.Listener, error) { return p.listen(), nil }, p.dial)
	return &PipeServer{URL: "http://sms.sandbox", Client: client, close: stop}
}

// Close cuts all connections and ends every goroutine of the server and of its client. It may be
// called more than once.
func (p *PipeServer) Close() { p.close() }

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// listening is one address the API is served on, again and again as it goes down and up.
type listening struct {
	handler http.Handler
	listen  func() (net.Listener, error)

	mu     sync.Mutex
	srv    *http.Server // nil while down
	ended  chan struct{}
	closed bool
}

func (s *Sandbox) serveOn(first net.Listener, again func() (net.Listener, error), dial dialer) (*http.Client, func()) {
	l := &listening{handler: s, listen: again}
	l.start(first)
	s.mu.Lock()
	s.servers[l] = true
	down := s.down
	s.mu.Unlock()
	l.setDown(down)
	tr := &http.Transport{DialContext: dial}
	client := &http.Client{Transport: &refuser{s: s, next: tr}}
	return client, sync.OnceFunc(func() {
		s.mu.Lock()
		delete(s.servers, l)
		s.mu.Unlock()
		tr.CloseIdleConnections()
		l.stop()
		tr.CloseIdleConnections()
	})
}

func (l *listening) start(on net.Listener) {
	// Both ends of a cut connection may complain; that is what a cut is for.
	srv := &http.Server{Handler: l.handler, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(on) // always an error, and always that it was closed
	}()
	l.srv, l.ended = srv, ended
}

// halt cuts all connections and waits until no new one is accepted.
func (l *listening) halt() {
	if l.srv == nil {
		return
	}
	_ = l.srv.Close()
	<-l.ended
	l.srv = nil
}

func (l *listening) setDown(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
	case down:
		l.halt()
	case l.srv == nil:
		on, err := l.listen()
		if err != nil {
			panic(fmt.Sprintf("smstest: somebody took the port: %v", err))
		}
		l.start(on)
	}
}

func (l *listening) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.halt()
}

// refuser fails the dial of the requests that a fault of the kind Refuse hits, and marks the
// others, so that the handler does not count them again.
type refuser struct {
	s    *Sandbox
	next *http.Transport
}

const passedHeader = "X-Sandbox-Passed"

func (r *refuser) RoundTrip(req *http.Request) (*http.Response, error) {
	// A kept connection may not have noticed yet that the server is down.
	if r.s.isDown() || r.s.fault(req.Method, req.URL.Path, nil, func(k Kind) bool { return k == Refuse }) != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, refused(req.URL.Host)
	}
	req = req.Clone(req.Context())
	req.Header.Set(passedHeader, "1")
	return r.next.RoundTrip(req)
}

// CloseIdleConnections is what the client's method of that name calls.
func (r *refuser) CloseIdleConnections() { r.next.CloseIdleConnections() }

func refused(host string) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: pipeAddr(host), Err: syscall.ECONNREFUSED}
}

// pipeNet is a network of one address whose connections are pipes.
type pipeNet struct {
	mu sync.Mutex
	up *pipeListener // the last one, closed or not
}

func (p *pipeNet) listen() net.Listener {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up = &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	return p.up
}

func (p *pipeNet) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	p.mu.Lock()
	up := p.up
	p.mu.Unlock()
	client, server := net.Pipe()
	select {
	case up.conns <- server:
		return client, nil
	case <-up.closed:
		return nil, refused(addr)
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: pipeAddr(addr), Err: ctx.Err()}
	}
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr("sms.sandbox") }

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }
