package rule

import (
	"time"

	"ghlsms/sms"
)

// Config is what rules are decided by, beside themselves.
type Config struct {
	Staff []sms.Phone   // the first is texted by notify
	Ahead time.Duration // how far ahead appointments are mirrored; 0: all
}
