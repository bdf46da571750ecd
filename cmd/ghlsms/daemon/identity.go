package daemon

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"ghlsms/cmd/ghlsms/config"
)

// TokenIdentity tells one owner of a token from another, whom the CRM may show less; empty where the
// secrets were not loaded. It lies in the mirror, which more people may read than the token, so it
// is eight digits of a keyed hash: too few to prove a guess by, and no way back.
//
// A private token has no owner that could be read from it, so another token counts as another
// owner. `auth rotate` therefore changes the identity, and that is wanted: the engine compares
// everything at once, finds what it knew, and the doubt ends by itself. The access tokens
// of OAuth change by the day and tell nothing; who was let in, and to what, does.
func TokenIdentity(cfg *config.Config) string {
	g := cfg.GHL
	switch {
	case g.OAuth != nil:
		return fingerprint("oauth", g.LocationID, append([]string{g.OAuth.ClientID, g.OAuth.UserType}, slices.Sorted(slices.Values(g.OAuth.Scopes))...)...)
	case g.Token != "":
		if now, err := (&PrivateToken{Config: cfg}).Token(); err == nil { // the file may hold another one by now
			return fingerprint("token", g.LocationID, now.AccessToken)
		}
	}
	return ""
}

func fingerprint(kind, key string, parts ...string) string {
	h := hmac.New(sha256.New, []byte("ghlsms identity "+key))
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p) // no two lists of parts read the same
	}
	return kind + ":" + hex.EncodeToString(h.Sum(nil)[:4])
}
