package sync

import (
	"fmt"
	"testing"
	"time"

	"ghlsms/sync/scenario"
)

func TestCopied(t *testing.T) { scenario.Run(t, "mirror", runCopied) }

// runCopied asks whether a mirror is the one that the mark beside it speaks of. What is not said is the
// same for both.
func runCopied(t *testing.T, given string) string {
	known := false
	mark := watermark{Instance: "a", Host: "clinic", Path: "/var/lib/ghlsms.db", Epoch: 7, Newest: 120, At: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
	now := mark
	for _, f := range scenario.Facts(t, given) {
		w := &now
		switch f.Word {
		case "mark":
			w, known = &mark, true
		case "mirror":
		default:
			t.Fatalf("unknown fact %q", f.Word)
		}
		for name, v := range f.Fields {
			switch name {
			case "instance":
				w.Instance = v
			case "host":
				w.Host = v
			case "path":
				w.Path = v
			case "epoch":
				w.Epoch = int64(factCount(f, t, name))
			case "newest":
				w.Newest = int64(factCount(f, t, name))
			default:
				t.Fatalf("a mark has no %q", name)
			}
		}
	}
	if !known {
		mark = watermark{}
	}
	if why := copied(now, mark, known); why != "" {
		return fmt.Sprintln("a copy:", why)
	}
	return "itself\n"
}
