package ledger

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

var testRecord = requestlog.Record{RequestID: "id", Model: "m"}

// encoded returns what an encoder writes.
func encoded(f func(*encoder)) []byte {
	e := &encoder{entry: []byte("left over"), part: []byte("left over")}
	f(e)
	return e.entry
}

func TestEntriesComeBack(t *testing.T) {
	t.Parallel()
	line := string(testRecord.AppendJSON(nil))
	tests := []struct {
		name  string
		entry []byte
		want  entry
	}{
		{
			name: "opening",
			entry: encoded(func(e *encoder) {
				e.opening(&Opening{
					Ask: &admission.Ask{ID: "id", Owner: "o", Lines: []admission.Line{
						{Account: "a", Unit: llm.Tokens, Want: 7},
						{Account: "b", Epoch: -3, Unit: llm.Money, Want: 9, Soft: true},
					}},
					Money: 5, Start: time.Unix(0, -8), Record: &testRecord,
				})
			}),
			want: entry{
				kind: kindOpening, id: []byte("id"), owner: []byte("o"), start: -8, record: []byte(line),
				lines: []entryLine{
					{account: []byte("a"), unit: llm.Tokens, amount: 7},
					{account: []byte("b"), epoch: -3, unit: llm.Money, amount: 5, soft: true},
				},
			},
		},
		{
			name:  "growth",
			entry: encoded(func(e *encoder) { e.growth(&Growth{ID: "id", Money: math.MinInt64, Record: &testRecord}) }),
			want:  entry{kind: kindGrowth, id: []byte("id"), money: math.MinInt64, record: []byte(line)},
		},
		{
			name: "progress",
			entry: encoded(func(e *encoder) {
				e.progress(&Progress{ID: "id", Bytes: 1, OutputTokens: 2, TTFT: 3, Usage: llm.Usage{
					Input: 1, Output: 2, CacheRead: 3, CacheWrite5m: 4, CacheWrite1h: 5, Reasoning: 6, Queries: 7, Reported: true,
				}})
			}),
			want: entry{kind: kindProgress, id: []byte("id"), bytes: 1, outputTokens: 2, ttft: 3, usage: llm.Usage{
				Input: 1, Output: 2, CacheRead: 3, CacheWrite5m: 4, CacheWrite1h: 5, Reasoning: 6, Queries: 7, Reported: true,
			}},
		},
		{
			name: "settlement",
			entry: encoded(func(e *encoder) {
				e.settlement(&Settlement{ID: "id", Lines: ask("id").Lines, Actual: admission.Actual{Tokens: 5, Money: 6}, Record: &testRecord})
			}),
			want: entry{
				kind: kindSettlement, id: []byte("id"), record: []byte(line),
				lines: []entryLine{
					{account: []byte("key:1"), unit: llm.Requests, amount: 1},
					{account: []byte("key:1"), unit: llm.Tokens, amount: 5},
					{account: []byte("budget:b"), epoch: 4, unit: llm.Money, amount: 6},
				},
			},
		},
		{
			name: "settlement that windows count",
			entry: encoded(func(e *encoder) {
				lines := ask("id").Lines
				lines[0].Rule = admission.Rule{Kind: admission.TokenBucket, Limit: 7, Window: time.Minute}
				lines[2].Rule = admission.Rule{Kind: admission.SlidingWindow, Limit: 70, Window: time.Minute}
				e.settlement(&Settlement{ID: "id", Lines: lines[:3], Actual: admission.Actual{Tokens: 80}})
				e.times(time.Unix(3, 4), 5*time.Second)
			}),
			want: entry{
				kind: kindSettlement, id: []byte("id"), admitted: 3_000_000_004, settled: 5_000_000_000,
				lines: []entryLine{
					{account: []byte("key:1"), unit: llm.Requests, amount: 1, kind: admission.TokenBucket},
					{account: []byte("key:1"), unit: llm.Tokens, amount: 80, kind: admission.SlidingWindow, debt: 3},
				},
			},
		},
		{
			name: "void settlement",
			entry: encoded(func(e *encoder) {
				e.settlement(&Settlement{ID: "id", Lines: ask("id").Lines, Actual: admission.Actual{Tokens: 5, Money: 6, Void: true}})
			}),
			want: entry{kind: kindSettlement, id: []byte("id")},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			used := entry{lines: make([]entryLine, 3), ttft: 99, record: []byte("left over")}
			if err := used.decode(tt.entry); err != nil {
				t.Fatal(err)
			}
			if len(used.lines) == 0 {
				used.lines = nil
			}
			if diff := cmp.Diff(tt.want, used, cmp.AllowUnexported(entry{}, entryLine{})); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
			// A later version adds fields of every wire type.
			later := protowire.AppendTag(nil, 100, protowire.Fixed64Type)
			later = protowire.AppendFixed64(later, 1)
			later = protowire.AppendTag(later, 101, protowire.BytesType)
			later = protowire.AppendBytes(later, []byte("new"))
			later = protowire.AppendTag(append(later, tt.entry...), 102, protowire.VarintType)
			later = protowire.AppendVarint(later, 1)
			var again entry
			if err := again.decode(later); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, again, cmp.AllowUnexported(entry{}, entryLine{})); diff != "" {
				t.Errorf("entry of a later version (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTotalsForgetOldEpochs(t *testing.T) {
	t.Parallel()
	var sum totals
	booked := func(unit llm.Unit, epoch, amount int64) {
		sum.mu.Lock()
		defer sum.mu.Unlock()
		sum.add(&entryLine{account: []byte("a"), unit: unit, epoch: epoch, amount: amount})
	}
	booked(llm.Requests, 0, 1)
	for epoch := range int64(100) {
		booked(llm.Money, epoch, epoch)
	}
	booked(llm.Money, 99, math.MaxInt64)
	booked(llm.Money, 5, 1)
	got := sum.of("a")
	if len(got) != 1+keepEpochs {
		t.Fatalf("%d totals, want %d", len(got), 1+keepEpochs)
	}
	if got[1] != (Total{Epoch: 5, Unit: llm.Money, Amount: 1}) || got[2].Epoch != 101-keepEpochs {
		t.Errorf("the oldest epochs are %+v, want the one that was booked last, and then the newest", got[1:3])
	}
	if last := got[len(got)-1]; last != (Total{Epoch: 99, Unit: llm.Money, Amount: math.MaxInt64}) {
		t.Errorf("the newest epoch is %+v, want no overflow", last)
	}
	got[0].Amount = 77
	if sum.of("a")[0].Amount != 1 {
		t.Error("Totals gave its own memory away")
	}
}

func TestNoEntryIsSummedTwice(t *testing.T) {
	t.Parallel()
	var e entry
	if err := e.decode(encoded(func(e *encoder) { e.settlement(settlement("id", 5, 6)) })); err != nil {
		t.Fatal(err)
	}
	var sum totals
	for _, s := range []journal.Seq{3, 3, 2} {
		sum.fold(s, &e)
	}
	want := []Total{{Epoch: 4, Unit: llm.Money, Amount: 6}}
	if diff := cmp.Diff(want, sum.of("budget:b")); diff != "" || sum.position() != 3 {
		t.Errorf("totals up to %d (-want +got):\n%s", sum.position(), diff)
	}
}

func TestAddUp(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]int64{
		{1, 2, 3},
		{math.MaxInt64, 1, math.MaxInt64},
		{math.MinInt64, -1, math.MinInt64},
		{math.MaxInt64, math.MinInt64, -1},
		{math.MinInt64, 1, math.MinInt64 + 1},
	} {
		if got := addUp(tt[0], tt[1]); got != tt[2] {
			t.Errorf("addUp(%d, %d) = %d, want %d", tt[0], tt[1], got, tt[2])
		}
	}
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add(encoded(func(e *encoder) { e.opening(&Opening{Ask: ask("id"), Record: &testRecord}) }))
	f.Add(encoded(func(e *encoder) { e.progress(&Progress{ID: "id", Usage: llm.Usage{Input: 1, Reported: true}}) }))
	f.Add(encoded(func(e *encoder) { e.settlement(settlement("id", 1, 1)) }))
	f.Add([]byte{0x2a, 0x03, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		var e entry
		if err := e.decode(b); err != nil {
			return
		}
		var sum totals
		sum.fold(1, &e)
		if e.kind == kindOpening {
			c := newCutCall(1, &e)
			r := c.finalRecord("id")
			if r.RequestID != "id" || r.Status != requestlog.StatusError {
				t.Errorf("record %+v", r)
			}
			c.hardHold()
		}
	})
}
