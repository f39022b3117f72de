package llm_test

import (
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestLimitStateLeft(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		s    llm.LimitState
		want int64
	}{
		{"all", llm.LimitState{Limit: 10}, 10},
		{"some", llm.LimitState{Limit: 10, Used: 3, Held: 4}, 3},
		{"none", llm.LimitState{Limit: 10, Used: 10}, 0},
		{"debt", llm.LimitState{Limit: 10, Used: 9, Held: 9}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.s.Left(); got != tt.want {
				t.Errorf("Left() = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestUnitString(t *testing.T) {
	t.Parallel()
	for unit, want := range map[llm.Unit]string{
		llm.Requests: "requests", llm.Tokens: "tokens", llm.Parallel: "parallel requests", llm.Money: "budget", 0: "unknown", 99: "unknown",
	} {
		if got := unit.String(); got != want {
			t.Errorf("unit %d is %q, want %q", uint8(unit), got, want)
		}
	}
}

func TestOpString(t *testing.T) {
	t.Parallel()
	for op, want := range map[llm.Op]string{
		llm.OpChat: "chat", llm.OpCompletion: "completion", llm.OpEmbeddings: "embeddings",
		llm.OpCountTokens: "count_tokens", 0: "unknown", 99: "unknown",
	} {
		if got := op.String(); got != want {
			t.Errorf("operation %d is %q, want %q", uint8(op), got, want)
		}
	}
}

func TestUsageSums(t *testing.T) {
	t.Parallel()
	u := llm.Usage{Input: 100, Output: 20, CacheRead: 50, CacheWrite5m: 3, CacheWrite1h: 4, Reasoning: 10}
	if u.CacheWrite() != 7 || u.Total() != 120 {
		t.Errorf("CacheWrite() = %d, Total() = %d; want 7 and 120", u.CacheWrite(), u.Total())
	}
}
