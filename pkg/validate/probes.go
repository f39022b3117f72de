package validate

import (
	"net/http"
	"slices"

	"github.com/llmgw/llmgw/pkg/llm"
)

// The names of the probes: a contract with scripts. The first two are of the gateway
// as a whole, the others of each model.
const (
	ProbeHealth         = "health"
	ProbeModels         = "models"
	ProbeMessages       = "messages"
	ProbeMessagesStream = "messages-stream"
	ProbeChat           = "chat"
	ProbeChatStream     = "chat-stream"
	ProbeTools          = "tools"
	ProbeToolsStream    = "tools-stream"
	ProbeCompletions    = "completions"
	ProbeCountTokens    = "count-tokens"
	ProbeEmbeddings     = "embeddings"
)

// ProbeNames lists all probes in the order in which they are made.
func ProbeNames() []string {
	return []string{
		ProbeHealth, ProbeModels, ProbeMessages, ProbeMessagesStream, ProbeChat, ProbeChatStream, ProbeTools,
		ProbeToolsStream, ProbeCompletions, ProbeCountTokens, ProbeEmbeddings,
	}
}

// The limits of output in tokens. Models that think come to the small one before
// they say anything; then more is given.
const (
	fewTokens  = 16
	moreTokens = 256
	manyTokens = 1024
)

// spec is how a probe is made and judged.
type spec struct {
	name    string
	dialect llm.Dialect
	path    string
	stream  bool
	tools   bool
	// optional says that servers may well be without it.
	optional bool
	limit    int // of output tokens; 0 where there is none
	// read reads a whole answer, reader a streamed one; one of them is set.
	read   func([]byte) (reply, *issue)
	reader func() streamReader
	judge  func(*reply) []*issue
	// well says in a few words that all went well.
	well string
}

const (
	pathMessages    = "/v1/messages"
	pathCountTokens = "/v1/messages/count_tokens" //nolint:gosec // a path, no credential
	pathChat        = "/v1/chat/completions"
	pathCompletions = "/v1/completions"
	pathEmbeddings  = "/v1/embeddings"
)

// specs are the probes of models. Those of tools are there once for each dialect.
func specs() []spec {
	const answered, streamed, called = "answered", "streamed", "called the tool"
	return []spec{
		{
			name: ProbeMessages, dialect: llm.Anthropic, path: pathMessages, limit: fewTokens,
			read: readMessage, judge: judgeText, well: answered,
		},
		{
			name: ProbeMessagesStream, dialect: llm.Anthropic, path: pathMessages, limit: fewTokens, stream: true,
			reader: newMessageStream, judge: judgeText, well: streamed,
		},
		{
			name: ProbeChat, dialect: llm.OpenAI, path: pathChat, limit: fewTokens,
			read: readChat, judge: judgeText, well: answered,
		},
		{
			name: ProbeChatStream, dialect: llm.OpenAI, path: pathChat, limit: fewTokens, stream: true,
			reader: newChatStream, judge: judgeText, well: streamed,
		},
		{
			name: ProbeTools, dialect: llm.Anthropic, path: pathMessages, limit: moreTokens, tools: true,
			read: readMessage, judge: judgeTool, well: called,
		},
		{
			name: ProbeTools, dialect: llm.OpenAI, path: pathChat, limit: moreTokens, tools: true,
			read: readChat, judge: judgeTool, well: called,
		},
		{
			name: ProbeToolsStream, dialect: llm.Anthropic, path: pathMessages, limit: moreTokens, tools: true, stream: true,
			reader: newMessageStream, judge: judgeTool, well: called,
		},
		{
			name: ProbeToolsStream, dialect: llm.OpenAI, path: pathChat, limit: moreTokens, tools: true, stream: true,
			reader: newChatStream, judge: judgeTool, well: called,
		},
		{
			// What the scripts of LiteLLM's users send: 10 tokens.
			name: ProbeCompletions, dialect: llm.OpenAI, path: pathCompletions, limit: 10, optional: true,
			read: readCompletion, judge: judgeText, well: answered,
		},
		{
			name: ProbeCountTokens, dialect: llm.Anthropic, path: pathCountTokens, optional: true,
			read: readCount, judge: judgeCount, well: "counted",
		},
		{
			name: ProbeEmbeddings, dialect: llm.OpenAI, path: pathEmbeddings,
			read: readEmbedding, judge: judgeVector, well: "gave a vector",
		},
	}
}

// kind is the kind of calls that a model takes.
type kind uint8

const (
	kindChat kind = iota
	kindCompletion
	kindEmbedding
	kindOther // for which there is no probe
)

// probesFor picks the probes of a model in the order in which they are made: those
// that were named, or the ones that fit. Of the probes that are there in both
// dialects it takes the model's own.
func probesFor(named []string, k kind, own llm.Dialect) []spec {
	wanted := named
	if len(wanted) == 0 {
		wanted = usualProbes(k, own)
	}
	var list []spec
	for _, s := range specs() {
		if slices.Contains(wanted, s.name) && (!s.tools || s.dialect == own) {
			list = append(list, s)
		}
	}
	return list
}

// usualProbes are the probes that fit a kind of model.
func usualProbes(k kind, own llm.Dialect) []string {
	switch {
	case k == kindEmbedding:
		return []string{ProbeEmbeddings}
	case k == kindCompletion:
		return []string{ProbeCompletions}
	case k == kindOther:
		return nil
	case own == llm.Anthropic:
		return []string{ProbeMessages, ProbeMessagesStream, ProbeTools, ProbeToolsStream, ProbeCompletions, ProbeCountTokens}
	default:
		return []string{ProbeChat, ProbeChatStream, ProbeTools, ProbeToolsStream, ProbeCompletions}
	}
}

// anthropicVersion is sent in Anthropic's dialect.
const anthropicVersion = "2023-06-01"

// header are the fields of the probe's requests.
func (s *spec) header() http.Header {
	// An answer that is kept somewhere says nothing of the model.
	h := http.Header{"Cache-Control": {"no-cache"}}
	if s.dialect == llm.Anthropic {
		h["Anthropic-Version"] = []string{anthropicVersion}
	}
	return h
}
