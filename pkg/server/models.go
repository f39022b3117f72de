package server

import (
	"net/http"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/llm"
)

// modelsSince is the creation time that models are listed with: the gateway
// knows none, and clients only want one to be there.
var modelsSince = time.Date(2023, time.June, 28, 0, 0, 0, 0, time.UTC)

// openAIModel and openAIModels are OpenAI's shapes of GET /v1/models.
type openAIModel struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

type openAIModels struct {
	Object string        `json:"object"`
	Data   []openAIModel `json:"data"`
}

// anthropicModel and anthropicModels are Anthropic's.
type anthropicModel struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"`
}

type anthropicModels struct {
	Data    []anthropicModel `json:"data"`
	HasMore bool             `json:"has_more"`
	FirstID *string          `json:"first_id"`
	LastID  *string          `json:"last_id"`
}

// listModels answers with what the key may use: in Anthropic's shape for clients
// that name its version, else in OpenAI's.
func (s *Server) listModels(w http.ResponseWriter, r *http.Request) {
	caller, ok := s.caller(w, r)
	if !ok {
		return
	}
	names := s.opts.Gateway.Snapshot().Models(caller)
	if s.frontend(r).Dialect() == llm.Anthropic {
		s.writeJSON(w, http.StatusOK, listAnthropic(names))
		return
	}
	list := openAIModels{Object: "list", Data: make([]openAIModel, 0, len(names))}
	for _, name := range names {
		list.Data = append(list.Data, describeOpenAI(name))
	}
	s.writeJSON(w, http.StatusOK, list)
}

func listAnthropic(names []string) anthropicModels {
	list := anthropicModels{Data: make([]anthropicModel, 0, len(names))}
	for _, name := range names {
		list.Data = append(list.Data, describeAnthropic(name))
	}
	if n := len(names); n > 0 {
		list.FirstID, list.LastID = &names[0], &names[n-1]
	}
	return list
}

func describeOpenAI(name string) openAIModel {
	return openAIModel{ID: name, Object: "model", Created: modelsSince.Unix(), OwnedBy: "llmgw"}
}

func describeAnthropic(name string) anthropicModel {
	return anthropicModel{Type: "model", ID: name, DisplayName: name, CreatedAt: modelsSince.Format(time.RFC3339)}
}

// showModel describes one model; a name that a pattern serves is one too.
func (s *Server) showModel(w http.ResponseWriter, r *http.Request) {
	caller, ok := s.caller(w, r)
	if !ok {
		return
	}
	name := r.PathValue("id")
	if !serves(s.opts.Gateway.Snapshot(), caller, name) {
		s.writeError(w, r, &llm.Error{
			Kind: llm.NotFound, Code: "model_not_found", Param: "model", NoRetry: true,
			Message: "this gateway serves no model of that name to this key (GET /v1/models lists those it does)",
		})
		return
	}
	if s.frontend(r).Dialect() == llm.Anthropic {
		s.writeJSON(w, http.StatusOK, describeAnthropic(name))
		return
	}
	s.writeJSON(w, http.StatusOK, describeOpenAI(name))
}

func serves(snap *gateway.Snapshot, caller *gateway.Caller, name string) bool {
	if slices.Contains(snap.Models(caller), name) {
		return true
	}
	g, _ := snap.Routes.Find(name)
	return g != nil && (caller.Allows(name) || caller.Allows(g.Name))
}
