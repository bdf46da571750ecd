package term

import (
	"io"
	"log/slog"
	"time"

	"github.com/schollz/progressbar/v3"
)

// ImportProgress shows how far the first import is: a bar on a terminal, a line now and then
// elsewhere.
func ImportProgress(w io.Writer, log *slog.Logger) func(what string, done, total int) {
	var bar *progressbar.ProgressBar
	var told time.Time
	return func(what string, done, total int) {
		switch {
		case colourful(w) && total > 0:
			if bar == nil {
				bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("first import of "+what),
					progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
			}
			bar.ChangeMax(max(total, done))
			_ = bar.Set(done) // a bar that cannot be drawn is no reason to stop
		case time.Since(told) > progressEvery:
			told = time.Now()
			log.Info("first import", "of", what, "done", done, "of_about", total)
		}
	}
}

// progressEvery is how often an import says how far it is where nobody watches.
const progressEvery = 10 * time.Second
