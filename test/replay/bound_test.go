package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// overhead is how many tokens a vendor adds to a body, by the gateway's bound for
// hard budgets (docs/bounds.md): a token for each byte, and these.
const overhead = 4096

// The kinds of content by which input is billed.
const (
	kindText      = "text"
	kindTools     = "text and functions"
	kindMedia     = "media in the body"
	kindSmall     = "small media in the body"
	kindElsewhere = "content from elsewhere"
	kindServer    = "tools at the provider"
)

// bounded are the kinds for which a body's length has to bound its tokens.
var bounded = []string{kindText, kindTools, kindMedia}

const (
	// smallMedia is the length below which a picture is not bounded by its bytes, since
	// it is billed by its size on the screen.
	smallMedia = 64 << 10
	// mostPicture is what any vendor bills for one, and a quarter of that.
	mostPicture = 60_212
)

// TestInputIsBoundedByBytes compares the input that vendors have billed with the
// length of the bodies they were sent, whatever their dialect: the table in
// docs/bounds.md. Where content is fetched, or a tool runs at the provider, length
// says nothing: that must show here, too.
func TestInputIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	views, rows := loadViews(t), map[string]*ratio{}
	for _, e := range load[exchange](t, "dev.jsonl.gz") {
		v := views[e.ID]
		if v == nil || e.Status != 200 || v.View.Usage["input"] == 0 {
			continue
		}
		kind, small, ok := kindOf(e)
		if !ok {
			continue
		}
		input, size := v.View.Usage["input"], int64(len(e.RequestBody))
		name := fmt.Sprintf("%-14s | %s", e.Provider, kind)
		if rows[name] == nil {
			rows[name] = &ratio{above: math.MinInt64}
		}
		rows[name].add(input, size)
		if slices.Contains(bounded, kind) && input > size+overhead {
			t.Errorf("%s/%s/%s (%s): %d tokens billed for %d bytes", e.Provider, e.Endpoint, e.ID, kind, input, size)
		}
		if kind == kindSmall && input > size+overhead+small*mostPicture {
			t.Errorf("%s/%s/%s: %d tokens billed for %d bytes and %d small pictures", e.Provider, e.Endpoint, e.ID, input, size, small)
		}
	}
	above := false
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		t.Logf("%-42s | %s", name, rows[name])
		if !slices.ContainsFunc(bounded, func(kind string) bool { return strings.HasSuffix(name, "| "+kind) }) {
			above = above || rows[name].above > overhead
		}
	}
	if !above {
		t.Error("no call with content from elsewhere has more tokens than bytes: the recordings show nothing")
	}
}

// ratio is how billed input and the length of bodies go together.
type ratio struct {
	each  []float64 // tokens for a byte
	above int64     // the most tokens beyond the bytes
}

func (r *ratio) add(input, size int64) {
	r.each = append(r.each, float64(input)/float64(max(1, size)))
	r.above = max(r.above, input-size)
}

// String is the rest of a line of the table.
func (r *ratio) String() string {
	slices.Sort(r.each)
	return fmt.Sprintf("%5d | %7.3f | %7.3f | %6d", len(r.each), r.each[len(r.each)/2], r.each[len(r.each)-1], max(0, r.above))
}

// kindOf says what of the kinds that a length does not bound is in a call, or else
// whether media or functions are, and how many small media. A body that is no JSON
// has no kind.
func kindOf(e *exchange) (kind string, small int64, ok bool) {
	var body any
	if json.Unmarshal([]byte(e.RequestBody), &body) != nil {
		return "", 0, false
	}
	k := kinds{}
	k.walk("", body)
	switch {
	case k.server || searches(e):
		kind = kindServer
	case k.elsewhere:
		kind = kindElsewhere
	case k.small > 0:
		kind = kindSmall
	case k.media:
		kind = kindMedia
	case k.tools:
		kind = kindTools
	default:
		kind = kindText
	}
	return kind, k.small, true
}

// searches says that the model looks things up though nobody asks for it.
func searches(e *exchange) bool {
	return e.Provider == "perplexity" || strings.Contains(e.Model, "compound") || strings.Contains(e.Model, "search")
}

// kinds are what was found in a body.
type kinds struct {
	server, elsewhere, media, tools bool
	small                           int64
}

// serverWords are the names of members that ask for tools at the provider.
var serverWords = words("googleSearch google_search googleSearchRetrieval urlContext url_context codeExecution code_execution " +
	"web_search_options search_parameters plugins mcp_servers connectors enabled_tools")

// elsewhereWords are the names of members that refer to what is not in the body.
var elsewhereWords = words("file_id fileUri file_uri fileUrl file_url cachedContent cached_content previous_response_id conversation " +
	"container s3Location container_id vector_store_ids")

// clientTools are the types of tools that clients run.
var clientTools = words("function custom bash text_editor computer memory apply_patch local_shell shell client")

func words(s string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		all[w] = true
	}
	return all
}

// walk looks at a value that stands under a name.
func (k *kinds) walk(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for member, value := range v {
			k.member(name, member, value)
		}
	case []any:
		for _, item := range v {
			if tool, ok := item.(map[string]any); ok && name == "tools" {
				k.tool(tool)
			}
			k.walk(name, item)
		}
	}
}

// member looks at a member of an object that stands under a name.
func (k *kinds) member(object, name string, v any) {
	if v == nil || object == "properties" {
		return // what a schema calls its properties means nothing
	}
	text, isText := v.(string)
	switch {
	case serverWords[name]:
		k.server = true
	case elsewhereWords[name], name == "prompt" && !isText, name == "audio" && isReference(v):
		k.elsewhere = true
	case isText && strings.HasSuffix(strings.ToLower(name), "url") && !strings.HasPrefix(text, "data:"):
		k.elsewhere = k.elsewhere || strings.Contains(text, "://")
	case isText && (strings.HasPrefix(text, "data:") || name == "data" || name == "bytes" || name == "file_data"):
		k.media = true
		if len(text) < smallMedia {
			k.small++
		}
	case name == "images":
		k.media = true
	}
	k.walk(name, v)
}

// isReference reports whether v names something by an id.
func isReference(v any) bool {
	m, _ := v.(map[string]any)
	return m["id"] != nil
}

// tool looks at one of the tools.
func (k *kinds) tool(tool map[string]any) {
	kind, _ := tool["type"].(string)
	if i := strings.LastIndex(kind, "_20"); i > 0 {
		kind = kind[:i] // without its date
	}
	k.tools = true
	if kind != "" && !clientTools[kind] {
		k.server = true
	}
}
