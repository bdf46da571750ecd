package ghl

// personal matches what must not reach an error text: tokens, emails, phone numbers.
var personal = pattern(`(?i)bearer\s+\S+|pit-[\w-]+|eyJ[\w-]+\.[\w.-]+` +
	`|[^\s@"'<>,;:=]+(@|%40)[^\s@"'<>,;]+` +
	`|(\+|%2B)\d[\d\s().-]{5,}\d|\b\d{10,15}\b|\(?\b\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}\b`)

// redact also shortens: a message is there to be read in one line.
func redact(s string) string {
	const limit = 300
	s = personal().ReplaceAllString(s, "[redacted]")
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit]) + "…"
	}
	return s
}
