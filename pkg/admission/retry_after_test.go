package admission_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// TestMemoryRefusesUntilTheInstantItSays runs on the process's own clock.
func TestMemoryRefusesUntilTheInstantItSays(t *testing.T) {
	t.Parallel()
	for _, kind := range []admission.RuleKind{admission.SlidingWindow, admission.FixedWindow, admission.TokenBucket} {
		for _, unit := range []llm.Unit{llm.Requests, llm.Tokens} {
			t.Run(fmt.Sprint(unit, " ", kind), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { refusesUntil(t, kind, unit) })
			})
		}
	}
}

func refusesUntil(t *testing.T, kind admission.RuleKind, unit llm.Unit) {
	m := admission.NewMemory(admission.MemoryOptions{})
	line := admission.Line{
		Account: "a", Unit: unit, Want: 1,
		Rule: admission.Rule{Kind: kind, Limit: 7, Window: time.Minute},
	}
	admit := func(id string) *admission.Refusal {
		g, err := m.Admit(t.Context(), ask(id, line))
		if err != nil {
			t.Fatal(err)
		}
		return g.Refused
	}
	for i := range 50 {
		r := admit(strconv.Itoa(i))
		for ; r == nil; r = admit(fmt.Sprint(i, " again at ", time.Now())) {
			<-time.After(1234567 * time.Microsecond)
		}
		<-time.After(r.RetryAfter - 1)
		if early := admit("early"); early == nil || early.RetryAfter != 1 {
			t.Fatalf("%d: 1 ns before %s are over: %+v", i, r.RetryAfter, early)
		}
		<-time.After(1)
		if late := admit(fmt.Sprint(i, " late")); late != nil {
			t.Fatalf("%d: refused after %s: %+v", i, r.RetryAfter, *late)
		}
	}
}
