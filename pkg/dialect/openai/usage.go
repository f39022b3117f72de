package openai

import (
	"bytes"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// ReadMeta implements dialect.Backend.
func (Backend) ReadMeta(_ llm.Op, body []byte) llm.Meta {
	var a answer
	a.read(body)
	return a.meta
}

// answer is what is read of an answer, whole or chunk by chunk.
type answer struct {
	meta  llm.Meta
	chunk chunk
}

// chunk says what the object read last was like.
type chunk struct {
	choices   []byte // the list of choices
	noChoices bool   // it is there and empty
	usage     bool   // it has a usage object
	failed    bool   // it is the report of an error
}

// read reads one object: a whole answer, or a chunk of one. Ids and model stand
// in every chunk; the first counts. Of usage the last counts, which is never a
// sum: vendors that send it in each chunk send running totals.
func (a *answer) read(object []byte) {
	a.chunk = chunk{}
	var groq []byte
	for m := toplevel.Object(object); m.Next(); {
		switch string(m.Name()) {
		case "id":
			first(&a.meta.ID, m.Value())
		case "model":
			first(&a.meta.Model, m.Value())
		case "choices":
			a.chunk.choices = m.Value()
			a.readChoices(m.Value())
		case "usage":
			a.readUsage(m.Value())
		case "x_groq":
			groq = m.Value()
		case "error":
			a.chunk.failed = a.chunk.failed || !toplevel.IsNull(m.Value())
		case "object":
			// Mistral's errors have this in place of the member error.
			a.chunk.failed = a.chunk.failed || string(m.Value()) == `"error"`
		}
	}
	if groq != nil && !a.chunk.usage {
		a.readUsage(toplevel.Find(groq, "usage"))
	}
}

// first sets *s where it is empty.
func first(s *string, v []byte) {
	if *s == "" {
		*s, _ = toplevel.String(v)
	}
}

func (a *answer) readChoices(list []byte) {
	if !mayHaveEnded(list) {
		a.chunk.noChoices = isEmptyArray(list)
		return
	}
	for l := toplevel.Array(list); l.Next(); {
		a.readChoice(l.Value())
	}
}

// mayHaveEnded reports whether a choice of the list has a reason for its end. It
// spares the walk through the choices, which is half the cost of a chunk: nearly
// all have "finish_reason": null. Names inside of texts have a backslash before
// the quote.
func mayHaveEnded(list []byte) bool {
	name := []byte(`finish_reason"`)
	for {
		i := bytes.Index(list, name)
		if i < 0 {
			return false
		}
		list = bytes.TrimLeft(list[i+len(name):], ": \t\r\n")
		if !bytes.HasPrefix(list, []byte("null")) {
			return true
		}
	}
}

func isEmptyArray(v []byte) bool {
	return len(v) > 1 && v[0] == '[' && bytes.HasPrefix(bytes.TrimLeft(v[1:], " \t\r\n"), []byte("]"))
}

// readChoice reads why a choice ended. The first choice's reason counts, or
// another's as long as the first has none.
func (a *answer) readChoice(v []byte) {
	var index int64
	var reason string
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "index":
			index, _ = toplevel.Int(m.Value())
		case "finish_reason":
			reason, _ = toplevel.String(m.Value())
		}
	}
	if reason != "" && (index == 0 || a.meta.StopReason == "") {
		a.meta.StopReason = reason
	}
}

func (a *answer) readUsage(v []byte) {
	if !toplevel.IsObject(v) {
		return
	}
	a.chunk.usage = true
	var u usage
	u.read(v)
	if sum := u.sum(); sum.Total() > 0 || !a.meta.Usage.Reported {
		a.meta.Usage = sum
	}
}

// usage is a usage object as OpenAI and the vendors compatible with it send it.
type usage struct {
	input, output, total  int64
	cached, write, hour   int64
	reasoning, outerCache int64
}

func (u *usage) read(v []byte) {
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "prompt_tokens":
			u.input = count(m.Value())
		case "completion_tokens":
			u.output = count(m.Value())
		case "total_tokens":
			u.total = count(m.Value())
		case "prompt_tokens_details":
			u.cached = count(toplevel.Find(m.Value(), "cached_tokens"))
			u.write = count(toplevel.Find(m.Value(), "cache_write_tokens"))
			// This gateway's own extension, of a gateway behind this one.
			u.hour = count(toplevel.Find(toplevel.Find(m.Value(), "cache_creation"), "ephemeral_1h_input_tokens"))
		case "completion_tokens_details":
			u.reasoning = count(toplevel.Find(m.Value(), "reasoning_tokens"))
		case "cached_tokens", "prompt_cache_hit_tokens":
			// Together and DeepSeek.
			u.outerCache = max(u.outerCache, count(m.Value()))
		}
	}
}

// count reads a number of tokens. Numbers too large to be counts are cut, so that
// sums of them cannot overflow.
func count(v []byte) int64 {
	const most = 1 << 50
	n, _ := toplevel.Int(v)
	return min(max(0, n), most)
}

// sum converts the numbers to the gateway's convention. xAI and some vendors
// behind gateways count reasoning apart from the output: their total tells, or
// reasoning that exceeds the output. Other parts that exceed the whole, as Azure's
// cached tokens may, are cut.
func (u *usage) sum() llm.Usage {
	input, output := u.input, u.output
	if u.reasoning > output || u.reasoning > 0 && u.total == input+output+u.reasoning {
		output += u.reasoning
	}
	if input == 0 && output == 0 {
		input = u.total
	}
	cached := min(max(u.cached, u.outerCache), input)
	write := min(u.write, input-cached)
	hour := min(u.hour, write)
	return llm.Usage{
		Input:        input,
		Output:       output,
		CacheRead:    cached,
		CacheWrite5m: write - hour,
		CacheWrite1h: hour,
		Reasoning:    u.reasoning,
		Reported:     true,
	}
}
