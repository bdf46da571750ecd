package spec

import (
	"encoding"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration that is written like 30s, 24h or 2d; a day is 24 hours.
type Duration time.Duration

// Day is 24 hours.
const Day = 24 * time.Hour

var (
	_ encoding.TextMarshaler   = Duration(0)
	_ encoding.TextUnmarshaler = new(Duration)
)

var errDuration = errors.New("is not a duration; write it like 30s, 15m, 24h or 2d")

// Std returns d as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

func (d Duration) String() string {
	t := time.Duration(d)
	if t >= 2*Day && t%Day == 0 {
		return strconv.FormatInt(int64(t/Day), 10) + "d"
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler: time.ParseDuration, with days in front.
func (d *Duration) UnmarshalText(text []byte) error {
	rest := string(text)
	var days time.Duration
	if head, tail, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseUint(head, 10, 16)
		if err != nil || n > math.MaxInt64/uint64(Day) {
			return errDuration
		}
		days, rest = time.Duration(n)*Day, tail
		if rest == "" {
			*d = Duration(days)
			return nil
		}
	}
	t, err := time.ParseDuration(rest)
	if err != nil || (days > 0 && (t < 0 || t > Day)) {
		return errDuration
	}
	*d = Duration(days + t)
	return nil
}
