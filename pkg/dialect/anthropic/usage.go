package anthropic

import (
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// ReadMeta implements dialect.Backend. The answer of count_tokens has no usage:
// counting is free.
func (Backend) ReadMeta(op llm.Op, body []byte) llm.Meta {
	if op == llm.OpCountTokens {
		return llm.Meta{}
	}
	var a answer
	a.readMessage(body)
	a.final = true
	return a.meta()
}

// answer is what is read of an answer, whole or streamed.
type answer struct {
	id, model, stop string
	usage           usage
	seen            bool // a usage object has been read
	final           bool // the usage is that of the whole answer
}

func (a *answer) meta() llm.Meta {
	m := llm.Meta{ID: a.id, Model: a.model, StopReason: a.stop}
	if a.seen {
		m.Usage = a.usage.sum()
		m.Usage.Reported = a.final
	}
	return m
}

// readMessage reads a message: a whole answer, or the beginning of a streamed one.
func (a *answer) readMessage(v []byte) {
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "id":
			a.id, _ = toplevel.String(m.Value())
		case "model":
			a.model, _ = toplevel.String(m.Value())
		case "stop_reason":
			a.stop, _ = toplevel.String(m.Value())
		case "usage":
			a.readUsage(m.Value())
		}
	}
}

func (a *answer) readUsage(v []byte) {
	if toplevel.IsObject(v) {
		a.seen = true
		a.usage.read(v)
	}
}

// usage is a usage object in Anthropic's convention, in which input and cached
// input are apart. In a stream it is read several times; the numbers are
// cumulative, so the latest counts, and a 0 does not erase what is known.
type usage struct {
	tokens
	thinking   int64
	searches   int64
	compaction tokens
}

// tokens are the counts that a usage object and each of its iterations have.
type tokens struct {
	input, output    int64
	cacheRead        int64
	cacheWrite       int64
	write5m, write1h int64
}

func (u *usage) read(v []byte) {
	u.tokens.read(v)
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "output_tokens_details":
			keep(&u.thinking, toplevel.Find(m.Value(), "thinking_tokens"))
		case "server_tool_use":
			// Searches have a price of their own; a fetch costs the tokens it brings.
			keep(&u.searches, toplevel.Find(m.Value(), "web_search_requests"))
		case "iterations":
			u.compaction = compactions(m.Value())
		}
	}
}

// compactions sums the iterations in which the provider compacted the
// conversation: they are billed, but not part of the totals beside them
// (docs.anthropic.com, "Compaction", as of 2026-10-30).
func compactions(list []byte) tokens {
	var sum tokens
	for l := toplevel.Array(list); l.Next(); {
		if string(toplevel.Find(l.Value(), "type")) != `"compaction"` {
			continue
		}
		var t tokens
		t.read(l.Value())
		sum.add(t)
	}
	return sum
}

func (t *tokens) read(v []byte) {
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "input_tokens":
			keep(&t.input, m.Value())
		case "output_tokens":
			keep(&t.output, m.Value())
		case "cache_read_input_tokens":
			keep(&t.cacheRead, m.Value())
		case "cache_creation_input_tokens":
			keep(&t.cacheWrite, m.Value())
		case "cache_creation":
			keep(&t.write5m, toplevel.Find(m.Value(), "ephemeral_5m_input_tokens"))
			keep(&t.write1h, toplevel.Find(m.Value(), "ephemeral_1h_input_tokens"))
		}
	}
}

// keep replaces *n by the number in v if that is above 0. Numbers too large to be
// counts are cut, so that sums of them cannot overflow.
func keep(n *int64, v []byte) {
	const most = 1 << 50
	if got, ok := toplevel.Int(v); ok && got > 0 {
		*n = min(got, most)
	}
}

func (t *tokens) add(o tokens) {
	t.input += o.input
	t.output += o.output
	t.cacheRead += o.cacheRead
	long := min(o.write1h, o.writes())
	t.cacheWrite += o.writes()
	t.write1h += long
	t.write5m += o.writes() - long
}

// writes is all that was written to the cache, by the total or by its parts.
func (t *tokens) writes() int64 { return max(t.cacheWrite, t.write5m+t.write1h) }

// sum converts the counts to the gateway's convention. What the split by
// lifetime leaves over counts as five minutes.
func (u *usage) sum() llm.Usage {
	t := u.tokens
	t.add(u.compaction)
	long := min(t.write1h, t.writes())
	return llm.Usage{
		Input:        t.input + t.cacheRead + t.writes(),
		Output:       t.output,
		CacheRead:    t.cacheRead,
		CacheWrite5m: t.writes() - long,
		CacheWrite1h: long,
		Reasoning:    min(u.thinking, t.output),
		Queries:      u.searches,
	}
}
