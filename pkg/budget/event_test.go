package budget

import (
	"math"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	const none = llm.NanoUSD(math.MaxInt64)
	for _, tt := range []struct {
		name   string
		budget Budget
		want   [Marks]llm.NanoUSD
	}{
		{"hard", Budget{Limit: 10 * llm.USD, Hard: true, Alert: 0.8}, [Marks]llm.NanoUSD{8 * llm.USD, 10 * llm.USD, 10*llm.USD + 1}},
		{"soft", Budget{Limit: 10 * llm.USD, Alert: 0.8}, [Marks]llm.NanoUSD{8 * llm.USD, 10 * llm.USD, none}},
		{"without a threshold", Budget{Limit: 10 * llm.USD}, [Marks]llm.NanoUSD{none, 10 * llm.USD, none}},
		{"a threshold above all", Budget{Limit: 10 * llm.USD, Alert: 1.5}, [Marks]llm.NanoUSD{none, 10 * llm.USD, none}},
		{"the threshold is no less than its share", Budget{Limit: 3, Alert: 0.5}, [Marks]llm.NanoUSD{2, 3, none}},
		{"as large as can be", Budget{Limit: none, Hard: true}, [Marks]llm.NanoUSD{none, none, none}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for m := range Marks {
				if got := tt.budget.At(m); got != tt.want[m] {
					t.Errorf("%s at %v, want %v", m, got, tt.want[m])
				}
			}
		})
	}
}
