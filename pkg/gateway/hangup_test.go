package gateway_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// leaves sends a call whose client leaves after d, and says how long the call
// took until it was over.
func (l *lab) leaves(t *testing.T, text string, d time.Duration) (result, time.Duration) {
	t.Helper()
	ctx, leave := context.WithTimeout(t.Context(), d)
	defer leave()
	start := time.Now()
	r := l.send(ctx, text)
	return r, time.Since(start)
}

func TestAStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := dollars("b", "1", false)
		l := newLab(t, paying(plays(streams(text("a"), text("b").later(time.Minute), ended(used(5, 5)))), b))
		r, took := l.leaves(t, body(`"stream":true,"max_tokens":100,`), time.Second)
		if took != time.Second {
			t.Errorf("the stream went on for %v, want 1s: until the client left", took)
		}
		if r.record.ErrorType != "canceled" || r.record.HTTPStatus != 499 || !r.record.Stream {
			t.Errorf("record = %+v", r.record)
		}
	})
}

// A stream that a hard budget pays is read on: cut, it would be booked at all that
// it holds.
func TestAStreamUnderAHardBudgetIsReadOn(t *testing.T) {
	t.Parallel()
	text, piece := body(`"stream":true,"max_tokens":100,`), text("b")
	for _, tt := range []struct {
		name     string
		pause    time.Duration // before the second piece, and before the end
		expected bool
		took     time.Duration
		cost     llm.NanoUSD
		reported bool
	}{
		{"in time", 10 * time.Second, false, 20 * time.Second, price.Cost(used(50, 9)), true},
		// The provider may have gone on after the last byte seen.
		{"too late", 20 * time.Second, false, 31 * time.Second, worst(t, text, 100), false},
		{"not where the budget may be exceeded", 10 * time.Second, true, time.Second, worst(t, text, 100), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := dollars("b", "1", true)
				s := paying(plays(streams(piece, piece.later(tt.pause), ended(used(50, 9)).later(tt.pause))), b)
				s.money.Expected = tt.expected
				l := newLab(t, s)
				r, took := l.leaves(t, text, time.Second)
				if took != tt.took {
					t.Errorf("the stream was read for %v, want %v", took, tt.took)
				}
				if spent, held := l.spent(b); spent != tt.cost || held != 0 || r.record.Usage.Reported != tt.reported {
					t.Errorf("spent %v, held %v, reported %v, want %v", spent, held, r.record.Usage.Reported, tt.cost)
				}
			})
		})
	}
}

// The server finds out by a failed write that the client has left: it closes the
// stream, which is read on as long.
func TestCloseUnderAHardBudgetReadsOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := dollars("b", "1", true)
		l := newLab(t, paying(plays(streams(text("a"), text("b").later(10*time.Second), ended(used(50, 9)))), b))
		c := l.call(body(`"stream":true,"max_tokens":100,`))
		id := c.ID
		a := l.gateway.Handle(t.Context(), c)
		if _, err := a.Stream.Next(); err != nil {
			t.Fatal(err)
		}
		if err := a.Stream.Close(); err != nil {
			t.Fatal(err)
		}
		c.Release(errors.New("write: broken pipe"))
		r := l.records.of(id)
		if r.Usage != used(50, 9) || r.ErrorType != "canceled" || r.HTTPStatus != 499 {
			t.Errorf("record = %+v, want what the provider reported, and that the client left", r)
		}
		if spent, held := l.spent(b); spent != price.Cost(used(50, 9)) || held != 0 {
			t.Errorf("spent %v, held %v", spent, held)
		}
	})
}

func TestAStreamWithoutAHardBudgetIsBookedAtWhatWasSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, serving(plays(streams(text("abcdefgh"), text("b").later(time.Minute), ended(used(5, 5))))))
		text := body(`"stream":true,"max_tokens":100,`)
		r, _ := l.leaves(t, text, time.Second)
		seen := llm.Usage{Input: int64(len(text)+3) / 4, Output: int64(len("data: abcdefgh\n\n")+3) / 4}
		if r.record.Usage != seen || r.record.Cost != price.Cost(seen) {
			t.Errorf("usage = %+v, cost %v, want %+v", r.record.Usage, r.record.Cost, seen)
		}
	})
}

// Once the stop reason has passed, the usage is a moment away: half a second is
// given for it.
func TestUsageAfterTheStopReason(t *testing.T) {
	t.Parallel()
	text := body(`"stream":true,"max_tokens":100,`)
	for _, tt := range []struct {
		name  string
		usage time.Duration // comes so long after the stop reason
		known llm.Usage     // with the stop reason
		took  time.Duration
		cost  llm.NanoUSD
	}{
		{"in time", 400 * time.Millisecond, llm.Usage{}, 400 * time.Millisecond, price.Cost(used(50, 9))},
		{"too late", time.Minute, llm.Usage{}, 600 * time.Millisecond, worst(t, text, 100)},
		{"known already", time.Minute, used(50, 9), 600 * time.Millisecond, price.Cost(used(50, 9))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := dollars("b", "1", true)
				l := newLab(t, paying(plays(streams(stopped(tt.known), ended(used(50, 9)).later(tt.usage))), b))
				r, took := l.leaves(t, text, 100*time.Millisecond)
				if took != tt.took {
					t.Errorf("the stream was read for %v, want %v", took, tt.took)
				}
				if spent, held := l.spent(b); spent != tt.cost || held != 0 || r.record.Cost != tt.cost {
					t.Errorf("spent %v (record %v), held %v, want %v", spent, r.record.Cost, held, tt.cost)
				}
			})
		})
	}
}

// The server finds out by a failed write, before the context ends: it closes the
// stream, which is drained as long.
func TestCloseAfterTheStopReasonReadsTheUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		usage time.Duration
		took  time.Duration
		kind  string
	}{
		{"in time", 400 * time.Millisecond, 400 * time.Millisecond, ""},
		{"too late", time.Minute, 500 * time.Millisecond, "canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, serving(plays(streams(stopped(llm.Usage{}), ended(used(50, 9)).later(tt.usage)))))
				ctx, leave := context.WithCancel(t.Context())
				c := l.call(body(`"stream":true,`))
				id := c.ID
				a := l.gateway.Handle(ctx, c)
				if _, err := a.Stream.Next(); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if err := a.Stream.Close(); err != nil {
					t.Fatal(err)
				}
				took := time.Since(start)
				leave()
				c.Release(errors.New("write: broken pipe"))
				r := l.records.of(id)
				if took != tt.took || (r.Usage == used(50, 9)) != (tt.kind == "") {
					t.Errorf("close took %v, usage %+v, want %v", took, r.Usage, tt.took)
				}
			})
		})
	}
}

// A whole answer is paid for whether or not somebody waits: it is read on to
// learn what it cost, but not for ever.
func TestAWholeAnswerIsReadOn(t *testing.T) {
	t.Parallel()
	text := body(`"max_tokens":100,`)
	for _, tt := range []struct {
		name   string
		answer time.Duration // comes after so long
		took   time.Duration
		cost   llm.NanoUSD
		usage  llm.Usage
	}{
		{"in time", 20 * time.Second, 20 * time.Second, price.Cost(used(50, 9)), used(50, 9)},
		{"too late", 2 * time.Minute, 31 * time.Second, worst(t, text, 100), llm.Usage{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := dollars("b", "1", true)
				l := newLab(t, paying(plays(after(tt.answer, answers(used(50, 9)))), b))
				r, took := l.leaves(t, text, time.Second)
				if took != tt.took {
					t.Errorf("the answer was waited for %v, want %v", took, tt.took)
				}
				if spent, held := l.spent(b); spent != tt.cost || held != 0 {
					t.Errorf("spent %v, held %v, want %v", spent, held, tt.cost)
				}
				if r.record.ErrorType != "canceled" || r.record.HTTPStatus != 499 || tt.usage.Reported && r.record.Usage != tt.usage {
					t.Errorf("record = %+v", r.record)
				}
			})
		})
	}
}

// An answer that has come whole tells its cost, also where it has no stop reason.
func TestAWholeAnswerWithoutAStopReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := dollars("b", "1", true)
		embedding := func(_ context.Context, req *llm.Request) (*llm.Answer, error) {
			return whole(req, llm.Meta{Usage: used(50, 0)}), nil
		}
		l := newLab(t, paying(plays(after(2*time.Second, embedding)), b))
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		r := l.send(ctx, `{"model":"m","input":"x"}`, openAI(llm.OpEmbeddings))
		if spent, _ := l.spent(b); spent != 50_000 || r.record.Usage != used(50, 0) {
			t.Errorf("spent %v, usage %+v, want what was reported", spent, r.record.Usage)
		}
	})
}

// Only so many calls are read on at one time; those beyond are given up at once.
func TestHowManyAreReadOn(t *testing.T) {
	t.Parallel()
	const places = 256
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, serving(plays(after(20*time.Second, answers(used(5, 5))))))
		ctx, leave := context.WithCancel(t.Context())
		var mu sync.Mutex
		byTime := map[time.Duration]int{}
		start := time.Now()
		var wg sync.WaitGroup
		for range places + 10 {
			wg.Go(func() {
				l.send(ctx, message)
				mu.Lock()
				byTime[time.Since(start)]++
				mu.Unlock()
			})
		}
		synctest.Wait()
		time.Sleep(time.Second)
		leave()
		wg.Wait()
		if byTime[20*time.Second] != places || byTime[time.Second] != 10 {
			t.Errorf("ends = %v, want %d after 20s and 10 after 1s", byTime, places)
		}
		// The places are free again.
		ctx, leave = context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if r := l.send(ctx, message); !r.record.Usage.Reported {
			t.Errorf("record = %+v, want an answer that was read on", r.record)
		}
	})
}

// A provider that panics costs its own call: what its attempts had taken is given
// back.
func TestAPanicLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wild := func(context.Context, *llm.Request) (*llm.Answer, error) { panic("a bug") }
		var script []reply
		for range 300 {
			script = append(script, wild)
		}
		b := dollars("b", "1", true)
		l := newLab(t, paying(plays(append(script, after(20*time.Second, answers(used(5, 5))))...), b))
		for range script {
			ctx, leave := context.WithCancel(t.Context())
			c := l.call(message)
			id := c.ID
			func() {
				defer func() { _ = recover() }()
				l.gateway.Handle(ctx, c)
			}()
			leave()
			c.Release(&llm.Error{Kind: llm.Internal, Message: "internal error"})
			synctest.Wait()
			if r := l.records.of(id); r.ErrorType != "internal" || r.HTTPStatus != 500 {
				t.Fatalf("record = %+v", r)
			}
		}
		if _, held := l.spent(b); held != 0 || l.gateway.Open() != 0 {
			t.Errorf("held %v, open %d", held, l.gateway.Open())
		}
		if r, _ := l.leaves(t, message, time.Second); !r.record.Usage.Reported {
			t.Errorf("record = %+v, want an answer that was read on", r.record)
		}
	})
}

func TestAnAbortBeforeTheFirstEventOfAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, serving(plays(after(time.Minute, streams(ended(used(5, 5)))))))
		r, took := l.leaves(t, body(`"stream":true,`), time.Second)
		if took != time.Second || r.record.ErrorType != "canceled" || r.record.HTTPStatus != 499 {
			t.Errorf("took %v, record %s %d", took, r.record.ErrorType, r.record.HTTPStatus)
		}
	})
}
