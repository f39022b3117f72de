package gateway_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// What a failed call is booked at: errors without usage are free, time-outs and
// resets after the request was sent book its input.
func TestWhatFailedCallsCost(t *testing.T) {
	t.Parallel()
	text := body(`"stream":true,"max_tokens":100,`)
	input := price.Cost(llm.Usage{Input: int64(len(text)+3) / 4})
	bound := worst(t, text, 0)
	cut := streams(broken(llm.ErrUnexpectedEOF))
	hold := worst(t, text, 100)
	frameOf := func(s string) llm.Usage {
		return llm.Usage{Input: int64(len(text)+3) / 4, Output: int64(len("data: "+s+"\n\n")+3) / 4}
	}
	seen := price.Cost(frameOf("a"))
	seenFailure := price.Cost(llm.Usage{Input: frameOf("a").Input, Output: int64(len("data: a\n\ndata: failure\n\n")+3) / 4})
	for _, tt := range []struct {
		name       string
		reply      reply
		soft, hard llm.NanoUSD
	}{
		{"a refusal", refuses(500, 0), 0, 0},
		{"an invalid call", refuses(400, 0), 0, 0},
		{"no connection", breaks(unreachable), 0, 0},
		{"a call that was never sent", breaks(llm.Error{Kind: llm.InvalidRequest, Message: "not taken"}), 0, 0},
		{"an error as a stream's first event", streams(failed(llm.Overloaded)), 0, 0},
		{"a time-out", breaks(llm.Error{Kind: llm.Timeout, Message: "slow"}), input, bound},
		{"a reset", breaks(llm.Error{Kind: llm.Upstream, Message: "reset", Cause: errors.New("reset")}), input, bound},
		{"a stream cut before its first event", cut, input, bound},
		{"a stream cut later", streams(frame{event: llm.Event{Kind: llm.Frames, Raw: []byte("data: a\n\n")}}, broken(llm.ErrUnexpectedEOF)), seen, hold},
		{"an error later in a stream", streams(frame{event: llm.Event{Kind: llm.Frames, Raw: []byte("data: a\n\n")}}, failed(llm.Overloaded)), seenFailure, hold},
	} {
		for _, hard := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				b := dollars("b", "1", hard)
				l := newLab(t, paying(plays(tt.reply), b))
				r := l.send(t.Context(), text)
				want := tt.soft
				if hard {
					want = tt.hard
				}
				if spent, held := l.spent(b); spent != want || held != 0 || r.record.Cost != want {
					t.Errorf("hard %v: spent %v (record %v), held %v, want %v", hard, spent, r.record.Cost, held, want)
				}
				if r.record.Status != requestlog.StatusError {
					t.Errorf("status = %s", r.record.Status)
				}
			})
		}
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		p := plays(after(time.Second, refuses(529, 0)), after(2*time.Second, streams(
			text("a").later(time.Second), ended(used(40, 4)).later(3*time.Second),
		)))
		l := newLab(t, retrying(p, 1))
		r := l.send(t.Context(), body(`"stream":true,`), func(c *gateway.Call) {
			c.ClientIP, c.Header = "192.0.2.7", llm.Header{
				"User-Agent": {"claude-cli/2.1"}, "X-Request-Id": {"theirs"}, "X-Claude-Code-Session-Id": {"session"},
			}
		})
		want := requestlog.Record{
			Timestamp: start, RequestID: "req_1", Status: requestlog.StatusSuccess, HTTPStatus: 200,
			Endpoint: "/v1/messages", Dialect: llm.Anthropic, Model: "m", Group: "m", Deployment: "d1", Provider: "fake",
			UpstreamModel: "up-d1", Stream: true, KeyID: "key_test", KeyName: "sk-…test", SessionID: "session",
			UserAgent: "claude-cli/2.1", ClientIP: "192.0.2.7", ClientRequestID: "theirs",
			// 1 s to the refusal, 0.5 s of pause, 2 s to the header, 1 s to the first event,
			// 3 s to the end.
			Duration: 7500 * time.Millisecond, TTFT: 4500 * time.Millisecond, Upstream: 7500 * time.Millisecond,
			Usage: used(40, 4), Cost: 60_000, PriceSource: "config", Cache: "bypass", StopReason: "end_turn",
			Attempts: []requestlog.Attempt{
				{Deployment: "d1", Status: 529, Error: "the vendor's own words", Duration: time.Second},
				{Deployment: "d1", Status: 200, Duration: 3 * time.Second},
			},
		}
		if diff := cmp.Diff(want, r.record, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("record (-want +got):\n%s", diff)
		}
	})
}

func TestAFailedCallsRecordHasWordsForTheLog(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(plays(breaks(unreachable))))
	r := l.send(t.Context(), message)
	r.want(t, 502, "the connection to the provider failed")
	if want := "the connection to the provider failed: dial: connection refused"; r.record.Error != want {
		t.Errorf("error = %q, want %q", r.record.Error, want)
	}
	if r.record.ErrorType != "upstream" || r.record.HTTPStatus != 502 || r.record.Deployment != "d1" {
		t.Errorf("record = %+v", r.record)
	}
}

// interrupted says how many calls a crash right now would leave open: it recovers
// a copy of the journal.
func (l *lab) interrupted(t *testing.T) int {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(l.dir)); err != nil {
		t.Fatal(err)
	}
	// The lock belongs to the running journal's process, which is this one.
	if err := os.Remove(filepath.Join(dir, "lock")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	j, err := journal.Open(dir, journal.Options{Consumers: ledger.Consumers()})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	state, err := ledger.New(ledger.Options{Journal: j, Log: noLines{}, Dir: t.TempDir()}).Recover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(state.Cut)
}

// When the client reads the end of its answer, a crash changes nothing about it
// any more; before, the call would be found open.
func TestACallIsSettledBeforeItsEndIsGiven(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		last frame
	}{{"end", ended(used(5, 5))}, {"failure", failed(llm.Overloaded)}, {"cut", broken(llm.ErrUnexpectedEOF)}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, serving(plays(streams(text("a"), tt.last))))
			c := l.call(body(`"stream":true,`))
			a := l.gateway.Handle(t.Context(), c)
			defer c.Release(nil)
			defer a.Stream.Close()
			if _, err := a.Stream.Next(); err != nil {
				t.Fatal(err)
			}
			if n := l.interrupted(t); n != 1 {
				t.Errorf("in the middle %d calls are open, want 1", n)
			}
			_, _ = a.Stream.Next() // the last event, or the cut
			if n := l.interrupted(t); n != 0 {
				t.Errorf("after the end %d calls are open, want 0", n)
			}
		})
	}
	t.Run("a whole answer", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, serving(plays(answers(used(1, 1)))))
		c := l.call(message)
		l.gateway.Handle(t.Context(), c)
		defer c.Release(nil)
		if n := l.interrupted(t); n != 0 {
			t.Errorf("%d calls are open, want 0", n)
		}
	})
}

// A call is in the journal before anything is sent.
func TestACallIsOpenBeforeItIsSent(t *testing.T) {
	t.Parallel()
	var l *lab
	var open int
	l = newLab(t, serving(plays(func(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
		open = l.interrupted(t)
		return answers(used(1, 1))(ctx, req)
	})))
	l.send(t.Context(), message)
	if open != 1 {
		t.Errorf("%d calls were open when the provider was called, want 1", open)
	}
}

func TestAStreamsProgressIsWrittenOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		frames := []frame{text("0")}
		for range 40 {
			frames = append(frames, text("x").later(100*time.Millisecond))
		}
		l := newLab(t, serving(plays(streams(append(frames, ended(used(5, 5)))...))))
		before := l.journal.Last()
		l.send(t.Context(), body(`"stream":true,`))
		// The opening, one at 0, 1, 2, 3 and 4 s, the settlement.
		if n := l.journal.Last() - before; n != 7 {
			t.Errorf("%d entries, want 7", n)
		}
	})
}

// A provider that says nothing about usage: it is estimated, and marked so.
func TestUsageThatIsNotReportedIsEstimated(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(plays(answers(llm.Usage{}))))
	r := l.send(t.Context(), message)
	want := llm.Usage{Input: int64(len(message)+3) / 4, Output: int64(len(wholeBody)+3) / 4}
	if r.record.Usage != want || r.record.Cost != price.Cost(want) {
		t.Errorf("usage = %+v, want %+v", r.record.Usage, want)
	}
}
