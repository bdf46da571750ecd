package sync

import (
	"time"

	"ghlsms/sms"
)

// RuleConfig is what rules are decided by, beside themselves.
type RuleConfig struct {
	Staff []sms.Phone   // the first is texted by notify
	Ahead time.Duration // how far ahead appointments are mirrored; 0: all
}
