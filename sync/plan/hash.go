package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// ShortHash is how many characters of a plan's hash are enough to name it.
const ShortHash = 16

// Hash names what a plan decides: the same decisions have the same hash, whenever they are made.
func (p Plan) Hash() string {
	p.Intents, p.Conflicts, p.Reminders = slices.Clone(p.Intents), slices.Clone(p.Conflicts), slices.Clone(p.Reminders)
	for i := range p.Reminders {
		if p.Reminders[i].Skipped != "" { // why may say how long ago it was due
			p.Reminders[i].Skipped = "skipped"
		}
	}
	for i := range p.Intents {
		p.Intents[i].Key = timeless(p.Intents[i].Key)
	}
	for i := range p.Conflicts {
		p.Conflicts[i].CRMAt, p.Conflicts[i].LocalAt = time.Time{}, time.Time{}
	}
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, numbers and times always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// timeless is a key without the moment at which it was made, where it has one.
func timeless(key string) string {
	switch {
	case strings.HasPrefix(key, alarmPrefix):
		return key[:strings.LastIndex(key, "/")]
	case strings.HasPrefix(key, "optout."):
		key, _, _ = strings.Cut(key, "@")
	}
	return key
}
