package sms

import (
	"errors"
	"fmt"
	"time"
)

// What a gateway can answer besides yes. Only [ErrUnavailable], [ErrRefused] and [RateLimitError] may be
// tried again blindly; [ErrUnknown] never, unless the gateway's references are unique.
var (
	// ErrRejected: the gateway refuses this text, or this number, for good; nothing was sent.
	ErrRejected = errors.New("rejected by the gateway")
	// ErrRefused: the gateway refuses for a reason that may be this text's or may meet every text alike; nothing
	// was sent.
	ErrRefused = errors.New("refused by the gateway")
	// ErrAuth: the key or account is refused; nothing was sent.
	ErrAuth = errors.New("gateway refuses the credentials")
	// ErrCredit: the account has no balance; nothing was sent.
	ErrCredit = errors.New("gateway account has no credit")
	// ErrSender: the number or name that texts come from is refused; nothing was sent.
	ErrSender = errors.New("gateway refuses the sender")
	// ErrOptedOut: the gateway knows that the recipient opted out; nothing was sent.
	ErrOptedOut = errors.New("recipient opted out at the gateway")
	// ErrUnavailable: the request certainly did not reach the gateway, or it was turned
	// away before it was read.
	ErrUnavailable = errors.New("gateway unavailable")
	// ErrUnknown: the text, or the change to the address book, may or may not have been
	// accepted: a timeout after the request was written, a reset, a 5xx, an unreadable 2xx.
	ErrUnknown = errors.New("outcome unknown")
)

// RateLimitError says that the gateway wants fewer calls; nothing was sent.
type RateLimitError struct {
	After time.Duration // wait at least this long; 0 if the gateway does not tell
}

func (e *RateLimitError) Error() string {
	if e.After > 0 {
		return fmt.Sprintf("gateway rate limit, retry after %s", e.After)
	}
	return "gateway rate limit"
}
