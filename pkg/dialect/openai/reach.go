package openai

import (
	"bytes"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Reach implements dialect.Frontend. It looks at the names of all members, so
// that the same words in a prompt do not count; members of a schema, which have
// objects as values, do not count either.
func (Frontend) Reach(_ llm.Op, body []byte) dialect.Reach {
	var r dialect.Reach
	for m := toplevel.AllNames(body); m.Next(); {
		switch name := m.Name(); string(name) {
		case "type":
			if runsAtProvider(m.Word()) {
				r.ServerTools = dialect.Unbounded
			}
		case "web_search_options", "search_parameters", "plugins":
			if !isNull(m.Value()) {
				r.ServerTools = dialect.Unbounded
			}
		case "file_id", "previous_response_id":
			r.Elsewhere = r.Elsewhere || toplevel.IsString(m.Value())
		case "audio":
			r.Elsewhere = r.Elsewhere || refersToAudio(m.Value())
		default:
			// image_url, url, and what vendors added: file_url, video_url, document_url.
			if bytes.HasSuffix(name, []byte("url")) && m.Word() != nil && !isData(m.Word()) {
				r.Elsewhere = true
			}
		}
	}
	return r
}

func isNull(v []byte) bool { return bytes.HasPrefix(v, []byte("null")) }

// isData reports whether a URL holds its content.
func isData(url []byte) bool { return bytes.HasPrefix(url, []byte("data:")) }

// refersToAudio reports whether v begins with an object that names an earlier
// answer's audio by its id, as the audio of an assistant's message does.
func refersToAudio(v []byte) bool {
	for m := toplevel.Object(v); m.Next(); {
		if toplevel.Resembles(m.Name(), "id") {
			return true
		}
	}
	return false
}

// runsAtProvider reports whether kind is the type of a tool that the provider
// runs itself. OpenAI has none of them in chat completions, vendors that are
// compatible with it have (read 2026-11-22 in the documentation of Groq, Mistral,
// xAI and Z.ai).
func runsAtProvider(kind []byte) bool {
	for _, tool := range [...]string{
		"web_search", "web_fetch", "browser_search", "browser_automation", "code_interpreter",
		"code_execution", "file_search", "x_search", "mcp", "retrieval", "image_generation",
	} {
		if bytes.HasPrefix(kind, []byte(tool)) {
			return true
		}
	}
	return false
}
