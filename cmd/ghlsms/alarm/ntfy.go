package alarm

import (
	"context"
	"mime"
	"net/http"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
)

// ntfy publishes to a topic of ntfy.sh, or of a server of the owner's own.
type ntfy struct {
	caller
	bearer term.Secret
}

func newNTFY(a config.Alarms, o Options) Way {
	c := newCaller("ntfy", keyOf("alarms.ntfy", a.NTFYFile), a.NTFY, o)
	c.token = keyOf("alarms.ntfy_token", a.NTFYTokenFile)
	return ntfy{caller: c, bearer: a.NTFYToken}
}

func (ntfy) Name() string { return "ntfy" }

// ntfySize is what ntfy shows of a message: one that is longer than 4096 bytes becomes a file.
const ntfySize = 4000

// Tell implements Way.
func (n ntfy) Tell(ctx context.Context, location string, now time.Time, all []Trouble) error {
	header := http.Header{}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	title := headline(now, all)
	if location != "" {
		title = location + ": " + title
	}
	header.Set("Title", mime.BEncoding.Encode("utf-8", title)) // plain where that is enough
	priority, tag := urgency(all)
	header.Set("Priority", priority)
	header.Set("Tags", tag)
	if n.bearer != "" {
		header.Set("Authorization", "Bearer "+n.bearer.Reveal())
	}
	_, err := n.call(ctx, http.MethodPost, []byte(body(now, all, 0, ntfySize)), header)
	return err
}

// urgency is how loud a message is, by the worst that it tells, and the picture beside it.
func urgency(all []Trouble) (priority, tag string) {
	priority, tag = "2", "white_check_mark"
	for _, t := range all {
		switch {
		case t.State == IsOver, t.News == Acknowledged:
		case t.urgent() && t.isNew():
			return "5", "rotating_light"
		case t.urgent():
			priority, tag = "4", "rotating_light"
		case priority == "2":
			priority, tag = "3", "warning"
		}
	}
	return priority, tag
}
