package health

import (
	"context"
	"path/filepath"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/store"
	"ghlsms/sync/trouble"
)

// Look is what a command looks for troubles by. What the daemon finds of the machine stands in the mirror, except that the mirror
// cannot be written: so the command looks at its disk itself.
func Look(ctx context.Context, cfg *config.Config) trouble.Look {
	l := cfg.TroubleLook()
	l.Beyond = func() []store.Trouble {
		seen := trouble.Look{Machine: &trouble.Machine{Unwritten: unwritable(filepath.Dir(cfg.Store.Path)), Since: time.Now()}}
		return trouble.Blind(ctx, seen)
	}
	return l
}
