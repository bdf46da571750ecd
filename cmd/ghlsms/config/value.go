package config

import (
	"encoding"
	"fmt"
	"log/slog"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sync/spec"
)

var (
	_ encoding.TextMarshaler = term.Secret("")
	_ fmt.Formatter          = term.Secret("")
	_ slog.LogValuer         = term.Secret("")
)

// Duration is written like 30s, 24h or 2d; a day is 24 hours.
type Duration = spec.Duration

// Day is a day of 24 hours.
const Day = spec.Day
