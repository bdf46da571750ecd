package main

import (
	"os"
	"path/filepath"
	"testing"

	"ghlsms/cmd/ghlsms/config"
)

// minimal is the least that loads.
const minimal = `ghl: {location_id: loc1, token: tok-1234}
sms: {provider: smsto, from: "+15550100", smsto: {api_key: key-1234}}
`

func writeConfig(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, text, 0o600)
	return path
}

func write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask may have taken some
		t.Fatal(err)
	}
}

func mustLoad(t testing.TB, text string) *config.Config {
	t.Helper()
	c, err := config.Load(writeConfig(t, text))
	if err != nil {
		t.Fatalf("LoadConfig:\n%v", err)
	}
	return c
}
