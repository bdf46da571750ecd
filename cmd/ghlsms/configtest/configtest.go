// Package configtest makes config files, and what lies beside them, for tests. It knows no config, so that the tests of
// that package can use it too.
package configtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Minimal is the least that loads.
const Minimal = `ghl: {location_id: loc1, token: tok-1234}
sms: {provider: smsto, from: "+15550100", smsto: {api_key: key-1234}}
`

// File writes a config file of its own, and returns its path.
func File(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	Write(t, path, text, 0o600)
	return path
}

// Write writes a file with exactly these permissions.
func Write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask may have taken some
		t.Fatal(err)
	}
}

// Load loads what must be good.
func Load[C any](t testing.TB, load func(path string) (*C, error), text string) *C {
	t.Helper()
	c, err := load(File(t, text))
	if err != nil {
		t.Fatalf("it does not load:\n%v", err)
	}
	return c
}
