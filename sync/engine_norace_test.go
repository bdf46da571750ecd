//go:build !race

package sync_test

const underRace = false
