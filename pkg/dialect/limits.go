package dialect

import "github.com/llmgw/llmgw/pkg/llm"

// Tightest returns the limit on unit of which the smallest share is left; nil
// where states has none with a limit above zero.
func Tightest(states []llm.LimitState, unit llm.Unit) *llm.LimitState {
	var tightest *llm.LimitState
	for i := range states {
		s := &states[i]
		if s.Unit != unit || s.Limit <= 0 {
			continue
		}
		if tightest == nil || share(s) < share(tightest) {
			tightest = s
		}
	}
	return tightest
}

func share(s *llm.LimitState) float64 { return float64(s.Left()) / float64(s.Limit) }
