// Package anthropic is the Anthropic Messages API as a dialect: messages and
// count_tokens, in native form, where bodies and streams keep their bytes, and
// translated into and out of the vocabulary of package llm.
//
// It knows the wire format only. Addresses, credentials and the envelopes of
// Bedrock and Vertex belong to the providers. The server and the gateway use
// [Frontend], providers use [Backend]; package app picks them.
package anthropic

import (
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Frontend is the client's side. Safe for concurrent use.
type Frontend struct{}

// Backend is the provider's side. Safe for concurrent use.
type Backend struct{}

var (
	_ dialect.Frontend = Frontend{}
	_ dialect.Backend  = Backend{}
)

// Dialect implements dialect.Frontend.
func (Frontend) Dialect() llm.Dialect { return llm.Anthropic }

// Dialect implements dialect.Backend.
func (Backend) Dialect() llm.Dialect { return llm.Anthropic }

// controls are the parameters LiteLLM takes in a body (docs.litellm.ai, as of
// 2026-11) that are no fields of the Messages API. "fallbacks" is one of
// both, and as a field of the API it stays.
var controls = []string{
	"cache", "num_retries", "timeout", "disable_fallbacks", "context_window_fallbacks",
	"content_policy_fallbacks", "mock_response", "mock_testing_fallbacks",
	"mock_testing_context_fallbacks", "mock_testing_content_policy_fallbacks",
}

var (
	messages = dialect.Shape{
		Inspected: []string{"model", "stream", "max_tokens", "thinking"},
		Limits:    []string{"max_tokens"},
		AddLimit:  "max_tokens",
		Controls:  controls,
	}
	// countTokens has no output, so nothing in it is a limit.
	countTokens = dialect.Shape{
		Inspected: []string{"model"},
		Controls:  controls,
	}
)

func shape(op llm.Op) *dialect.Shape {
	if op == llm.OpCountTokens {
		return &countTokens
	}
	return &messages
}

// Inspect implements dialect.Frontend.
func (Frontend) Inspect(op llm.Op, body []byte, h *llm.Head) error {
	if err := shape(op).ReadHead(body, h); err != nil {
		return err
	}
	if op == llm.OpCountTokens {
		h.Stream = false
		return nil
	}
	h.MaxOutput = dialect.ReadCount(h.Find(body, "max_tokens").Of(body))
	return readThinking(h.Find(body, "thinking").Of(body), h)
}

// readThinking reads what the member thinking asks for. A type that is not known
// here counts as thinking.
func readThinking(v []byte, h *llm.Head) error {
	if !toplevel.IsObject(v) {
		return nil
	}
	if err := dialect.CheckNested(v, "thinking", "type", "budget_tokens"); err != nil {
		return err
	}
	kind, _ := toplevel.String(toplevel.Find(v, "type"))
	if h.Thinking = kind != "disabled"; h.Thinking {
		h.ThinkingBudget = dialect.ReadCount(toplevel.Find(v, "budget_tokens"))
	}
	return nil
}

// UserFields implements dialect.Frontend.
func (Frontend) UserFields(llm.Op) []string { return []string{"metadata"} }

// Patch implements dialect.Backend. Thoughts that another vendor's model has left
// in the conversation are no part of what Claude may see.
func (Backend) Patch(dst, body []byte, op llm.Op, e llm.Edits) ([]byte, error) {
	start := len(dst)
	dst, err := shape(op).Patch(dst, body, e)
	if err != nil {
		return dst, err
	}
	return withoutUnsigned(dst, start), nil
}

// DecodeError implements dialect.Backend.
func (Backend) DecodeError(status int, h llm.Header, body []byte) *llm.Error {
	return dialect.DecodeError(status, h, body)
}
