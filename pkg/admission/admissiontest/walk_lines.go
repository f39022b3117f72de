package admissiontest

import (
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// epochLength is how long a budget lasts in a random walk.
const epochLength = 100 * time.Second

// pool is every line that a walk uses, with its usual limit.
func (w *walk) pool() []admission.Line {
	rate := func(account string, u llm.Unit, k admission.RuleKind, limit int64, window time.Duration) admission.Line {
		return admission.Line{Account: account, Unit: u, Rule: admission.Rule{Kind: k, Limit: limit, Window: window}}
	}
	burst := rate("key:b", llm.Requests, admission.TokenBucket, 3, 10*time.Second)
	burst.Rule.Burst = 5
	return []admission.Line{
		rate("key:a", llm.Requests, admission.SlidingWindow, 4, 5*time.Second),
		rate("key:a", llm.Requests, admission.FixedWindow, 20, time.Minute),
		burst,
		rate("key:a", llm.Tokens, admission.SlidingWindow, 100, time.Minute),
		rate("key:b", llm.Tokens, admission.SlidingWindow, 100, 7*time.Minute),
		rate("key:a", llm.Tokens, admission.FixedWindow, 150, 30*time.Second),
		rate("key:a", llm.Tokens, admission.TokenBucket, 70, 13*time.Second),
		rate("key:a", llm.Parallel, admission.Concurrency, 6, 0),
		rate("total", llm.Money, admission.Budget, 5000, 0),
		w.budget(),
	}
}

// budget is the budget of the current epoch.
func (w *walk) budget() admission.Line {
	epoch := w.clock.Now().UnixNano() / int64(epochLength)
	return admission.Line{
		Account: "team", Epoch: epoch, Unit: llm.Money,
		Rule: admission.Rule{
			Kind: admission.Budget, Limit: 200, Window: epochLength,
			Resets: time.Unix(0, (epoch+1)*int64(epochLength)).UTC(),
		},
	}
}

// lines are some of the pool, in any order.
func (w *walk) lines() []admission.Line {
	pool := w.pool()
	for i := range pool {
		j := i + w.IntN(len(pool)-i)
		pool[i], pool[j] = pool[j], pool[i]
	}
	lines := pool[:w.IntN(6)]
	for i := range lines {
		lines[i] = w.want(w.limit(lines[i]))
		lines[i].Soft = w.IntN(8) == 0
	}
	w.floors(lines)
	return lines
}

// limit changes the line's limit now and then.
func (w *walk) limit(l admission.Line) admission.Line {
	switch w.IntN(12) {
	case 0:
		l.Rule.Limit *= 2
	case 1:
		l.Rule.Limit /= 2
	case 2:
		l.Rule.Limit = 0
	}
	return l
}

// want sets what the line wants: tokens more than the limit at times.
func (w *walk) want(l admission.Line) admission.Line {
	switch l.Unit {
	case llm.Tokens:
		l.Want = int64(w.IntN(60))
		if w.IntN(8) == 0 {
			l.Want = 90 + int64(w.IntN(150))
		}
	case llm.Money:
		l.Want = int64(w.IntN(70))
	case llm.Requests, llm.Parallel:
		l.Want = 1
	}
	return l
}

// floors lets the money lines do with less.
func (w *walk) floors(lines []admission.Line) {
	most, _ := moneyOf(lines)
	for i := range lines {
		if lines[i].Unit == llm.Money && most > 0 {
			lines[i].Floor = int64(w.IntN(int(most) + 1))
		}
	}
}

// line is a line that names the counter as it was last named.
func (h *history) line(n counterName) admission.Line {
	return admission.Line{Account: n.account, Epoch: n.epoch, Unit: n.unit, Rule: h.rule}
}
