// Package openai is the OpenAI API as a dialect: chat completions, legacy
// completions and embeddings. On the native lane bodies and streams keep their
// bytes; on the translated lane requests and answers are read into the vocabulary
// and written from it. It reads the variants of the vendors that are compatible
// with it, and writes for them as their [Quirks] say.
//
// It knows the wire format only. Addresses, credentials and which vendor has which
// quirks belong to the providers; the Responses API is a dialect of its own.
// The server and the gateway use [Frontend], providers use [Backend]; package
// app picks them.
package openai

import (
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Frontend is the client's side. Safe for concurrent use.
type Frontend struct{}

// Backend is the provider's side. Safe for concurrent use.
type Backend struct {
	// Quirks are the vendor's; nil for none.
	Quirks *Quirks
}

var (
	_ dialect.Frontend = Frontend{}
	_ dialect.Backend  = Backend{}
)

// Dialect implements dialect.Frontend.
func (Frontend) Dialect() llm.Dialect { return llm.OpenAI }

// Dialect implements dialect.Backend.
func (Backend) Dialect() llm.Dialect { return llm.OpenAI }

// controls are the parameters LiteLLM takes in a body (docs.litellm.ai, as of
// 2026-11); none is a field of the OpenAI API. "metadata", which LiteLLM reads
// too, is one, and stays.
var controls = []string{
	"fallbacks", "cache", "num_retries", "timeout", "disable_fallbacks", "context_window_fallbacks",
	"content_policy_fallbacks", "mock_response", "mock_testing_fallbacks",
	"mock_testing_context_fallbacks", "mock_testing_content_policy_fallbacks",
}

var (
	chat = dialect.Shape{
		Inspected: []string{
			"model", "stream", "max_tokens", "max_completion_tokens", "n", dialect.StreamOptionsMember,
			"reasoning_effort",
		},
		Limits:   []string{"max_tokens", "max_completion_tokens"},
		AddLimit: "max_completion_tokens",
		Usage:    true,
		Controls: controls,
	}
	completions = dialect.Shape{
		Inspected: []string{"model", "stream", "max_tokens", "n", "best_of", dialect.StreamOptionsMember},
		Limits:    []string{"max_tokens"},
		AddLimit:  "max_tokens",
		Usage:     true,
		Controls:  controls,
	}
	embeddings = dialect.Shape{
		Inspected: []string{"model"},
		Controls:  controls,
	}
)

func shape(op llm.Op) *dialect.Shape {
	switch op {
	case llm.OpCompletion:
		return &completions
	case llm.OpEmbeddings:
		return &embeddings
	default:
		return &chat
	}
}

// Inspect implements dialect.Frontend.
func (Frontend) Inspect(op llm.Op, body []byte, h *llm.Head) error {
	s := shape(op)
	if err := s.ReadHead(body, h); err != nil {
		return err
	}
	if op == llm.OpEmbeddings {
		h.Stream = false
		return nil
	}
	for _, name := range s.Limits {
		h.MaxOutput = max(h.MaxOutput, dialect.ReadCount(h.Find(body, name).Of(body)))
	}
	h.Choices = max(1, dialect.ReadCount(h.Find(body, "n").Of(body)))
	if op == llm.OpCompletion {
		h.Choices = max(h.Choices, dialect.ReadCount(h.Find(body, "best_of").Of(body)))
	} else {
		effort, _ := toplevel.String(h.Find(body, "reasoning_effort").Of(body))
		h.Thinking = effort != "" && effort != "none"
	}
	return readStreamOptions(h.Find(body, dialect.StreamOptionsMember).Of(body), h)
}

func readStreamOptions(v []byte, h *llm.Head) error {
	if !toplevel.IsObject(v) {
		return nil
	}
	if err := dialect.CheckNested(v, dialect.StreamOptionsMember, dialect.IncludeUsageMember); err != nil {
		return err
	}
	var err error
	h.IncludeUsage, err = dialect.ReadFlag(toplevel.Find(v, dialect.IncludeUsageMember),
		dialect.StreamOptionsMember+"."+dialect.IncludeUsageMember)
	return err
}

// UserFields implements dialect.Frontend.
func (Frontend) UserFields(llm.Op) []string {
	return []string{"user", "safety_identifier", "metadata"}
}

// Patch implements dialect.Backend. A limit that is added has the vendor's name,
// and vendors that refuse stream options get none.
func (b Backend) Patch(dst, body []byte, op llm.Op, e llm.Edits) ([]byte, error) {
	s := shape(op)
	if q := b.Quirks; q != nil && (op == llm.OpChat && q.Limit != "" || q.NoStreamOptions) {
		own := *s
		if op == llm.OpChat && q.Limit != "" {
			own.AddLimit = q.Limit
		}
		own.Usage = own.Usage && !q.NoStreamOptions
		s = &own
	}
	return s.Patch(dst, body, e)
}

// DecodeError implements dialect.Backend.
func (Backend) DecodeError(status int, h llm.Header, body []byte) *llm.Error {
	return dialect.DecodeError(status, h, body)
}
