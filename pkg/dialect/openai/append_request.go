package openai

import (
	"slices"
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// AppendRequest implements dialect.Backend. A legacy completion is never asked
// for in translation: it is a chat of one message.
func (b Backend) AppendRequest(dst []byte, req *llm.Request, l *dialect.Losses) ([]byte, error) {
	e := &encoder{dst: dst, req: req, losses: l}
	if b.Quirks != nil {
		e.quirks = *b.Quirks
	}
	e.compatible = b.Quirks != nil
	e.strict = b.Quirks == nil || b.Quirks.Limit == maxCompletionTokens
	switch {
	case req.Op == llm.OpEmbeddings && req.Translate.Embed != nil:
		e.embeddings(req.Translate.Embed)
	case req.Op == llm.OpChat && req.Translate.Conversation != nil:
		e.chat(req.Translate.Conversation)
	default:
		return dst, &llm.Error{
			Kind:    llm.InvalidRequest,
			Message: "the provider cannot be asked for this (" + req.Op.String() + ") in translation",
		}
	}
	if e.err != nil {
		return dst, e.err
	}
	return append(e.dst, '}'), nil
}

const (
	maxTokens           = "max_tokens"
	maxCompletionTokens = "max_completion_tokens"
)

// encoder writes one body. After an error it goes on, and what it has written is
// thrown away.
type encoder struct {
	dst    []byte
	req    *llm.Request
	losses *dialect.Losses
	quirks Quirks
	// compatible says that the vendor is not OpenAI itself.
	compatible bool
	// strict says that the vendor is OpenAI, or as strict: its models that reason
	// take no sampling parameters.
	strict  bool
	members []string // the names that have been written
	err     error
}

// begin begins the body.
func (e *encoder) begin() {
	e.dst = append(e.dst, `{"model":`...)
	e.dst = toplevel.AppendString(e.dst, e.req.Model)
	e.members = append(e.members, "model")
}

// member begins a member under the vendor's name of it. It is false where the
// vendor does not take it, which is noted or an error.
func (e *encoder) member(name string) bool {
	if slices.Contains(e.quirks.Drop, name) {
		e.lose(name, "the provider does not take it")
		return false
	}
	e.name(name)
	return true
}

func (e *encoder) name(name string) {
	if own, ok := e.quirks.Rename[name]; ok {
		e.members = append(e.members, name)
		name = own
	}
	e.members = append(e.members, name)
	e.dst = append(e.dst, ',')
	e.dst = toplevel.AppendString(e.dst, name)
	e.dst = append(e.dst, ':')
}

// lose leaves out a parameter, or fails where the answer would be another one.
func (e *encoder) lose(name, why string) {
	if hints[name] {
		e.losses.Hint(name)
		return
	}
	e.fail(e.losses.Refuse(name, why))
}

// fail keeps the first error.
func (e *encoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

func (e *encoder) raw(name string, v []byte) {
	if len(v) > 0 && e.member(name) {
		e.dst = append(e.dst, v...)
	}
}

func (e *encoder) number(name string, n llm.Number) {
	if n != "" && e.member(name) {
		e.dst = append(e.dst, n...)
	}
}

func (e *encoder) text(name, s string) {
	if s != "" && e.member(name) {
		e.str(s)
	}
}

func (e *encoder) flag(name string, v bool) {
	if e.member(name) {
		e.dst = strconv.AppendBool(e.dst, v)
	}
}

// str appends a string, lit text that is JSON already.
func (e *encoder) str(s string) { e.dst = toplevel.AppendString(e.dst, s) }
func (e *encoder) lit(s string) { e.dst = append(e.dst, s...) }

// strings appends a list of strings.
func (e *encoder) strings(list []string) {
	for i, s := range list {
		e.lit(separator(i))
		e.str(s)
	}
	e.lit("]")
}

// separator is what stands before element i of a list.
func separator(i int) string {
	if i == 0 {
		return "["
	}
	return ","
}

func (e *encoder) chat(c *llm.Conversation) {
	e.begin()
	e.messages(c)
	e.tools(c)
	e.format(&c.Format)
	e.limit(c)
	e.sampling(c)
	e.reasoning(c.Reasoning)
	e.answers(c)
	e.extra(c.Extra)
	if e.req.Stream {
		e.lit(`,"stream":true`)
		e.members = append(e.members, "stream")
		if !e.quirks.NoStreamOptions && !slices.Contains(e.quirks.Drop, dialect.StreamOptionsMember) {
			e.name(dialect.StreamOptionsMember)
			e.lit(`{"include_usage":true}`)
		}
	}
	e.defaults()
}

// extra writes OpenAI's own parameters and deals with those of other dialects.
func (e *encoder) extra(params []llm.Parameter) {
	e.fail(e.losses.Extra(params, func(p *llm.Parameter) bool {
		if p.From != llm.OpenAI {
			return false
		}
		e.raw(p.Name, p.Value)
		return true
	}))
}

// defaults adds the configured parameters that have not been set. The two names
// of the output limit count as one: limit has dealt with them.
func (e *encoder) defaults() {
	for _, d := range e.req.Edits.Defaults {
		if d.Name == maxTokens || d.Name == maxCompletionTokens || slices.Contains(e.quirks.Drop, d.Name) {
			continue
		}
		if own := e.quirks.Rename[d.Name]; slices.Contains(e.members, d.Name) || own != "" && slices.Contains(e.members, own) {
			continue
		}
		e.name(d.Name)
		e.dst = append(e.dst, d.Value...)
	}
}

func (e *encoder) embeddings(m *llm.Embed) {
	e.begin()
	e.lit(`,"input":`)
	switch {
	case m.Single && len(m.Texts) == 1:
		e.str(m.Texts[0])
	case m.Single && len(m.Tokens) == 1:
		e.dst = append(e.dst, m.Tokens[0]...)
	case m.Tokens != nil:
		for i, t := range m.Tokens {
			e.lit(separator(i))
			e.dst = append(e.dst, t...)
		}
		e.lit("]")
	default:
		e.strings(m.Texts)
	}
	e.members = append(e.members, "input")
	if m.Base64 && !e.quirks.FloatVectors {
		e.text("encoding_format", "base64")
	}
	e.number("dimensions", m.Dimensions)
	e.text("user", m.User)
	e.extra(m.Extra)
	e.defaults()
}
