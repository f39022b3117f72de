//go:build race

package dialect_test

// raceDetector says that the detector is on: it makes slices.Grow allocate twice.
const raceDetector = true
