package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"ghlsms/cmd/ghlsms/web"
)

// Page is what the page, probes and whoever collects metrics are answered by while the daemon runs.
func (d *Daemon) Page() http.Handler {
	look := d.Config.TroubleLook()
	look.Beyond = d.watch().unkept
	return web.Handler(d.Engine.DB, look, MetricsHandler(d.Engine.DB, look, d.log))
}

// servePage shows the mirror on the configured address until ctx ends, and returns its URL;
// empty if no page is wanted. The page only reads.
func (d *Daemon) servePage(ctx context.Context) (string, error) {
	if d.Config.Web.Listen == "" {
		return "", nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", d.Config.Web.Listen)
	if err != nil {
		return "", d.Config.Problem("web.listen", "the page cannot listen there: %v", err)
	}
	srv := &http.Server{
		Handler: d.Page(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelError), // what it panics with may be about people
	}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			d.log.Error("page", "error", err)
		}
	}()
	context.AfterFunc(ctx, func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = srv.Shutdown(stop)
	})
	return "http://" + l.Addr().String() + "/", nil
}
