package e2e

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// Help must be there before the finger has left the key: it reads no configuration,
// and nothing at the start of the process takes time.
func TestHelpIsQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the binary")
	}
	if raceEnabled {
		t.Skip("SKIPPED: the race detector's tests leave no machine to measure time on")
	}
	const (
		limit   = 30 * time.Millisecond
		runs    = 20
		batches = 10
	)
	// Other tests run at the same time: one quiet batch is enough.
	var median time.Duration
	for range batches {
		var took []time.Duration
		for range runs {
			cmd := exec.CommandContext(t.Context(), os.Getenv(gatewaytest.BinaryEnv), "--help")
			began := time.Now()
			if err := cmd.Run(); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		if median = took[runs/2]; median < limit {
			t.Logf("llmgw --help takes %v", median)
			return
		}
	}
	t.Errorf("llmgw --help takes %v, want less than %v", median, limit)
}
