package openai_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	dialect "github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
	"github.com/llmgw/llmgw/pkg/provider/openai"
	"github.com/llmgw/llmgw/pkg/provider/providertest"
)

// usualPaths are where OpenAI has its operations.
var usualPaths = map[provider.Capability]string{
	provider.Chat: "/chat/completions", provider.Completions: "/completions", provider.Embeddings: "/embeddings",
}

// TestVendors starts for each row of the table a mock that behaves as the row says,
// and a provider with the row's quirks on.
func TestVendors(t *testing.T) {
	before := goleak.IgnoreCurrent()
	rows, err := provider.Vendors()
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		v := &rows[i]
		ops := make(map[llm.Op]string, len(v.Capabilities))
		for _, c := range v.Capabilities {
			ops[c.Op()] = usualPaths[c]
			if path, ok := v.Paths[c]; ok {
				ops[c.Op()] = "/" + path
			}
		}
		var limit string
		if strings.HasPrefix(v.BaseURL, "https://api.openai.com/") {
			limit = "max_tokens"
		}
		t.Run(v.ID, func(t *testing.T) {
			providertest.RunRow(t, providertest.Subject{
				New: func(e providertest.Endpoint) (llm.Provider, error) {
					return openai.New(openai.Options{
						Vendor: v, BaseURL: e.BaseURL, Credential: e.Credential, Header: e.Header, Timeouts: e.Timeouts, Transport: e.Transport,
					})
				},
				Base: "/v1", Dialect: llm.OpenAI, Ops: ops,
				Credential: http.Header{"Authorization": {"Bearer sk-own"}},
				Row:        v, Limit: limit,
			})
		})
	}
	goleak.VerifyNone(t, before)
}

// members are the top-level members of OpenAI's requests (platform.openai.com/docs,
// chat completions and embeddings, as of 2026-11).
const members = `
	audio dimensions encoding_format frequency_penalty function_call functions input logit_bias logprobs
	max_completion_tokens max_tokens messages metadata modalities model n parallel_tool_calls prediction
	presence_penalty prompt_cache_key prompt_cache_retention reasoning_effort response_format safety_identifier
	seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user
	verbosity web_search_options`

// TestQuirksAreWords: what a row says of requests is something that the dialect
// acts upon.
func TestQuirksAreWords(t *testing.T) {
	t.Parallel()
	rows, err := provider.Vendors()
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(members)
	for i := range rows {
		v := &rows[i]
		var q dialect.Quirks
		if err := v.DecodeQuirks(&q); err != nil {
			t.Error(err)
			continue
		}
		for _, name := range slices.Concat(q.Drop, slices.Collect(maps.Keys(q.Rename))) {
			if !slices.Contains(known, name) {
				t.Errorf("%s: OpenAI has no member %s", v.ID, name)
			}
		}
		for what, ok := range map[string]bool{
			"limit":            q.Limit == "max_tokens" || q.Limit == "max_completion_tokens",
			"system_role":      slices.Contains([]string{"", "system", "developer", "user"}, q.SystemRole),
			"thinking":         slices.Contains([]string{"", "type", "flag"}, q.Thinking),
			"replay_reasoning": slices.Contains([]string{"", "reasoning_content", "reasoning"}, q.ReplayReasoning),
			"tool_id_length":   q.ToolIDLength >= 0 && q.ToolIDLength <= 40,
			"usage":            !q.NoStreamOptions || v.Answers.Usage == "last" || v.Answers.Usage == "every",
		} {
			if !ok {
				t.Errorf("%s: %s cannot be: %+v", v.ID, what, q)
			}
		}
	}
}

// ask sends a chat to a vendor with an output limit that the gateway adds, and
// gives the URL and the body that were sent.
func ask(t *testing.T, opts openai.Options, model string) (url, body string) {
	t.Helper()
	return askThinking(t, opts, model, nil)
}

// askThinking is ask for a model that can think.
func askThinking(t *testing.T, opts openai.Options, model string, r *llm.Reasoning) (url, body string) {
	t.Helper()
	var c capture
	opts.Transport = &c
	p, err := openai.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Do(t.Context(), &llm.Request{
		Op: llm.OpChat, Dialect: llm.OpenAI, Model: model, Header: llm.Header{},
		Translate: &llm.Translation{Conversation: &llm.Conversation{
			Messages:  []llm.Message{{Role: llm.User, Parts: []llm.Part{llm.Text{Text: "Hi"}}}},
			MaxOutput: 77, Choices: 1, Reasoning: r,
		}, Model: llm.ModelFacts{Reasoning: true}},
	})
	if e, ok := errors.AsType[*llm.Error](err); err != nil && (!ok || e.Kind != llm.Upstream) { // {} is no answer
		t.Fatal(err)
	}
	return c.req.URL.String(), c.body
}

// row finds a row of the table.
func row(t *testing.T, id string) *provider.Vendor {
	t.Helper()
	v, ok := provider.FindVendor(id)
	if !ok {
		t.Fatalf("there is no row %s", id)
	}
	return v
}

// TestLimitOfOpenAIAndOthers: what stands in OpenAI's place at another address is
// not taken for OpenAI.
func TestLimitOfOpenAIAndOthers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts openai.Options
		want string
	}{
		"OpenAI":               {openai.Options{}, "max_completion_tokens"},
		"its row":              {openai.Options{Vendor: row(t, "openai")}, "max_completion_tokens"},
		"a region":             {openai.Options{BaseURL: "https://eu.api.openai.com/v1"}, "max_completion_tokens"},
		"Azure":                {openai.Options{Vendor: row(t, "openai"), BaseURL: "https://x.openai.azure.com/openai/v1"}, "max_completion_tokens"},
		"another server":       {openai.Options{BaseURL: "http://localhost:8000/v1"}, "max_tokens"},
		"a row's other server": {openai.Options{Vendor: row(t, "openai"), BaseURL: "https://api.openai.com.example/v1"}, "max_tokens"},
		"a vendor":             {openai.Options{Vendor: row(t, "groq")}, "max_tokens"},
		"a vendor's own word":  {openai.Options{Vendor: row(t, "snowflake"), BaseURL: "https://proxy.example/v1"}, "max_completion_tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, body := ask(t, tt.opts, "m"); !strings.Contains(body, `"`+tt.want+`":77`) {
				t.Errorf("got %s, want %s", body, tt.want)
			}
		})
	}
}

// TestThinkingOnAndOff: vendors that know no amount of thinking are told whether to
// think at all.
func TestThinkingOnAndOff(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		vendor    string
		reasoning llm.Reasoning
		want      string
	}{
		"budget":        {"zai", llm.Reasoning{Budget: 9000}, `"thinking":{"type":"enabled"}`},
		"off":           {"zai", llm.Reasoning{Off: true}, `"thinking":{"type":"disabled"}`},
		"none":          {"zai", llm.Reasoning{Effort: "none"}, `"thinking":{"type":"disabled"}`},
		"flag":          {"dashscope", llm.Reasoning{Adaptive: true}, `"enable_thinking":true`},
		"flag off":      {"dashscope", llm.Reasoning{Off: true}, `"enable_thinking":false`},
		"another's way": {"deepseek", llm.Reasoning{Effort: "high"}, `"reasoning_effort":"high"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, body := askThinking(t, openai.Options{Vendor: row(t, tt.vendor)}, "m", &tt.reasoning)
			if !strings.Contains(body, tt.want) || strings.Contains(body, "reasoning_effort") != strings.Contains(tt.want, "reasoning_effort") {
				t.Errorf("got %s, want %s", body, tt.want)
			}
		})
	}
}

// TestRulesForModels: vendors that know their models under other names, or at other
// places.
func TestRulesForModels(t *testing.T) {
	t.Parallel()
	const end = "/chat/completions"
	for name, tt := range map[string]struct{ vendor, base, model, url, sent string }{
		"short name":          {"fireworks_ai", "", "llama-v3p1-8b", "https://api.fireworks.ai/inference/v1" + end, "accounts/fireworks/models/llama-v3p1-8b"},
		"whole name":          {"fireworks_ai", "", "accounts/a/models/m", "https://api.fireworks.ai/inference/v1" + end, "accounts/a/models/m"},
		"name with dots":      {"clarifai", "", "openai.chat-completion.gpt-oss-20b", "https://api.clarifai.com/v2/ext/openai/v1" + end, "https://clarifai.com/openai/chat-completion/models/gpt-oss-20b"},
		"provider in front":   {"huggingface", "", "together/deepseek-ai/DeepSeek-R1", "https://router.huggingface.co/v1" + end, "deepseek-ai/DeepSeek-R1:together"},
		"own deployment":      {"baseten", "", "abcd1234", "https://model-abcd1234.api.baseten.co/environments/production/sync/v1" + end, "abcd1234"},
		"shared model":        {"baseten", "", "deepseek-ai/DeepSeek-V3", "https://inference.baseten.co/v1" + end, "deepseek-ai/DeepSeek-V3"},
		"configured address":  {"baseten", "https://proxy.example/v1", "abcd1234", "https://proxy.example/v1" + end, "abcd1234"},
		"assistant in a path": {"ragflow", "http://rag:9380", "agent/0f3a/m-1", "http://rag:9380/api/v1/agents_openai/0f3a" + end, "m-1"},
		"no way out":          {"ragflow", "http://rag:9380", "chat/../m-1", "http://rag:9380" + end, "chat/../m-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, body := ask(t, openai.Options{Vendor: row(t, tt.vendor), BaseURL: tt.base}, tt.model)
			if url != tt.url || !strings.Contains(body, `"model":"`+tt.sent+`"`) {
				t.Errorf("got %s with %s; want %s with the model %s", url, body, tt.url, tt.sent)
			}
		})
	}
}

// TestVendorsAndModes: a mode may name what the row does not.
func TestVendorsAndModes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		vendor string
		mode   openai.Mode
		want   []llm.Op
	}{
		"all of the row":      {"mistral", openai.AnyMode, []llm.Op{llm.OpChat, llm.OpEmbeddings}},
		"one of it":           {"mistral", openai.EmbeddingMode, []llm.Op{llm.OpEmbeddings}},
		"one that is not":     {"groq", openai.CompletionMode, []llm.Op{llm.OpCompletion}},
		"completions alone":   {"text-completion-openai", openai.AnyMode, []llm.Op{llm.OpCompletion}},
		"nothing can be done": {"recraft", openai.AnyMode, nil},
	} {
		p, err := openai.New(openai.Options{Vendor: row(t, tt.vendor), Mode: tt.mode})
		if err != nil {
			t.Fatal(err)
		}
		var got []llm.Op
		for _, op := range []llm.Op{llm.OpChat, llm.OpCompletion, llm.OpEmbeddings, llm.OpCountTokens} {
			if len(p.Dialects(op)) > 0 {
				got = append(got, op)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: takes %v, want %v", name, got, tt.want)
		}
	}
}

// TestVendorsWithoutAnAddress: where every customer has another one it must be
// configured.
func TestVendorsWithoutAnAddress(t *testing.T) {
	t.Parallel()
	rows, err := provider.Vendors()
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		v := &rows[i]
		own := v.BaseURL != "" && !strings.Contains(v.BaseURL, "{")
		if _, err := openai.New(openai.Options{Vendor: v}); own != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), v.ID+": base URL") {
			t.Errorf("%s: got %v", v.ID, err)
		}
	}
}
