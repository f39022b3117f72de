package server

import (
	"net/http"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// route is a path on which models are called.
type route struct {
	// name is the path's usual spelling, for the log.
	name     string
	op       llm.Op
	frontend dialect.Frontend
}

// routes is the whole URL map. Around it stand two pieces of middleware: recover,
// and exact.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	anthropic, openai := s.opts.Anthropic, s.opts.OpenAI

	// Claude Code appends /v1/messages to any base URL; one that ends in /v1 already
	// doubles it.
	messages := s.call(route{"/v1/messages", llm.OpChat, anthropic})
	count := s.call(route{"/v1/messages/count_tokens", llm.OpCountTokens, anthropic})
	for _, base := range []string{"/v1", "/v1/v1", "/anthropic/v1", "/anthropic/v1/v1"} {
		mux.Handle("POST "+base+"/messages", messages)
		mux.Handle("POST "+base+"/messages/count_tokens", count)
	}

	for path, r := range map[string]route{
		"/chat/completions": {"/v1/chat/completions", llm.OpChat, openai},
		"/completions":      {"/v1/completions", llm.OpCompletion, openai},
		"/embeddings":       {"/v1/embeddings", llm.OpEmbeddings, openai},
	} {
		h := s.call(r)
		for _, base := range []string{"/v1", "", "/openai/v1", "/openai/deployments/{model}", "/engines/{model}"} {
			mux.Handle("POST "+base+path, h)
		}
	}

	for _, base := range []string{"", "/anthropic", "/openai"} {
		mux.HandleFunc("GET "+base+"/v1/models", s.listModels)
		mux.HandleFunc("GET "+base+"/v1/models/{id...}", s.showModel)
	}
	mux.HandleFunc("GET /models", s.listModels)

	if s.opts.Admin != nil {
		s.handleAdmin(mux) // its map is in admin.go
	}

	mux.HandleFunc("GET /health/liveness", s.liveness)
	mux.HandleFunc("GET /health/liveliness", s.liveness)
	mux.HandleFunc("GET /health/readiness", s.readiness)
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /metrics", s.metrics)
	mux.HandleFunc("GET /{$}", s.root) // HEAD too
	mux.HandleFunc("/", s.notFound)

	return s.recover(s.exact(mux))
}
