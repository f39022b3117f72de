package catalog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// FileProblem is one thing that is wrong with a price file.
type FileProblem struct {
	// Line and Column count from 1 and are those of the entry.
	Line, Column int
	// Key names what is wrong: "gpt-4o.input_cost_per_token"; "" for the file as a
	// whole.
	Key string
	// Message says what is wrong, Hint what to do.
	Message, Hint string
}

// ReadPriceFile reads a price file in the format of LiteLLM's
// model_prices_and_context_window.json: an object with an entry for each model.
//
//	{"openai/house-model": {
//		"litellm_provider": "openai", "mode": "chat",
//		"input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
//		"input_cost_per_token_above_200k_tokens": 6e-06,
//		"max_input_tokens": 128000, "supports_reasoning": true}}
//
// Keys that are not understood are ignored: the format grows, and much of it is
// for other things than tokens. Entries without a price for input and output of
// tokens are kept for their limits. Numbers are read as decimal text. All
// problems are returned, in the order of the file; the overrides are those of the
// entries without any.
func ReadPriceFile(data []byte) ([]Override, []FileProblem) {
	r := priceFile{data: data, d: json.NewDecoder(bytes.NewReader(data)), seen: make(map[string]bool)}
	if err := r.read(); err != nil {
		r.problem(r.name, fileError(err), "the file is one JSON object, with an entry for each model")
	}
	return r.overrides, r.problems
}

// sampleEntry explains the format in LiteLLM's own file; it is no model.
const sampleEntry = "sample_spec"

// priceFile is a price file while it is read.
type priceFile struct {
	data      []byte
	d         *json.Decoder
	at        int64  // where the entry begins
	name      string // of the entry
	seen      map[string]bool
	overrides []Override
	problems  []FileProblem
}

func (r *priceFile) read() error {
	if err := r.delim('{'); err != nil {
		return err
	}
	for r.d.More() {
		r.at = r.next()
		token, err := r.d.Token()
		if err != nil {
			return err
		}
		r.name, _ = token.(string) // a key of an object
		var value json.RawMessage
		if err := r.d.Decode(&value); err != nil {
			return err
		}
		if r.name != sampleEntry {
			r.entry(r.name, value)
		}
	}
	r.name = ""
	if err := r.delim('}'); err != nil {
		return err
	}
	r.at = r.d.InputOffset()
	if _, err := r.d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something behind the object")
	}
	return nil
}

// delim reads one delimiter.
func (r *priceFile) delim(want json.Delim) error {
	token, err := r.d.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("there is no %q where it should be", want.String())
	}
	return nil
}

// next is where the next token begins.
func (r *priceFile) next() int64 {
	at := r.d.InputOffset()
	for at < int64(len(r.data)) && strings.IndexByte(" \t\r\n,", r.data[at]) >= 0 {
		at++
	}
	return at
}

// fileError is the text of what is wrong with the file's form.
func fileError(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the file ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

func (r *priceFile) problem(key, message, hint string) {
	before := r.data[:min(r.at, int64(len(r.data)))]
	r.problems = append(r.problems, FileProblem{
		Line: bytes.Count(before, []byte("\n")) + 1, Column: len(before) - bytes.LastIndexByte(before, '\n'),
		Key: key, Message: message, Hint: hint,
	})
}

// entry reads one model.
func (r *priceFile) entry(name string, value json.RawMessage) {
	if r.seen[name] {
		r.problem(name, "the model is listed twice", "keep one entry")
		return
	}
	r.seen[name] = true
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(value, &fields); err != nil || fields == nil {
		r.problem(name, "the entry is no object", `write {"input_cost_per_token": …}`)
		return
	}
	if fields["litellm_provider"] == nil && !hasPrice(fields) {
		return // a note of LiteLLM's to itself: another name of a model, a rule
	}
	e := fileEntry{fields: fields, complain: func(key, message, hint string) { r.problem(name+"."+key, message, hint) }}
	o := e.override(name)
	if o.Provider == "" {
		r.problem(name, "the entry does not tell the provider", "set litellm_provider, or write PROVIDER/MODEL")
		return
	}
	if !e.failed {
		r.overrides = append(r.overrides, o)
	}
}

// hasPrice reports whether an entry says what something costs.
func hasPrice(fields map[string]json.RawMessage) bool {
	for key := range fields {
		if strings.Contains(key, "_cost") {
			return true
		}
	}
	return false
}

// override reads everything of the entry.
func (e *fileEntry) override(name string) Override {
	provider, model := fileName(name, e.text("litellm_provider"))
	o := Override{
		Provider: provider, Model: model, Source: SourceFile,
		Mode:            Mode(e.text("mode")),
		ContextTokens:   e.count("max_input_tokens"),
		MaxOutputTokens: e.count("max_output_tokens"),
		Capabilities:    e.capabilities(),
		Terms:           e.terms(),
	}
	// The older key means the output, and the input where there is no output.
	switch limit := e.count("max_tokens"); {
	case !o.Mode.hasOutput():
		o.ContextTokens, o.MaxOutputTokens = cmp.Or(o.ContextTokens, limit), 0
	default:
		o.MaxOutputTokens = cmp.Or(o.MaxOutputTokens, limit)
	}
	// Half a price is none: calls would be booked as if the other half were free.
	if whole := o.Terms.of(o.Mode).Rates; whole.Input == nil || whole.Output == nil {
		o.Terms = Terms{}
	}
	return o
}

// fileProviders are names of providers that only LiteLLM's price file has, by
// their beginning, and what its configuration calls them.
var fileProviders = []struct{ prefix, provider string }{
	{"vertex_ai-", "vertex_ai"},
	{"bedrock_converse", "bedrock"},
	{"fireworks_ai-embedding-models", "fireworks_ai"},
}

// fileName gives the provider and the model of an entry. The name may begin with
// the provider's.
func fileName(name, provider string) (prefix, model string) {
	for _, p := range fileProviders {
		if strings.HasPrefix(provider, p.prefix) {
			provider = p.provider
		}
	}
	before, rest, ok := strings.Cut(name, "/")
	if provider == "" && ok {
		return before, rest
	}
	if ok && rest != "" && (vendorOf(before) == vendorOf(provider) || provider == "azure_text" && before == "azure") {
		name = rest
	}
	return provider, name
}

// fileCapabilities are the keys that say what a model can do.
var fileCapabilities = []struct {
	key        string
	capability Capabilities
}{
	{"supports_function_calling", Tools},
	{"supports_parallel_function_calling", ParallelTools},
	{"supports_tool_choice", ToolChoice},
	{"supports_vision", Vision},
	{"supports_pdf_input", PDF},
	{"supports_audio_input", AudioIn},
	{"supports_reasoning", Reasoning},
	{"supports_response_schema", JSONSchema},
	{"supports_prompt_caching", PromptCache},
	{"supports_web_search", WebSearch},
}

func (e *fileEntry) capabilities() Capabilities {
	var set Capabilities
	for _, c := range fileCapabilities {
		if e.is(c.key) {
			set |= c.capability
		}
	}
	return set
}

// terms reads the prices.
func (e *fileEntry) terms() Terms {
	t := Terms{
		Rates:   e.rates(""),
		Query:   e.price("input_cost_per_query"),
		Request: e.price("input_cost_per_request"),
		Tiers:   e.aboveTiers(),
	}
	first, longer := e.ranges()
	if t.Rates.Input == nil && t.Rates.Output == nil {
		t.Rates = first
	}
	t.Tiers = append(t.Tiers, longer...)
	if search := e.searchFee(); t.Query == nil || search != nil && *search > *t.Query {
		t.Query = search
	}
	return t
}

// searchFee is the dearest of the prices of small, medium and large searches: that
// a call searched is known, how far is not. It is nil where there is none.
func (e *fileEntry) searchFee() *llm.PicoUSD {
	sizes, ok := e.object("search_context_cost_per_query")
	if !ok {
		return nil
	}
	var dearest *llm.PicoUSD
	for _, size := range [...]string{"search_context_size_low", "search_context_size_medium", "search_context_size_high"} {
		if fee := sizes.price(size); fee != nil && (dearest == nil || *fee > *dearest) {
			dearest = fee
		}
	}
	return dearest
}
