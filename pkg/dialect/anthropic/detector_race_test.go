//go:build race

package anthropic_test

// raceDetector says that the detector is on: it makes sync.Pool drop at random
// what is put back.
const raceDetector = true
