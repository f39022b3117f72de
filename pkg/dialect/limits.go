package dialect

import (
	"strconv"

	"github.com/llmgw/llmgw/pkg/llm"
)

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

// LimitFields are the canonical names of the fields that tell of one limit.
type LimitFields struct{ Limit, Remaining, Reset string }

// SetLimit sets the fields for a limit; s may be nil. appendReset writes the
// instant of the reset as the dialect does. It is called for every answer: all
// values share one string and one array.
func SetLimit(h llm.Header, f *LimitFields, s *llm.LimitState, appendReset func([]byte, *llm.LimitState) []byte) {
	if s == nil {
		return
	}
	var buf [64]byte
	text := strconv.AppendInt(buf[:0], s.Limit, 10)
	limit := len(text)
	text = strconv.AppendInt(text, s.Left(), 10)
	remaining := len(text)
	if !s.Reset.IsZero() {
		text = appendReset(text, s)
	}
	all := string(text)
	values := []string{all[:limit], all[limit:remaining], all[remaining:]}
	h[f.Limit], h[f.Remaining] = values[0:1:1], values[1:2:2]
	if len(all) > remaining {
		h[f.Reset] = values[2:3:3]
	}
}
