package term

import (
	"fmt"
	"log/slog"
	"strconv"
)

// Secret is a string that prints as stars, whoever prints it: fmt, slog, JSON and YAML alike.
// Only Reveal gives it away. (fmt prints unexported struct fields without asking them; keep
// secrets in exported ones.)
type Secret string

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
