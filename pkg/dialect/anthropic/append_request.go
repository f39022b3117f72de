package anthropic

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// defaultMaxTokens limits the output where nobody says how much it may be: the
// API wants a limit.
const defaultMaxTokens = 4096

// jsonOnly asks for what the API has no parameter for: some JSON object.
const jsonOnly = "Answer with one JSON object and nothing else: no prose around it, no code fence."

// AppendRequest implements dialect.ProviderSide.
func (Backend) AppendRequest(dst []byte, req *llm.Request, l *dialect.Losses) ([]byte, error) {
	if req.Translate == nil || req.Translate.Conversation == nil {
		return dst, &llm.Error{Kind: llm.InvalidRequest, Message: "the Messages API has no operation " + req.Op.String()}
	}
	e := requestEncoder{bodyWriter: bodyWriter{dst: dst}, req: req, conv: req.Translate.Conversation, losses: l}
	if err := e.prepare(); err != nil {
		return dst, err
	}
	e.member("model")
	e.dst = toplevel.AppendString(e.dst, req.Model)
	e.prompt()
	if err := e.parameters(); err != nil {
		return dst, err
	}
	return append(e.dst, '}'), nil
}

// bodyWriter writes the members of a JSON object.
type bodyWriter struct {
	dst   []byte
	names []string // of the members
}

// member begins a member; its value is appended to dst.
func (b *bodyWriter) member(name string) {
	if len(b.names) == 0 {
		b.dst = append(b.dst, '{')
	} else {
		b.dst = append(b.dst, ',')
	}
	b.names = append(b.names, name)
	b.dst = append(toplevel.AppendString(b.dst, name), ':')
}

func (b *bodyWriter) has(name string) bool { return slices.Contains(b.names, name) }

// raw writes a member whose value is JSON text.
func (b *bodyWriter) raw(name string, v []byte) {
	b.member(name)
	b.dst = append(b.dst, v...)
}

// requestEncoder writes one body.
type requestEncoder struct {
	bodyWriter
	req      *llm.Request
	conv     *llm.Conversation
	losses   *dialect.Losses
	turns    []turn
	tools    []llm.Tool
	limit    int64 // max_tokens
	thinking thinking
}

// prepare decides what is written, and finds what cannot be.
func (e *requestEncoder) prepare() error {
	e.limit = e.outputLimit()
	var err error
	if e.turns, err = collect(e.conv.Messages, e.losses); err != nil {
		return err
	}
	if e.tools, err = e.keepTools(); err != nil {
		return err
	}
	e.thinking = e.planThinking()
	return nil
}

// outputLimit is max_tokens. Counting has none, so that no budget is too much.
func (e *requestEncoder) outputLimit() int64 {
	switch {
	case e.req.Op == llm.OpCountTokens:
		return math.MaxInt32
	case e.req.Edits.MaxOutput > 0:
		return e.req.Edits.MaxOutput
	case e.conv.MaxOutput > 0:
		return e.conv.MaxOutput
	}
	for i := range e.req.Edits.Defaults {
		if d := &e.req.Edits.Defaults[i]; isLimit(d.Name) {
			if n, ok := toplevel.Int(d.Value); ok && n > 0 {
				return n
			}
		}
	}
	if n := e.req.Translate.Model.MaxOutput; n > 0 {
		return n
	}
	return defaultMaxTokens
}

// isLimit reports whether a default is the output limit, in either dialect's word.
func isLimit(name string) bool { return name == "max_tokens" || name == "max_completion_tokens" }

// prompt writes the members that both operations have.
func (e *requestEncoder) prompt() {
	if e.req.Op != llm.OpCountTokens {
		e.member("max_tokens")
		e.dst = strconv.AppendInt(e.dst, e.limit, 10)
	}
	e.system()
	e.member("messages")
	e.dst = appendTurns(e.dst, e.turns)
	if len(e.tools) > 0 {
		e.member("tools")
		e.dst = appendTools(e.dst, e.tools)
	}
	e.toolChoice()
	e.writeThinking()
	e.outputConfig()
	if c := e.conv.Cache; c != nil {
		e.member("cache_control")
		e.dst = appendCacheMark(e.dst, c)
	}
}

// system writes the system prompt: text, or blocks where one carries a mark.
func (e *requestEncoder) system() {
	texts := make([]llm.Text, 0, len(e.conv.System)+1)
	for _, t := range e.conv.System {
		if !blank(t.Text) {
			texts = append(texts, t)
		}
	}
	if e.conv.Format.Kind == llm.FormatJSON {
		texts = append(texts, llm.Text{Text: jsonOnly})
	}
	switch {
	case len(texts) == 0:
	case len(texts) == 1 && texts[0].Cache == nil:
		e.member("system")
		e.dst = toplevel.AppendString(e.dst, texts[0].Text)
	default:
		e.member("system")
		e.dst = append(e.dst, '[')
		for i, t := range texts {
			e.dst = appendPart(comma(e.dst, i), t)
		}
		e.dst = append(e.dst, ']')
	}
}

func (e *requestEncoder) outputConfig() {
	schema := e.conv.Format.Kind == llm.FormatSchema && len(e.conv.Format.Schema) > 0
	if !schema && e.thinking.effort == "" {
		return
	}
	e.member("output_config")
	e.dst = append(e.dst, '{')
	if e.thinking.effort != "" {
		e.dst = append(e.dst, `"effort":`...)
		e.dst = toplevel.AppendString(e.dst, e.thinking.effort)
	}
	if schema {
		if e.thinking.effort != "" {
			e.dst = append(e.dst, ',')
		}
		e.dst = append(e.dst, `"format":{"type":"json_schema","schema":`...)
		e.dst = append(append(e.dst, e.conv.Format.Schema...), '}')
	}
	e.dst = append(e.dst, '}')
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// comma separates the item i of a list from the one before it.
func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}
