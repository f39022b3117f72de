package ledger

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// entry is an entry as it is read. Its slices are parts of the bytes it was read
// from, and last as long. It can be reused.
type entry struct {
	kind         kind
	id, owner    []byte
	start        int64
	lines        []entryLine
	record       []byte
	money        int64
	bytes        int64
	outputTokens int64
	usage        llm.Usage
	ttft         int64
	// admitted is 0 where it is not known, settled comes so long after it.
	admitted, settled int64
}

// entryLine is what an account holds, or gets booked.
type entryLine struct {
	account []byte
	epoch   int64
	unit    llm.Unit
	amount  int64
	soft    bool
	// kind is that of the window or bucket that counts the line; 0 where none does.
	kind admission.RuleKind
	// debt is the part of the amount that no hold covered.
	debt int64
}

// decode reads an entry. Unknown fields and kinds are no error: a later version
// may have written them.
func (e *entry) decode(b []byte) error {
	*e = entry{lines: e.lines[:0]}
	var inner error
	err := fields(b, func(f field) {
		switch f.number {
		case fieldKind:
			e.kind = kind(f.varint)
		case fieldID:
			e.id = f.bytes
		case fieldOwner:
			e.owner = f.bytes
		case fieldStart:
			e.start = f.signed()
		case fieldLine:
			inner = firstError(inner, e.decodeLine(f.bytes))
		case fieldRecord:
			e.record = f.bytes
		case fieldMoney:
			e.money = f.signed()
		case fieldBytes:
			e.bytes = f.signed()
		case fieldOutputTokens:
			e.outputTokens = f.signed()
		case fieldUsage:
			inner = firstError(inner, decodeUsage(f.bytes, &e.usage))
		case fieldTTFT:
			e.ttft = f.signed()
		case fieldAdmitted:
			e.admitted = f.signed()
		case fieldSettled:
			e.settled = f.signed()
		}
	})
	if err := firstError(err, inner); err != nil {
		return fmt.Errorf("read journal entry: %w", err)
	}
	return nil
}

func (e *entry) decodeLine(b []byte) error {
	var l entryLine
	err := fields(b, func(f field) {
		switch f.number {
		case lineAccount:
			l.account = f.bytes
		case lineEpoch:
			l.epoch = f.signed()
		case lineUnit:
			l.unit = llm.Unit(f.varint)
		case lineAmount:
			l.amount = f.signed()
		case lineSoft:
			l.soft = f.varint != 0
		case lineKind:
			l.kind = admission.RuleKind(f.varint)
		case lineDebt:
			l.debt = f.signed()
		}
	})
	e.lines = append(e.lines, l)
	return err
}

func decodeUsage(b []byte, u *llm.Usage) error {
	return fields(b, func(f field) {
		switch f.number {
		case usageInput:
			u.Input = f.signed()
		case usageOutput:
			u.Output = f.signed()
		case usageCacheRead:
			u.CacheRead = f.signed()
		case usageCacheWrite5m:
			u.CacheWrite5m = f.signed()
		case usageCacheWrite1h:
			u.CacheWrite1h = f.signed()
		case usageReasoning:
			u.Reasoning = f.signed()
		case usageQueries:
			u.Queries = f.signed()
		case usageReported:
			u.Reported = f.varint != 0
		}
	})
}

// field is one field of a message: varint or bytes, as its type is.
type field struct {
	number protowire.Number
	varint uint64
	bytes  []byte
}

func (f field) signed() int64 { return protowire.DecodeZigZag(f.varint) }

// fields calls f for the numbers and strings of a message.
func fields(b []byte, f func(field)) error {
	for len(b) > 0 {
		number, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		fd := field{number: number}
		switch typ {
		case protowire.VarintType:
			fd.varint, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			fd.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, typ, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		f(fd)
	}
	return nil
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
