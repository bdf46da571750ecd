package parse

import (
	"strings"

	"ghlsms/sms"
)

// What phones and mail programs write under a text, and how people sign.
var (
	deviceLine = sms.Pattern(`(?i)(?:\n\s*(?:sent from|sent via|get outlook for|envoyé (?:de|depuis)|enviado (?:desde|do|de|a partir)|von meinem|gesendet (?:von|mit|über)|inviato da|verzonden (?:vanaf|met|vanuit))\b[^\n]{0,60})+$`)
	signOff    = sms.Pattern(`\n\s*[-–—~]+ ?\pL[\pL.'’]*(?: \pL[\pL.'’]*){0,2}$`)
)

// withoutDevice takes "Sent from my phone" off the end: it is no part of what somebody asks for.
func withoutDevice(text string) string {
	return strings.TrimSpace(deviceLine().ReplaceAllString(text, ""))
}

// withoutSignOff takes the name off that somebody signs with, behind a dash.
func withoutSignOff(text string) string { return signOff().ReplaceAllString(text, "") }
