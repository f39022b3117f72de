package echo

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of what an answer repeats of its request, in bytes, and of tool calls.
const (
	maxQuote = 1000
	maxCalls = 8
)

// The ways in which an answer ends.
type stop uint8

const (
	stopNatural stop = iota
	stopLength
	stopSequence
	stopTools
)

// reply is an answer, in no dialect yet.
type reply struct {
	id       uint64
	thinking string
	text     string
	calls    []call
	stop     stop
	matched  string // the stop sequence
	usage    usage
}

// call is one call of a tool.
type call struct{ name, args string }

// usage is what the answer reports, in tokens. Input includes what was cached,
// output includes reasoning.
type usage struct {
	input, cacheRead, cacheWrite int
	output, reasoning            int
	hidden                       bool // nothing is reported
}

// compose makes the answer to a.
func compose(a *ask) *reply {
	r := &reply{id: a.seed}
	if a.script.thinking {
		r.thinking = "The user says something. I will repeat it politely."
	}
	switch wanted := a.calls(); {
	case len(wanted) > 0:
		r.calls = wanted
	default:
		r.text = a.text()
	}
	r.stopAt(a.stops)
	r.limitTo(a.limit)
	if len(r.calls) > 0 && r.stop == stopNatural {
		r.stop = stopTools
	}
	r.count(a)
	return r
}

// text is what the answer says.
func (a *ask) text() string {
	switch {
	case a.schema != nil:
		return instance(a.schema)
	case a.anyJSON:
		return `{"echo":` + quote(clip(a.prompt)) + `}`
	case len(a.results) > 0:
		return "The tool said: " + clip(strings.Join(a.results, "; "))
	case a.script.words > 0:
		return words(a.script.words)
	default:
		return "Hello! You said: " + clip(a.prompt)
	}
}

// calls are the tool calls of the answer: none once the results are there.
func (a *ask) calls() []call {
	if len(a.tools) == 0 || a.choice == choiceNone || len(a.results) > 0 || !a.script.tools && !a.mustCall() {
		return nil
	}
	several := a.script.parallel && !a.oneByOne && a.namedTool == ""
	var out []call
	for _, t := range a.tools {
		if a.namedTool != "" && t.name != a.namedTool {
			continue
		}
		out = append(out, call{t.name, a.arguments(t)})
		if !several || len(out) == maxCalls {
			break
		}
	}
	return out
}

// arguments fit the tool's schema, unless the script wants them broken.
func (a *ask) arguments(t tool) string {
	args := instance(t.schema)
	if a.script.brokenArgs {
		return strings.TrimSuffix(args, "}") + `, "broken": "`
	}
	return args
}

// stopAt ends the text before the first stop sequence in it.
func (r *reply) stopAt(stops []string) {
	at := -1
	for _, s := range stops {
		if i := strings.Index(r.text, s); s != "" && i >= 0 && (at < 0 || i < at) {
			at, r.matched = i, s
		}
	}
	if at >= 0 {
		r.text, r.stop = r.text[:at], stopSequence
	}
}

// limitTo cuts the answer to a number of tokens. A tool call that does not fit is
// left out: half a call is none.
func (r *reply) limitTo(limit int) {
	if limit <= 0 {
		return
	}
	left := limit * 4
	cut := func(s string) string {
		if len(s) > left {
			r.stop, r.matched = stopLength, ""
		}
		s = prefix(s, left)
		left -= tokens(len(s)) * 4
		return s
	}
	r.thinking, r.text = cut(r.thinking), cut(r.text)
	for i, c := range r.calls {
		left -= c.tokens() * 4
		if left < 0 {
			r.calls, r.stop = r.calls[:i], stopLength
			return
		}
	}
}

func (c call) tokens() int { return tokens(len(c.name) + len(c.args)) }

// count fills in the usage. A script that names the output is believed, up to
// the limit.
func (r *reply) count(a *ask) {
	u := usage{input: a.input, reasoning: tokens(len(r.thinking)), hidden: a.script.noUsage}
	u.output = u.reasoning + tokens(len(r.text))
	for _, c := range r.calls {
		u.output += c.tokens()
	}
	u.output = max(u.output, 1)
	if a.script.output > 0 {
		u.output = max(a.script.output, u.reasoning)
		if a.limit > 0 && u.output > a.limit {
			u.output, r.stop, r.matched = a.limit, stopLength, ""
		}
	}
	u.output *= max(a.choices, 1)
	u.reasoning *= max(a.choices, 1)
	if a.script.cached {
		u.cacheRead, u.cacheWrite = u.input/2, u.input/4
	}
	r.usage = u
}

// clip shortens what is repeated of a request.
func clip(s string) string {
	if len(s) <= maxQuote {
		return s
	}
	return prefix(s, maxQuote) + "…"
}

// prefix cuts s to at most n bytes, between two characters.
func prefix(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// words is a text of n words.
func words(n int) string {
	lines := [...]string{"the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "is", "back"}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(lines[i%len(lines)])
	}
	return b.String()
}

// pieceLength is how long a piece of a streamed text is, in bytes, at most.
const pieceLength = 24

// piece splits the next piece off a text: a word with the blank before it, as
// models stream them.
func piece(s string) (first, rest string) {
	first = prefix(s, pieceLength)
	if i := strings.IndexByte(first[min(1, len(first)):], ' '); i >= 0 {
		first = first[:i+1]
	}
	if first == "" { // cannot split: one very long character
		first = s
	}
	return first, s[len(first):]
}

// callID names the i-th tool call of an answer.
func (r *reply) callID(kind string, i int) string {
	return fmt.Sprintf("%s_echo%016x%02d", kind, r.id, i)
}

// quote writes s as a JSON string.
func quote(s string) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, `\n`...)
		case c < ' ' || c == 0x7f || c == '\u2028' || c == '\u2029':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return string(append(b, '"'))
}
