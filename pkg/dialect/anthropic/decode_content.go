package anthropic

import (
	"bytes"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

func decodeContent(v []byte, role llm.Role) ([]llm.Part, error) {
	if s, ok := readString(v); ok {
		return []llm.Part{llm.Text{Text: s}}, nil
	}
	if !isArray(v) {
		return nil, wrong("content", "must be a string or a list of content blocks")
	}
	var parts []llm.Part
	list := toplevel.Array(v)
	for i := 0; list.Next(); i++ {
		var err error
		if parts, err = appendBlock(parts, list.Value(), role); err != nil {
			return nil, withinItem(err, "content", i)
		}
	}
	return parts, nil
}

// appendBlock appends what a block of a message says.
func appendBlock(parts []llm.Part, v []byte, role llm.Role) ([]llm.Part, error) {
	kind, err := requiredString(v, "type")
	if err != nil {
		return nil, err
	}
	if err := checkRole(kind, role); err != nil {
		return nil, err
	}
	var p llm.Part
	switch kind {
	case "text", "image", "document":
		return appendShown(parts, kind, v)
	case "tool_use":
		p, err = decodeToolUse(v)
	case "tool_result":
		p, err = decodeToolResult(v)
	case "thinking":
		p, err = decodeThinking(v)
	case "redacted_thinking":
		var data string
		data, err = requiredString(v, "data")
		p = llm.Redacted{Data: data}
	default:
		p = *foreign(kind, v)
	}
	return append(parts, p), err
}

// checkRole reports blocks that are the other side's to say.
func checkRole(kind string, role llm.Role) error {
	switch kind {
	case "tool_use", "thinking", "redacted_thinking":
		if role != llm.Assistant {
			return wrong("type", kind+" blocks can only be in messages of the assistant")
		}
	case "tool_result":
		if role != llm.User {
			return wrong("type", "tool_result blocks can only be in messages of the user")
		}
	}
	return nil
}

func foreign(kind string, v []byte) *llm.Foreign {
	return &llm.Foreign{From: llm.Anthropic, Kind: kind, Raw: bytes.Clone(v)}
}

// appendShown appends a block that messages and results of tools may have.
func appendShown(parts []llm.Part, kind string, v []byte) ([]llm.Part, error) {
	switch kind {
	case "text":
		text, err := decodeText(v)
		return append(parts, text), err
	case "image":
		m := llm.Media{Kind: llm.Image}
		err := decodeSource(&m, toplevel.Find(v, "source"))
		if err == nil {
			m.Cache, err = decodeCache(v)
		}
		return append(parts, m), err
	default:
		return appendDocument(parts, v)
	}
}

func decodeText(v []byte) (llm.Text, error) {
	text, err := requiredString(v, "text")
	if err != nil {
		return llm.Text{}, err
	}
	cache, err := decodeCache(v)
	return llm.Text{Text: text, Cache: cache}, err
}

// decodeSource reads where the content of an image or a document stands.
func decodeSource(m *llm.Media, v []byte) error {
	if !toplevel.IsObject(v) {
		return wrong("source", "must be an object with a type")
	}
	var err error
	switch kind, _ := readString(toplevel.Find(v, "type")); kind {
	case "base64":
		if m.Type, err = filledString(v, "media_type"); err == nil {
			m.Data, err = filledString(v, "data")
		}
	case "url":
		m.URL, err = filledString(v, "url")
	case "file":
		m.FileID, err = filledString(v, "file_id")
	case "text":
		if m.Kind != llm.Document {
			return wrong("source.type", "must be base64, url or file")
		}
		m.Text, err = filledString(v, "data")
	default:
		return wrong("source.type", "must be base64, url, file or, for documents, text or content")
	}
	return within(err, "source")
}

func appendDocument(parts []llm.Part, v []byte) ([]llm.Part, error) {
	m := llm.Media{Kind: llm.Document}
	var err error
	if m.Title, err = optionalString(v, "title"); err != nil {
		return nil, err
	}
	if m.Context, err = optionalString(v, "context"); err != nil {
		return nil, err
	}
	if m.Cache, err = decodeCache(v); err != nil {
		return nil, err
	}
	source := toplevel.Find(v, "source")
	if string(toplevel.Find(source, "type")) == `"content"` {
		parts, err = appendPassages(parts, m, toplevel.Find(source, "content"))
		return parts, within(err, "source")
	}
	err = decodeSource(&m, source)
	return append(parts, m), err
}

// appendPassages appends a document that is made of blocks. Blocks of text alone
// are one text; with images among them they stand one after the other, behind the
// document's title, since no other vendor has documents that show something.
func appendPassages(parts []llm.Part, m llm.Media, v []byte) ([]llm.Part, error) {
	blocks, err := decodePassages(v)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, b := range blocks {
		if t, ok := b.(llm.Text); ok {
			texts = append(texts, t.Text)
		}
	}
	if m.Text = strings.Join(texts, "\n\n"); len(texts) == len(blocks) && m.Text != "" {
		return append(parts, m), nil
	}
	for _, s := range []string{m.Title, m.Context} {
		if s != "" {
			parts = append(parts, llm.Text{Text: s})
		}
	}
	return append(parts, blocks...), nil
}

func decodePassages(v []byte) ([]llm.Part, error) {
	if s, ok := readString(v); ok {
		return []llm.Part{llm.Text{Text: s}}, nil
	}
	if !isArray(v) {
		return nil, wrong("content", "must be a string or a list of content blocks")
	}
	var blocks []llm.Part
	list := toplevel.Array(v)
	for i := 0; list.Next(); i++ {
		kind, err := requiredString(list.Value(), "type")
		switch {
		case err != nil:
		case kind == "text" || kind == "image":
			blocks, err = appendShown(blocks, kind, list.Value())
		default:
			err = wrong("type", "must be text or image")
		}
		if err != nil {
			return nil, withinItem(err, "content", i)
		}
	}
	return blocks, nil
}

func decodeToolUse(v []byte) (llm.Part, error) {
	id, err := requiredString(v, "id")
	if err != nil {
		return nil, err
	}
	name, err := requiredString(v, "name")
	if err != nil {
		return nil, err
	}
	input := toplevel.Find(v, "input")
	if !toplevel.IsObject(input) {
		return nil, wrong("input", "must be an object")
	}
	cache, err := decodeCache(v)
	return llm.ToolCall{ID: id, Name: name, Arguments: string(input), Cache: cache}, err
}

func decodeToolResult(v []byte) (llm.Part, error) {
	id, err := requiredString(v, "tool_use_id")
	if err != nil {
		return nil, err
	}
	r := llm.ToolResult{CallID: id}
	if r.Parts, err = decodeResultContent(toplevel.Find(v, "content")); err != nil {
		return nil, err
	}
	r.Failed, _ = toplevel.Bool(toplevel.Find(v, "is_error"))
	r.Cache, err = decodeCache(v)
	return r, err
}

// decodeResultContent reads what a tool gave. A block that only Anthropic knows
// (search_result, tool_reference) stands as its JSON text, which any model can
// read.
func decodeResultContent(v []byte) ([]llm.Part, error) {
	if isUnset(v) {
		return nil, nil
	}
	if s, ok := readString(v); ok {
		return []llm.Part{llm.Text{Text: s}}, nil
	}
	if !isArray(v) {
		return nil, wrong("content", "must be a string or a list of content blocks")
	}
	var parts []llm.Part
	list := toplevel.Array(v)
	for i := 0; list.Next(); i++ {
		kind, err := requiredString(list.Value(), "type")
		switch kind {
		case "text", "image", "document":
			parts, err = appendShown(parts, kind, list.Value())
		default:
			parts = append(parts, llm.Text{Text: string(list.Value())})
		}
		if err != nil {
			return nil, withinItem(err, "content", i)
		}
	}
	return parts, nil
}

func decodeThinking(v []byte) (llm.Part, error) {
	text, err := requiredString(v, "thinking")
	if err != nil {
		return nil, err
	}
	signature, err := optionalString(v, "signature")
	if signature == unsigned {
		signature = ""
	}
	return llm.Thinking{Text: text, Signature: signature}, err
}

// decodeCache reads the cache_control of a block or tool.
func decodeCache(v []byte) (*llm.CacheMark, error) {
	return readCache(toplevel.Find(v, "cache_control"))
}

func readCache(v []byte) (*llm.CacheMark, error) {
	if isUnset(v) {
		return nil, nil
	}
	if !toplevel.IsObject(v) {
		return nil, wrong("cache_control", "must be an object")
	}
	lifetime, err := optionalString(v, "ttl")
	if err != nil {
		return nil, within(err, "cache_control")
	}
	return &llm.CacheMark{Lifetime: lifetime}, nil
}

func isArray(v []byte) bool { return len(v) > 0 && v[0] == '[' }

// isUnset reports whether a member is absent or null.
func isUnset(v []byte) bool { return len(v) == 0 || toplevel.IsNull(v) }

// readString reads a string of a body that is known to be sound, where nothing has
// to be checked again.
func readString(v []byte) (string, bool) {
	if len(v) < 2 || !toplevel.IsString(v) {
		return "", false
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1]), true
	}
	text, ok := toplevel.AppendUnquoted(make([]byte, 0, len(v)), v)
	return string(text), ok
}

// requiredString reads a member of the object v that must be a string.
func requiredString(v []byte, name string) (string, error) {
	s, ok := readString(toplevel.Find(v, name))
	if !ok {
		return "", wrong(name, "must be a string")
	}
	return s, nil
}

// filledString is requiredString for a string that says something.
func filledString(v []byte, name string) (string, error) {
	s, err := requiredString(v, name)
	if err == nil && s == "" {
		err = wrong(name, "must not be empty")
	}
	return s, err
}

// optionalString reads a member of the object v that may be absent or null.
func optionalString(v []byte, name string) (string, error) {
	if isUnset(toplevel.Find(v, name)) {
		return "", nil
	}
	return requiredString(v, name)
}
