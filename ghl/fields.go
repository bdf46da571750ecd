package ghl

import "time"

// fields is a JSON object to be sent. Only what is in it is changed; the API refuses keys that it
// does not know.
type fields map[string]any

func set[V any](f fields, key string, v *V) {
	if v != nil {
		f[key] = *v
	}
}

// setText sets a string unless it is empty.
func setText(f fields, key, v string) {
	if v != "" {
		f[key] = v
	}
}

// clearable sets a string whose empty form the API wants as null.
func (f fields) clearable(key string, v *string) {
	switch {
	case v == nil:
	case *v == "":
		f[key] = nil
	default:
		f[key] = *v
	}
}

// at sets a time in UTC.
func (f fields) at(key string, v *time.Time) {
	if v != nil {
		f[key] = v.UTC().Format(isoShort)
	}
}

const (
	isoMillis = "2006-01-02T15:04:05.000Z07:00"
	isoShort  = "2006-01-02T15:04:05.999Z07:00" // fractions only if there are any
)
