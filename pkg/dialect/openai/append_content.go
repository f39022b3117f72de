package openai

import (
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// between separates texts that become one: they were paragraphs of their own.
const between = "\n\n"

// sayable gives the parts that a message can have: texts, media that the vendor
// takes, and OpenAI's own parts. Documents of text become texts.
func (e *encoder) sayable(parts []llm.Part) []llm.Part {
	said := make([]llm.Part, 0, len(parts))
	for _, p := range parts {
		switch p := p.(type) {
		case llm.Text:
			if p.Text != "" {
				said = append(said, p)
			}
		case llm.Media:
			if p.Kind == llm.Document && strings.HasPrefix(p.Type, "text/") && p.Data != "" {
				asText(&p)
			}
			if p.Text != "" {
				said = append(said, llm.Text{Text: documentText(&p), Cache: p.Cache})
			} else if why := e.unsendable(&p); why != "" {
				e.fail(e.losses.Refuse("messages", why))
			} else {
				said = append(said, p)
			}
		case llm.Refusal:
			said = append(said, llm.Text{Text: p.Text})
		case llm.Foreign:
			if p.From == llm.OpenAI {
				said = append(said, p)
			} else {
				e.losses.Hint("messages." + p.Kind)
			}
		}
	}
	return said
}

// documentText is a document as a prompt shows it.
func documentText(m *llm.Media) string {
	var s strings.Builder
	if m.Title != "" {
		s.WriteString("Title: " + m.Title + "\n")
	}
	if m.Context != "" {
		s.WriteString("Context: " + m.Context + "\n")
	}
	if s.Len() > 0 {
		s.WriteString("\n")
	}
	s.WriteString(m.Text)
	return s.String()
}

// unsendable says why the vendor does not take m; "" where it does.
func (e *encoder) unsendable(m *llm.Media) string {
	switch {
	case e.quirks.PlainContent:
		return "the provider takes text only"
	case m.Kind == llm.Document && m.URL != "":
		return "the provider takes no documents by address: send the content"
	case m.Kind == llm.Image && m.FileID != "":
		return "the provider takes no images by file id: send the content"
	case m.Kind == llm.Audio && m.Data == "":
		return "the provider takes audio as content only"
	case m.Kind == llm.Audio && m.Type == "":
		return "the audio must say its format"
	}
	return ""
}

// texts writes a content that is text only: one string, unless a mark has to
// stand at one of them.
func (e *encoder) texts(texts []llm.Text) {
	parts := make([]llm.Part, len(texts))
	for i, t := range texts {
		parts[i] = t
	}
	if e.marked(parts) {
		e.parts(parts)
		return
	}
	e.joined(parts)
}

// content writes a string where that says all, else a list of parts.
func (e *encoder) content(parts []llm.Part) {
	text := (len(parts) <= 1 || e.quirks.JoinText) && !slices.ContainsFunc(parts, isNoText)
	if text && !e.marked(parts) || e.quirks.PlainContent {
		e.joined(parts)
		return
	}
	e.parts(parts)
}

func isNoText(p llm.Part) bool {
	_, text := p.(llm.Text)
	return !text
}

// marked reports whether a mark has to be written.
func (e *encoder) marked(parts []llm.Part) bool {
	if !e.quirks.CacheControl || e.quirks.PlainContent {
		return false
	}
	for _, p := range parts {
		if t, ok := p.(llm.Text); ok && t.Cache != nil {
			return true
		}
	}
	return false
}

// joined writes texts as one string. Where parts must be joined there are no
// media left.
func (e *encoder) joined(parts []llm.Part) {
	if len(parts) == 1 {
		if t, ok := parts[0].(llm.Text); ok {
			e.str(t.Text)
			return
		}
	}
	var all []string
	for _, p := range parts {
		switch p := p.(type) {
		case llm.Text:
			all = append(all, p.Text)
		case llm.Foreign:
			e.losses.Hint("messages." + p.Kind)
		}
	}
	e.str(strings.Join(all, between))
}

func (e *encoder) parts(parts []llm.Part) {
	for i, p := range parts {
		e.lit(separator(i))
		switch p := p.(type) {
		case llm.Text:
			e.lit(`{"type":"text","text":`)
			e.str(p.Text)
			e.mark(p.Cache)
			e.lit("}")
		case llm.Media:
			e.media(&p)
			e.mark(p.Cache)
			e.lit("}")
		case llm.Foreign:
			e.dst = append(e.dst, p.Raw...)
		}
	}
	e.lit("]")
}

// media writes a part without its closing brace.
func (e *encoder) media(m *llm.Media) {
	switch {
	case m.Kind == llm.Image:
		e.lit(`{"type":"image_url","image_url":{"url":`)
		e.address(m)
		if m.Detail != "" {
			e.lit(`,"detail":`)
			e.str(m.Detail)
		}
	case m.Kind == llm.Audio:
		e.lit(`{"type":"input_audio","input_audio":{"data":`)
		e.str(m.Data)
		e.lit(`,"format":`)
		e.str(audioFormat(m.Type))
	case m.FileID != "":
		e.lit(`{"type":"file","file":{"file_id":`)
		e.str(m.FileID)
	default:
		name := m.Title
		if name == "" {
			name = "document.pdf"
		}
		e.lit(`{"type":"file","file":{"filename":`)
		e.str(name)
		e.lit(`,"file_data":`)
		e.address(m)
	}
	e.lit("}")
}

// address writes where the content is: behind a URL, or in it.
func (e *encoder) address(m *llm.Media) {
	if m.URL != "" {
		e.str(m.URL)
		return
	}
	e.str("data:" + m.Type + ";base64," + m.Data)
}

// audioFormat is OpenAI's name for a format.
func audioFormat(mediaType string) string {
	format := strings.TrimPrefix(strings.TrimPrefix(mediaType, "audio/"), "x-")
	switch format {
	case "mpeg":
		return "mp3"
	case "wave", "vnd.wave":
		return "wav"
	}
	return format
}
