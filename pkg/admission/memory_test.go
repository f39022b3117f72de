package admission_test

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/admission/admissiontest"
)

func openMemory(_ testing.TB, now func() time.Time) admission.Store {
	return admission.NewMemory(admission.MemoryOptions{Now: now})
}

func TestMemory(t *testing.T) {
	t.Parallel()
	admissiontest.Run(t, openMemory)
}

// walks is how many random walks are taken: -admission.walks 5000 runs for minutes.
var walks = flag.Uint64("admission.walks", 10, "how many random walks TestMemoryAgreesWithModel takes")

func TestMemoryAgreesWithModel(t *testing.T) {
	t.Parallel()
	for seed := range *walks {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			admissiontest.Compare(t, openMemory, rand.New(rand.NewPCG(seed, 1)), 3000)
		})
	}
}

// bytesAsChoices makes decisions of a fuzzer's bytes; there is always a first
// choice when they have run out.
type bytesAsChoices struct{ left []byte }

func (b *bytesAsChoices) IntN(n int) int {
	v := uint64(0)
	for size := 1; size < n && len(b.left) > 0; size <<= 8 {
		v = v<<8 | uint64(b.left[0])
		b.left = b.left[1:]
		if size > 1<<40 {
			break
		}
	}
	return int(v % uint64(n))
}

// FuzzMemory is worth more with -fuzzminimizetime 20x: making an input smaller
// that only goes another way through the model takes all the time otherwise.
func FuzzMemory(f *testing.F) {
	for seed := range uint64(8) {
		data := make([]byte, 400)
		rng := rand.New(rand.NewPCG(seed, 2))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		admissiontest.Compare(t, openMemory, &bytesAsChoices{data}, min(200, len(data)/4))
	})
}
