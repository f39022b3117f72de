package catalog

import (
	"math"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestScale(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                  string
		price, from, to, want llm.PicoUSD
	}{
		{"half", 10, 20, 10, 5},
		{"rounded up", 10, 3, 1, 4},
		{"same", 7, 3, 3, 7},
		{"to free", 7, 3, 0, 0},
		{"from free", 7, 0, 9, 9},
		{"from free, dearer", 11, 0, 9, 11},
		{"beyond measure", math.MaxInt64, 1, math.MaxInt64, math.MaxInt64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := scale(tt.price, tt.from, tt.to); got != tt.want {
				t.Errorf("scale(%d, %d, %d) = %d, want %d", tt.price, tt.from, tt.to, got, tt.want)
			}
		})
	}
}
