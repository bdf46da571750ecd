package ghltest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// Server is the API on a loopback port.
type Server struct {
	URL   string
	close func()
}

// Serve opens a port of 127.0.0.1 for the API. The caller must Close it.
func (s *Sandbox) Serve() (*Server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Server{URL: "http://" + l.Addr().String(), close: s.serveOn(l)}, nil
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
	l := &pipeNet{conns: make(chan net.Conn), closed: make(chan struct{})}
	client := &http.Client{Transport: &http.Transport{DialContext: l.dial}}
	stop := s.serveOn(l)
	return &PipeServer{URL: "http://ghl.sandbox", Client: client, close: func() {
		client.CloseIdleConnections()
		stop()
		client.CloseIdleConnections()
	}}
}

// Close cuts all connections and ends every goroutine of the server and of its client. It may be
// called more than once.
func (p *PipeServer) Close() { p.close() }

func (s *Sandbox) serveOn(l net.Listener) (stop func()) {
	// Both ends of a cut connection may complain; that is what a cut is for.
	srv := &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(l) // always an error, and always that it was closed
	}()
	return sync.OnceFunc(func() {
		_ = srv.Close()
		<-ended
	})
}

// A pipeNet is a listener whose connections are pipes.
type pipeNet struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeNet) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeNet) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeNet) Addr() net.Addr { return pipeAddr{} }

func (l *pipeNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "ghl.sandbox" }
