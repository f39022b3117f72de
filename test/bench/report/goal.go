package report

import "encoding/json"

// Goal holds a value against two limits: the one to keep, and the one to reach.
type Goal struct {
	// What says what Value is, where that is not the figure itself, such as
	// "× nginx".
	What  string
	Value float64
	// Keep is the most the value may be; Reach is where it is to come.
	Keep, Reach float64
}

// Verdict is how a value stands to its goal.
type Verdict string

// The verdicts.
const (
	Reached Verdict = "ok, reached" // at most Reach
	Kept    Verdict = "ok"          // at most Keep
	Missed  Verdict = "over"
)

// Verdict compares. A value that is no number misses.
func (g Goal) Verdict() Verdict {
	switch {
	case g.Value <= g.Reach:
		return Reached
	case g.Value <= g.Keep:
		return Kept
	default:
		return Missed
	}
}

// MarshalJSON adds the verdict.
func (g Goal) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		What    string  `json:"what"`
		Value   float64 `json:"value"`
		Keep    float64 `json:"keep"`
		Reach   float64 `json:"reach"`
		Verdict Verdict `json:"verdict"`
	}{g.What, g.Value, g.Keep, g.Reach, g.Verdict()})
}
