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
	lasting := false
	for m := toplevel.AllNames(body); m.Next(); {
		switch name := m.Name(); string(name) {
		case "tools":
			if hasServerTool(m.Value()) {
				r.ServerTools = dialect.Unbounded
			}
		case "web_search_options", "search_parameters", "plugins", "compound_custom":
			// OpenAI's, xAI's, OpenRouter's and Groq's ways to ask for searches.
			if !isNull(m.Value()) {
				r.ServerTools = dialect.Unbounded
			}
		case "file_id", "previous_response_id":
			r.Elsewhere = r.Elsewhere || toplevel.IsString(m.Value())
		case "audio":
			r.Elsewhere = r.Elsewhere || refersToAudio(m.Value())
		case "file_data":
			r.Documents = r.Documents || toplevel.IsString(m.Value())
		case "cache_control":
			// No word of OpenAI's, but LiteLLM's for Claude behind this dialect.
			r.CacheWrite = max(r.CacheWrite, dialect.ShortCacheWrite)
		case "ttl":
			lasting = lasting || string(m.Word()) != "5m"
		default:
			// image_url, url, and what vendors added: file_url, video_url, document_url.
			if bytes.HasSuffix(name, []byte("url")) {
				reachOfURL(m.Word(), &r)
			}
		}
	}
	if lasting && r.CacheWrite != dialect.NoCacheWrite {
		r.CacheWrite = dialect.LongCacheWrite
	}
	return r
}

func isNull(v []byte) bool { return bytes.HasPrefix(v, []byte("null")) }

// reachOfURL looks at a URL, which may hold its content; nil is none.
func reachOfURL(url []byte, r *dialect.Reach) {
	switch {
	case url == nil:
	case !bytes.HasPrefix(url, []byte("data:")):
		r.Elsewhere = true
	case !bytes.HasPrefix(url, []byte("data:image/")):
		r.Documents = true
	case len(url) < dialect.SmallPicture:
		r.SmallPictures++
	}
}

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

// hasServerTool reports whether the list that v begins with has a tool that the
// provider runs itself: each that is neither of the two kinds the client runs.
// OpenAI takes none in chat completions; Groq (browser_search, see
// console.groq.com/docs/tool-use/built-in-tools, read 2026-11-22) and others do.
func hasServerTool(v []byte) bool {
	for l := toplevel.Array(v); l.Next(); {
		for m := toplevel.Object(l.Value()); m.Next(); {
			if !toplevel.Resembles(m.Name(), "type") {
				continue
			}
			if kind, _ := toplevel.String(m.Value()); kind != "function" && kind != "custom" {
				return true
			}
		}
	}
	return false
}
