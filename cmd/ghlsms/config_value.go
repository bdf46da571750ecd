package main

import (
	"encoding"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"
)

// Secret is a string that prints as stars, whoever prints it: fmt, slog, JSON and YAML alike.
// Only Reveal gives it away. (fmt prints unexported struct fields without asking them; keep
// secrets in exported ones.)
type Secret string

var (
	_ encoding.TextMarshaler = Secret("")
	_ fmt.Formatter          = Secret("")
	_ slog.LogValuer         = Secret("")
)

const stars = "***"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return stars
}

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// Format implements fmt.Formatter: a Stringer alone would still leak through %d.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// oneOrMore is a list that may be written as its only value.
type oneOrMore []string

// Duration is a time.Duration that is written like 30s, 24h or 2d; a day is 24 hours.
type Duration time.Duration

const day = 24 * time.Hour

var (
	_ encoding.TextMarshaler   = Duration(0)
	_ encoding.TextUnmarshaler = new(Duration)
)

var errDuration = errors.New("is not a duration; write it like 30s, 15m, 24h or 2d")

// Std returns d as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

func (d Duration) String() string {
	t := time.Duration(d)
	if t >= 2*day && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
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
		if err != nil || n > math.MaxInt64/uint64(day) {
			return errDuration
		}
		days, rest = time.Duration(n)*day, tail
		if rest == "" {
			*d = Duration(days)
			return nil
		}
	}
	t, err := time.ParseDuration(rest)
	if err != nil || (days > 0 && (t < 0 || t > day)) {
		return errDuration
	}
	*d = Duration(days + t)
	return nil
}
