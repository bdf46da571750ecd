//go:build !race

package storetest

// RaceDetector tells whether the tests were built with it: it takes several times the time and the memory.
const RaceDetector = false
