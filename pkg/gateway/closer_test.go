package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/tokens"
)

// counter is a provider that also counts, as it is told.
func counter(count reply, script ...reply) *fake {
	f := plays(script...)
	f.counts, f.counting = true, count
	return f
}

// countsAs replies to a count.
func countsAs(n int64) reply {
	return func(_ context.Context, req *llm.Request) (*llm.Answer, error) {
		return &llm.Answer{Status: 200, Dialect: req.Dialect, Body: fmt.Appendf(nil, `{"input_tokens":%d}`, n)}, nil
	}
}

// doubted is what a count is taken for.
func doubted(n int64) int64 { return n + n/16 + 64 }

// long is a call of 32 KB, most of them words: some 6,500 tokens.
func long(members string) string {
	return strings.Replace(body(members), "hi", strings.Repeat("word ", 6500), 1)
}

// claudes makes the setup's model one of Claude's.
func claudes(s setup) setup {
	s.groups[0].Deployments[0].Model = "claude-sonnet-4-5"
	return s
}

func (f *fake) counters() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.counted)
}

// Only where a byte for a token does not fit is the call looked at more closely.
func TestACloserLook(t *testing.T) {
	t.Parallel()
	const output = 500
	text := long(`"max_tokens":500,`)
	size := int64(len(text))
	cached := strings.Replace(text, `"messages":`, `"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":`, 1)
	plain, written := *price, *price
	plain.CacheWrite5m, plain.CacheWrite1h, written.CacheWrite1h = 0, 0, 0
	const tokens = 6600
	for _, tt := range []struct {
		name    string
		text    string
		claude  bool
		counts  reply // nil: the provider does not
		limit   llm.NanoUSD
		status  int
		counted int
	}{
		{"bytes fit", text, true, countsAs(tokens), price.WorstCase(size, output), 200, 0},
		{"without the price of writing to the cache", text, true, countsAs(tokens), plain.WorstCase(size, output), 200, 0},
		{"which is asked for", cached, true, nil, plain.WorstCase(int64(len(cached)), output), 429, 0},
		{"for five minutes", cached, true, nil, written.WorstCase(int64(len(cached)), output), 200, 0},
		{"which others than Claude do without asking", text, false, nil, price.WorstCase(size, output) - 1, 429, 0},
		{"the provider counts", text, true, countsAs(tokens), plain.WorstCase(doubted(tokens), output), 200, 1},
		{"and it does not fit", text, true, countsAs(tokens), plain.WorstCase(doubted(tokens), output) - 1, 429, 1},
		{"the count fails", text, true, refuses(500, 0), plain.WorstCase(doubted(tokens), output), 429, 1},
		{"the count cannot be", text, true, countsAs(1), plain.WorstCase(doubted(tokens), output), 429, 1},
		{"there is no count", text, true, nil, plain.WorstCase(doubted(tokens), output), 429, 0},
		{"nothing is left, whatever it counts", text, true, countsAs(tokens), plain.WorstCase(0, output), 429, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plays(answers(used(10, 10)))
			if tt.counts != nil {
				p = counter(tt.counts, answers(used(10, 10)))
			}
			s := paying(p, dollars("b", tt.limit.String(), true))
			if tt.claude {
				s = claudes(s)
			}
			r := newLab(t, s).send(t.Context(), tt.text)
			r.want(t, tt.status, "")
			if n := p.counters(); n != tt.counted {
				t.Errorf("counted %d times, want %d", n, tt.counted)
			}
		})
	}
}

// What is asked of the provider is the call's input and nothing else.
func TestTheCountRequest(t *testing.T) {
	t.Parallel()
	asked := long(`"max_tokens":500,"stream":true,"temperature":0.5,"metadata":{"user_id":"u"},`)
	p := counter(countsAs(6600), streams(text("a"), ended(used(10, 10))))
	s := claudes(paying(p, dollars("b", "0.02", true)))
	s.groups[0].Deployments[0].Model = "claude-x"
	l := newLab(t, s)
	r := l.send(t.Context(), asked)
	r.want(t, 200, "")
	if p.counters() != 1 || !strings.HasPrefix(p.counted[0].body, `{"model":"claude-x","messages":[`) {
		t.Fatalf("the provider was asked %.80v", p.counted)
	}
	for _, word := range []string{"max_tokens", "stream", "temperature", "metadata"} {
		if strings.Contains(p.counted[0].body, word) {
			t.Errorf("%s stands in what is counted", word)
		}
	}
	if len(p.attempts()) != 1 {
		t.Errorf("the provider was called %d times, want once", len(p.attempts()))
	}
}

// A call of the other dialect is counted, too.
func TestATranslatedCallIsCounted(t *testing.T) {
	t.Parallel()
	p := counter(func(context.Context, *llm.Request) (*llm.Answer, error) {
		return &llm.Answer{Status: 200, Response: &llm.Response{Count: 6600}}, nil
	}, func(_ context.Context, req *llm.Request) (*llm.Answer, error) {
		return &llm.Answer{
			Status: 200, Dialect: req.Dialect, Meta: llm.Meta{Usage: used(10, 10), StopReason: "end_turn"},
			Response: &llm.Response{Meta: llm.Meta{Usage: used(10, 10)}},
		}, nil
	})
	p.dialects = anthropicOnly
	plain := *price
	plain.CacheWrite5m, plain.CacheWrite1h = 0, 0
	l := newLab(t, claudes(paying(p, dollars("b", plain.WorstCase(doubted(6600), 500).String(), true))))
	r := l.send(t.Context(), long(`"max_tokens":500,`), openAI(llm.OpChat))
	r.want(t, 200, "")
	if p.counters() != 1 {
		t.Errorf("counted %d times, want once", p.counters())
	}
}

// A picture counts as what a picture takes at most, not by its bytes.
func TestPicturesAreTakenApart(t *testing.T) {
	t.Parallel()
	data := strings.Repeat("A", 400<<10)
	rest := `{"model":"m","max_tokens":100,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"%s"}}]}]}`
	other := `{"model":"m","max_tokens":100,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,%s"}}]}]}`
	for name, tt := range map[string]struct {
		body   string
		change func(*gateway.Call)
	}{
		"anthropic": {rest, func(*gateway.Call) {}},
		"openai":    {other, openAI(llm.OpChat)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := fmt.Sprintf(tt.body, data)
			need := price.WorstCase(int64(len(text)-len(data))+tokens.MostPicture("up-d1"), 100)
			for limit, status := range map[llm.NanoUSD]int{need: 200, need - 1: 429} {
				l := newLab(t, paying(plays(answers(used(10, 10))), dollars("b", limit.String(), true)))
				r := l.send(t.Context(), text, tt.change)
				r.want(t, status, "")
			}
		})
	}
}

// A server that has no way to count is not asked for every call.
func TestACountThatIsNotThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := counter(refuses(404, 0), answers(used(10, 10)))
		l := newLab(t, claudes(paying(p, dollars("b", "0.02", true))))
		for range 3 {
			r := l.send(t.Context(), long(`"max_tokens":500,`))
			r.want(t, 429, "")
		}
		if n := p.counters(); n != 1 {
			t.Errorf("asked %d times in a moment, want once", n)
		}
		time.Sleep(10 * time.Minute)
		l.send(t.Context(), long(`"max_tokens":500,`))
		if n := p.counters(); n != 2 {
			t.Errorf("asked %d times after ten minutes, want once more", n)
		}
	})
}

// A call that was counted is bounded by its bytes where another deployment answers.
func TestACountHoldsWhereItWasMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		text := long(`"max_tokens":500,`)
		p := counter(countsAs(6600), refuses(500, 0))
		s := claudes(paying(p, dollars("b", "0.02", true)))
		next := plays(answers(used(10, 10)))
		s.groups[0].Deployments = append(s.groups[0].Deployments, deployed("d2", next))
		l := newLab(t, s)
		r := l.send(t.Context(), text)
		r.want(t, 429, "may cost more")
		if len(next.attempts()) != 0 {
			t.Error("the second deployment was called though its worst case is not held")
		}
	})
}

// The 99th percentile of what such calls used is what a call is never capped below,
// once there is a history.
func TestTheLeastUsefulOutputIsLearned(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		uses   int64
		left   int64 // output tokens that the budget has room for
		status int
	}{
		{"less than before", 300, 400, 200},
		{"more than before", 3000, 2000, 429},
		{"and there is room", 3000, 3300, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plays(answers(used(10, tt.uses)))
			text := body(`"max_tokens":8000,`)
			b := dollars("b", "1000", true)
			s := paying(p, b)
			s.keys = nil
			l := newLab(t, s)
			for range 100 {
				l.send(t.Context(), text)
			}
			spent, _ := l.spent(b)
			next := dollars("b", (spent + worst(t, text, tt.left)).String(), true)
			swapped := s
			swapped.budgets = append(swapped.budgets[:0:0], next)
			l.gateway.Swap(swapped.snapshot())
			r := l.send(t.Context(), text)
			r.want(t, tt.status, "")
		})
	}
}

// An answer that a cap has cut says that more was needed: calls are not starved by
// their own caps.
func TestCappedAnswersDoNotTeachLess(t *testing.T) {
	t.Parallel()
	text := body(`"max_tokens":8000,`)
	b := dollars("b", "1000", true)
	p := plays(func(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
		return answers(used(10, req.Edits.MaxOutput))(ctx, req)
	})
	l := newLab(t, paying(p, b))
	var spent llm.NanoUSD
	for range 120 {
		next := dollars("b", (spent + worst(t, text, 1500)).String(), true)
		s := paying(p, next)
		l.gateway.Swap(s.snapshot())
		r := l.send(t.Context(), text)
		if r.status == 429 {
			return // what such calls need does not fit any more: right
		}
		r.want(t, 200, "")
		spent, _ = l.spent(next)
	}
	t.Error("calls are still cut at 1500 tokens, though every one used all of them")
}

// A call that waits when its budget begins anew is admitted to the new period.
func TestWaitingEndsWithThePeriod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24*time.Hour - 2*time.Second) // until two seconds before midnight UTC
		text := body(`"max_tokens":1024,`)
		b := dollars("b", (worst(t, text, 1024) * 3 / 2).String(), true)
		b.Period = periodOf(t, "daily", nil)
		s := paying(plays(after(time.Minute, answers(used(100, 100)))), b)
		s.money.HoldWait = 10 * time.Second
		l := newLab(t, s)
		first := make(chan result)
		go func() { first <- l.send(t.Context(), text) }()
		synctest.Wait()
		start := time.Now()
		second := make(chan result)
		go func() { second <- l.send(t.Context(), text) }()
		r := <-second
		r.want(t, 200, "")
		if took := time.Since(start); took != time.Minute+2*time.Second {
			t.Errorf("the second call took %v, want a minute from midnight on", took)
		}
		<-first
		// Both began on different days, and each is booked on its own.
		if spent, held := l.spent(b); spent != price.Cost(used(100, 100)) || held != 0 {
			t.Errorf("on the second day %v are spent, %v held, want one call", spent, held)
		}
	})
}
