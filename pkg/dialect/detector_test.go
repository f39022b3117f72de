//go:build !race

package dialect_test

// raceDetector says that the detector is on.
const raceDetector = false
