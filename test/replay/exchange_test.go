package replay

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recordings is where the traffic lies, beside the source tree.
var recordings = filepath.Join("..", "..", "..", "shared", "replay")

// maxLine bounds one recorded exchange; the largest carries images as text.
const maxLine = 64 << 20

// exchange is one recorded request and its answer.
type exchange struct {
	ID              string            `json:"id"`
	Provider        string            `json:"provider"`
	Endpoint        string            `json:"endpoint"`
	Model           string            `json:"model"`
	Path            string            `json:"path"`
	RequestHeaders  map[string]string `json:"request_headers"`
	RequestBody     string            `json:"request_body"`
	Status          int               `json:"status"`
	ResponseHeaders map[string]string `json:"response_headers"`
	ResponseBody    string            `json:"response_body"`
	Features        []string          `json:"features"`
}

// endpoints are the recorded endpoints that the replay covers: how their path
// ends, and the mode that makes the gateway call it.
var endpoints = map[string]struct{ suffix, mode string }{
	"messages":         {"/v1/messages", "chat"},
	"count_tokens":     {"/v1/messages/count_tokens", "chat"},
	"chat.completions": {"/chat/completions", "chat"},
	"completions":      {"/completions", "completion"},
	"embeddings":       {"/embeddings", "embedding"},
}

// covered reports whether the exchange is in the dialect that its endpoint is
// named after. Vendors' own shapes are not: Azure's deployments and Portkey's
// prompts in the path, Cohere's and Ollama's embed, token counts that are not
// Anthropic's.
func (e *exchange) covered() bool {
	end, ok := endpoints[e.Endpoint]
	if !ok {
		return false
	}
	path, _, _ := strings.Cut(e.Path, "?")
	if strings.Contains(path, "/deployments/") || strings.Contains(path, "/prompts/") {
		return false
	}
	_, _, err := modelSpan(e.RequestBody)
	return err == nil && strings.HasSuffix(path, end.suffix)
}

// stream reports whether the recorded answer is a stream of events.
func (e *exchange) stream() bool {
	return e.Status < 300 && slices.Contains(e.Features, "stream")
}

// anthropic reports whether the exchange is in Anthropic's dialect.
func (e *exchange) anthropic() bool {
	return e.Endpoint == "messages" || e.Endpoint == "count_tokens"
}

// prefixes are the names of recorded vendors in a configuration. The others have
// none of their own, or are asked at an address that is not their usual one: they
// are configured as OpenAI with another address.
var prefixes = map[string]string{
	"anthropic": "anthropic", "cerebras": "cerebras", "crusoe": "crusoe", "deepseek": "deepseek", "groq": "groq",
	"huggingface": "huggingface", "mistral": "mistral", "openrouter": "openrouter", "perplexity": "perplexity",
	"snowflake": "snowflake", "together": "together_ai", "venice": "veniceai", "vercel-gateway": "vercel_ai_gateway",
	"xai": "xai", "zai": "zai",
}

// prefix is the vendor's name in the configuration.
func (e *exchange) prefix() string { return cmp.Or(prefixes[e.Provider], "openai") }

// clientPath is the path and query under which a client reaches the gateway.
func (e *exchange) clientPath() string {
	suffix := endpoints[e.Endpoint].suffix
	if !e.anthropic() {
		return "/v1" + suffix
	}
	if _, query, ok := strings.Cut(e.Path, "?"); ok {
		return suffix + "?" + query
	}
	return suffix
}

// clientModel is the exchange's name in the gateway's configuration.
func (e *exchange) clientModel() string { return "rp/" + e.ID }

// clientBody is the recorded request with the gateway's model name in it.
func (e *exchange) clientBody() (string, error) {
	from, to, err := modelSpan(e.RequestBody)
	if err != nil {
		return "", err
	}
	name, err := json.Marshal(e.clientModel())
	if err != nil {
		return "", err
	}
	return e.RequestBody[:from] + string(name) + e.RequestBody[to:], nil
}

// modelSpan finds the value of the top-level member "model", which has to be a
// string, in the text of a JSON object.
func modelSpan(body string) (from, to int, err error) {
	dec := json.NewDecoder(strings.NewReader(body))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return 0, 0, fmt.Errorf("not a JSON object: %w", err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return 0, 0, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return 0, 0, err
		}
		if name == "model" && value[0] == '"' {
			end := int(dec.InputOffset())
			return end - len(value), end, nil
		}
	}
	return 0, 0, errors.New("no model in the body")
}

// view is what an answer means, for some of the exchanges.
type view struct {
	ID   string  `json:"id"`
	View meaning `json:"view"`
}

// meaning is what a client has to understand of an answer. Only choice 0 counts.
type meaning struct {
	Text string `json:"text"`
	// TextAlt has other right texts.
	TextAlt  []string   `json:"text_alt"`
	Thinking string     `json:"thinking"`
	Tools    []toolCall `json:"tools"`
	// Stop is stop, length, tool, safety, pause, or the vendor's word where it has no
	// class; "" where the answer has no end.
	Stop stopClass `json:"stop"`
	// Usage counts tokens by kind; kinds that the vendor does not report are absent.
	Usage map[string]int64 `json:"usage"`
	// UsageAlt has other right numbers, by kind.
	UsageAlt map[string][]int64 `json:"usage_alt"`
	// Lossy are the kinds of parts that are left out.
	Lossy []string `json:"lossy"`
}

// stopClass is why an answer ended.
type stopClass string

// UnmarshalJSON reads a vendor's word that is not even a string as its JSON text.
func (c *stopClass) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) != nil {
		word = string(text)
	}
	*c = stopClass(word)
	return nil
}

// UnmarshalJSON reads [name, arguments].
func (c *toolCall) UnmarshalJSON(text []byte) error {
	var arguments json.RawMessage
	pair := []any{&c.Name, &arguments}
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	c.Arguments = string(arguments)
	return nil
}

// loadExchanges reads the covered exchanges. It skips the test where there are
// no recordings.
func loadExchanges(t *testing.T) []*exchange {
	t.Helper()
	all := load[exchange](t, "dev.jsonl.gz")
	return slices.DeleteFunc(all, func(e *exchange) bool { return !e.covered() })
}

// loadViews reads the views by exchange id.
func loadViews(t *testing.T) map[string]*view {
	t.Helper()
	views := map[string]*view{}
	for _, v := range load[view](t, "expect-dev.jsonl.gz") {
		views[v.ID] = v
	}
	return views
}

// load decodes a compressed file of JSON lines.
func load[T any](t *testing.T, name string) []*T {
	t.Helper()
	path := filepath.Join(recordings, name)
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("SKIPPED: the recorded traffic is not there: %s (see README.md)", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, err := decodeLines[T](f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return out
}

// decodeLines decodes gzipped JSON lines.
func decodeLines[T any](r io.Reader) ([]*T, error) {
	zr, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	defer zr.Close()
	var out []*T
	lines := bufio.NewScanner(zr)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		v := new(T)
		if err := json.Unmarshal(lines.Bytes(), v); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(out)+1, err)
		}
		out = append(out, v)
	}
	return out, lines.Err()
}

func TestClientBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want string }{
		{"plain", `{"model":"m","n":1.0}`, `{"model":"rp/x","n":1.0}`},
		{"a nested model first", `{"a":{"model":"n"} , "model" : "m" }`, `{"a":{"model":"n"} , "model" : "rp/x" }`},
		{"escaped", `{"model":"m\u0041\"}"}`, `{"model":"rp/x"}`},
		{"none", `{"a":{"model":"n"}}`, ""},
		{"not a string", `{"model":null}`, ""},
		{"not an object", `["model"]`, ""},
		{"empty", ``, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := &exchange{ID: "x", RequestBody: tt.body}
			if got, err := e.clientBody(); got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("clientBody() = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestCovered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		endpoint, path string
		want           bool
	}{
		{"messages", "/v1/messages?beta=true", true},
		{"chat.completions", "/openai/v1/chat/completions", true},
		{"chat.completions", "/openai/deployments/d/chat/completions?api-version=1", false},
		{"completions", "/v1/prompts/p/completions", false},
		{"embeddings", "/v2/embed", false},
		{"count_tokens", "/v1beta/models/m:countTokens", false},
		{"responses", "/v1/responses", false},
	} {
		e := &exchange{Endpoint: tt.endpoint, Path: tt.path, RequestBody: `{"model":"m"}`}
		if got := e.covered(); got != tt.want {
			t.Errorf("%s %s: covered = %v, want %v", tt.endpoint, tt.path, got, tt.want)
		}
	}
}
