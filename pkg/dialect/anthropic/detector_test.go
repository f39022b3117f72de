//go:build !race

package anthropic_test

// raceDetector says that the detector is on.
const raceDetector = false
