package anthropic

import (
	"bytes"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Reach implements dialect.Frontend. It looks at the names of all members, so
// that the same words in a prompt do not count.
func (Frontend) Reach(_ llm.Op, body []byte) dialect.Reach {
	var r dialect.Reach
	tools, top, lasting := 0, false, false
	for m := toplevel.AllNames(body); m.Next(); {
		switch string(m.Name()) {
		case "file_id":
			r.Elsewhere = true
		case "container", "mcp_servers", "fallbacks":
			// These are words that a tool's schema may use too.
			top = true
		case "source":
			reachOfSource(m.Value(), &r)
		case "cache_control":
			r.CacheWrite = max(r.CacheWrite, dialect.ShortCacheWrite)
		case "ttl":
			lasting = lasting || string(m.Word()) != "5m"
		case "type":
			kind := m.Word()
			if string(kind) == "url" || string(kind) == "file" {
				r.Elsewhere = true
			}
			if runsAtProvider(kind) {
				tools++
			}
		}
	}
	if lasting && r.CacheWrite != dialect.NoCacheWrite {
		r.CacheWrite = dialect.LongCacheWrite
	}
	if tools > 0 {
		r.ServerTools = toolUses(body, tools)
	}
	if top {
		reachOfTop(body, &r)
	}
	return r
}

// reachOfSource looks at where a picture or a document comes from. Text is billed
// by its bytes.
func reachOfSource(v []byte, r *dialect.Reach) {
	var media string
	length := 0
	for m := toplevel.Object(v); m.Next(); {
		switch name := m.Name(); {
		case toplevel.Resembles(name, "media_type"):
			media, _ = toplevel.String(m.Value())
		case toplevel.Resembles(name, "data"):
			length = len(m.Value())
		}
	}
	switch {
	case length == 0, strings.HasPrefix(media, "text/"):
	case !strings.HasPrefix(media, "image/"):
		r.Documents = true
	case length < dialect.SmallPicture:
		r.SmallPictures++
	}
}

// reachOfTop looks at the members of the request itself: a container is content
// from elsewhere, servers of tools run any number of times, and a fallback reads
// the conversation again.
func reachOfTop(body []byte, r *dialect.Reach) {
	for m := toplevel.Object(body); m.Next(); {
		if toplevel.IsNull(m.Value()) {
			continue
		}
		switch name := m.Name(); {
		case toplevel.Resembles(name, "container"), toplevel.Resembles(name, "fallbacks"):
			r.Elsewhere = true
		case toplevel.Resembles(name, "mcp_servers"):
			r.Elsewhere, r.ServerTools = true, dialect.Unbounded
		}
	}
}

// runsAtProvider reports whether kind, the type of a tool or of an edit of the
// context, is one that the provider runs itself. Such types end with a date, as
// in web_search_20250305; the ones without are for vendors that leave it out.
// Types with a date that are not known to run at the client count.
func runsAtProvider(kind []byte) bool {
	switch string(kind) {
	case "web_search", "web_fetch", "code_execution", "mcp_toolset":
		return true
	}
	const date = len("_20250305")
	if len(kind) <= date || !isDate(kind[len(kind)-date:]) {
		return false
	}
	// Client tools, and edits that only remove: docs.anthropic.com/en/api/messages, as of 2026-11.
	switch name := kind[:len(kind)-date]; string(name) {
	case "bash", "text_editor", "computer", "memory":
		return false
	default:
		return !bytes.HasPrefix(name, []byte("clear_"))
	}
}

func isDate(s []byte) bool {
	for _, c := range s[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s[0] == '_'
}

// toolUses sums max_uses of the server tools in the body's tools. It is
// Unbounded where one names no limit, or where fewer than found stand there:
// then others stand in places that name none.
func toolUses(body []byte, found int) int64 {
	var uses int64
	for tools := toplevel.Array(toplevel.Find(body, "tools")); tools.Next(); {
		kind, _ := toplevel.String(toplevel.Find(tools.Value(), "type"))
		if !runsAtProvider([]byte(kind)) {
			continue
		}
		limit, ok := toplevel.Int(toplevel.Find(tools.Value(), "max_uses"))
		if !ok || limit < 0 || limit > maxToolUses {
			return dialect.Unbounded
		}
		uses += limit
		found--
	}
	if found > 0 {
		return dialect.Unbounded
	}
	return uses
}

// maxToolUses is what no sensible limit exceeds; more is as good as none.
const maxToolUses = 10_000
