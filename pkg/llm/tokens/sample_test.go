package tokens

import (
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// What is sampled comes near what is read.
func TestSample(t *testing.T) {
	t.Parallel()
	var mixed []string
	for _, text := range samples() {
		mixed = append(mixed, text, text[:1000], "")
	}
	for _, stride := range []int64{2, 3, 4} {
		plain, wide := o200k().sample(mixed, stride)
		wantPlain, wantWide := o200k().sample(mixed, 1)
		got, want := plain+wide, wantPlain+wantWide
		if got < want*97/100 || got > want*103/100 {
			t.Errorf("stride %d: %d tokens, want about %d", stride, got, want)
		}
	}
	if plain, wide := o200k().sample(nil, 3); plain+wide != 0 {
		t.Errorf("%d tokens of nothing", plain+wide)
	}
}

// A body of the largest size takes well below a second, of whatever it consists:
// the bound is for a slow machine with the race detector.
func TestLargestConversation(t *testing.T) {
	t.Parallel()
	const largest = 32 << 20
	for name, text := range samples() {
		t.Run(name, func(t *testing.T) {
			whole := strings.Repeat(text, largest/len(text))
			start := time.Now()
			got := Count("gpt-4o", chat(whole))
			took := time.Since(start)
			t.Logf("%v", took)
			if most := 15 * time.Second; took > most {
				t.Errorf("took %v, want at most %v", took, most)
			}
			plain, wide := o200k().count(text)
			if want := (plain + wide) * int64(len(whole)/len(text)); got < want*97/100 || got > want*103/100 {
				t.Errorf("%d tokens, want about %d", got, want)
			}
		})
	}
	t.Run("small parts", func(t *testing.T) {
		const parts = 1 << 20
		c := &llm.Conversation{Messages: []llm.Message{{Role: llm.User, Parts: make([]llm.Part, parts)}}}
		for i := range parts {
			c.Messages[0].Parts[i] = llm.Text{Text: " hello world and again"}
		}
		start := time.Now()
		if got, want := Count("gpt-4o", c), int64(4*parts); got < want*99/100 || got > want*101/100 {
			t.Errorf("%d tokens, want about %d", got, want)
		}
		t.Logf("%v", time.Since(start))
	})
}
