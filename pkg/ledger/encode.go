package ledger

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// An entry is one message in the wire format of protocol buffers: fields that a
// version does not know are skipped, zero values are left out. The numbers are
// forever.
const (
	fieldKind         protowire.Number = 1  // kind
	fieldID           protowire.Number = 2  // string
	fieldOwner        protowire.Number = 3  // string
	fieldStart        protowire.Number = 4  // zigzag, Unix time in nanoseconds
	fieldLine         protowire.Number = 5  // repeated message: what is held, or booked
	fieldRecord       protowire.Number = 6  // string, the log line
	fieldMoney        protowire.Number = 7  // zigzag, nano-dollars
	fieldBytes        protowire.Number = 8  // zigzag
	fieldOutputTokens protowire.Number = 9  // zigzag
	fieldUsage        protowire.Number = 10 // message
	fieldTTFT         protowire.Number = 11 // zigzag, nanoseconds
	fieldAdmitted     protowire.Number = 12 // zigzag, Unix time in nanoseconds
	fieldSettled      protowire.Number = 13 // zigzag, nanoseconds after it was admitted
)

// The fields of a line.
const (
	lineAccount protowire.Number = 1 // string
	lineEpoch   protowire.Number = 2 // zigzag
	lineUnit    protowire.Number = 3 // llm.Unit
	lineAmount  protowire.Number = 4 // zigzag
	lineSoft    protowire.Number = 5 // bool
	lineKind    protowire.Number = 6 // admission.RuleKind, where a window counts
	lineDebt    protowire.Number = 7 // zigzag, the part of the amount that no hold covered
)

// The fields of a usage.
const (
	usageInput        protowire.Number = 1 // all zigzag
	usageOutput       protowire.Number = 2
	usageCacheRead    protowire.Number = 3
	usageCacheWrite5m protowire.Number = 4
	usageCacheWrite1h protowire.Number = 5
	usageReasoning    protowire.Number = 6
	usageQueries      protowire.Number = 7
	usageReported     protowire.Number = 8
)

// kind says what an entry is.
type kind uint64

const (
	kindOpening kind = iota + 1
	kindGrowth
	kindProgress
	kindSettlement
	kindReset
)

// keepEncoder is the largest buffer that is kept for the next entry.
const keepEncoder = 64 << 10

// encoder builds one entry after the other. Not safe for concurrent use.
type encoder struct {
	entry []byte
	// part is a message inside the entry, which stands there after its length.
	part []byte
}

// encoder gives an encoder to be released.
func (l *Ledger) encoder() *encoder {
	if e, ok := l.encoders.Get().(*encoder); ok {
		return e
	}
	return new(encoder)
}

// release takes the encoder back; its entry must not be used afterwards.
func (l *Ledger) release(e *encoder) {
	if cap(e.entry) <= keepEncoder && cap(e.part) <= keepEncoder {
		l.encoders.Put(e)
	}
}

func (e *encoder) opening(o *Opening) {
	e.begin(kindOpening, o.Ask.ID)
	e.entry = appendText(e.entry, fieldOwner, o.Ask.Owner)
	e.entry = appendNumber(e.entry, fieldStart, o.Start.UnixNano())
	for i := range o.Ask.Lines {
		amount := o.Ask.Lines[i].Want
		if o.Ask.Lines[i].Unit == llm.Money {
			amount = o.Money
		}
		e.line(&o.Ask.Lines[i], amount, 0)
	}
	e.record(o.Record)
}

// times appends when a call was admitted, and how long after that it was settled.
func (e *encoder) times(admitted time.Time, after time.Duration) {
	if admitted.IsZero() {
		return
	}
	e.entry = appendNumber(e.entry, fieldAdmitted, admitted.UnixNano())
	e.entry = appendNumber(e.entry, fieldSettled, int64(after))
}

func (e *encoder) growth(g *Growth) {
	e.begin(kindGrowth, g.ID)
	e.entry = appendNumber(e.entry, fieldMoney, g.Money)
	e.record(g.Record)
}

func (e *encoder) progress(p *Progress) {
	e.begin(kindProgress, p.ID)
	e.entry = appendNumber(e.entry, fieldBytes, p.Bytes)
	e.entry = appendNumber(e.entry, fieldOutputTokens, p.OutputTokens)
	e.usage(p.Usage)
	e.entry = appendNumber(e.entry, fieldTTFT, int64(p.TTFT))
	e.record(p.Record)
}

func (e *encoder) settlement(s *Settlement) {
	e.begin(kindSettlement, s.ID)
	for i := range s.Lines {
		l := &s.Lines[i]
		amount, debt := booking(l, s.Actual), int64(0)
		if amount == 0 || isRepeated(s.Lines, i) {
			continue
		}
		if l.Unit == llm.Tokens && l.Rule.Kind.Windowed() {
			debt = max(0, amount-max(0, l.Want))
		}
		e.line(l, amount, debt)
	}
	e.record(s.Record)
}

// booking is what a line books: parallel calls are given back, a void call books
// nothing.
func booking(l *admission.Line, actual admission.Actual) int64 {
	if actual.Void {
		return 0
	}
	switch l.Unit {
	case llm.Requests:
		return l.Want
	case llm.Tokens:
		return actual.Tokens
	case llm.Money:
		return actual.Money
	default:
		return 0
	}
}

// isRepeated reports whether an earlier line is of the same account, unit and
// epoch: two limits on one thing, which is used once.
func isRepeated(lines []admission.Line, i int) bool {
	for j := range lines[:i] {
		if lines[j].Unit == lines[i].Unit && lines[j].Epoch == lines[i].Epoch && lines[j].Account == lines[i].Account {
			return true
		}
	}
	return false
}

func (e *encoder) begin(k kind, id string) {
	e.entry = protowire.AppendTag(e.entry[:0], fieldKind, protowire.VarintType)
	e.entry = protowire.AppendVarint(e.entry, uint64(k))
	e.entry = appendText(e.entry, fieldID, id)
}

func (e *encoder) line(l *admission.Line, amount, debt int64) {
	e.part = appendText(e.part[:0], lineAccount, l.Account)
	e.part = appendNumber(e.part, lineEpoch, l.Epoch)
	e.part = protowire.AppendTag(e.part, lineUnit, protowire.VarintType)
	e.part = protowire.AppendVarint(e.part, uint64(l.Unit))
	e.part = appendNumber(e.part, lineAmount, amount)
	e.part = appendFlag(e.part, lineSoft, l.Soft)
	if l.Rule.Kind.Windowed() {
		e.part = protowire.AppendTag(e.part, lineKind, protowire.VarintType)
		e.part = protowire.AppendVarint(e.part, uint64(l.Rule.Kind))
	}
	e.part = appendNumber(e.part, lineDebt, debt)
	e.embed(fieldLine)
}

func (e *encoder) usage(u llm.Usage) {
	if u == (llm.Usage{}) {
		return
	}
	e.part = appendNumber(e.part[:0], usageInput, u.Input)
	e.part = appendNumber(e.part, usageOutput, u.Output)
	e.part = appendNumber(e.part, usageCacheRead, u.CacheRead)
	e.part = appendNumber(e.part, usageCacheWrite5m, u.CacheWrite5m)
	e.part = appendNumber(e.part, usageCacheWrite1h, u.CacheWrite1h)
	e.part = appendNumber(e.part, usageReasoning, u.Reasoning)
	e.part = appendNumber(e.part, usageQueries, u.Queries)
	e.part = appendFlag(e.part, usageReported, u.Reported)
	e.embed(fieldUsage)
}

func (e *encoder) record(r *requestlog.Record) {
	if r == nil {
		return
	}
	e.part = r.AppendJSON(e.part[:0])
	e.embed(fieldRecord)
}

// embed appends the part as a field.
func (e *encoder) embed(n protowire.Number) {
	e.entry = protowire.AppendTag(e.entry, n, protowire.BytesType)
	e.entry = protowire.AppendBytes(e.entry, e.part)
}

func appendText(dst []byte, n protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	dst = protowire.AppendTag(dst, n, protowire.BytesType)
	return protowire.AppendString(dst, s)
}

func appendNumber(dst []byte, n protowire.Number, v int64) []byte {
	if v == 0 {
		return dst
	}
	dst = protowire.AppendTag(dst, n, protowire.VarintType)
	return protowire.AppendVarint(dst, protowire.EncodeZigZag(v))
}

func appendFlag(dst []byte, n protowire.Number, v bool) []byte {
	if !v {
		return dst
	}
	dst = protowire.AppendTag(dst, n, protowire.VarintType)
	return protowire.AppendVarint(dst, 1)
}
