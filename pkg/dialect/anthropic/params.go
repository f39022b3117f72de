package anthropic

// ownNames are Anthropic's for the parameters that the vocabulary calls as OpenAI
// does. Those that are not here have one name, or none, in both.
var ownNames = map[string]string{
	"max_completion_tokens": "max_tokens",
	"stop":                  "stop_sequences",
	"user":                  "metadata.user_id",
	"response_format":       "output_config.format",
	"reasoning_effort":      "thinking",
	"parallel_tool_calls":   "tool_choice.disable_parallel_tool_use",
	"functions":             "tools",
	"function_call":         "tool_choice",
}

// ParamName implements dialect.ClientSide.
func (Frontend) ParamName(name string) string {
	if own, ok := ownNames[name]; ok {
		return own
	}
	return name
}

// essential are the top-level members for which the vocabulary has no word and
// that change what is returned: the provider's own machines and servers. All
// others only say where, how fast and for whom Claude runs, or what it may forget
// of a conversation, and clients of this API send new ones every month
// (anthropic-sdk-go betamessage.go, as of 2026-11): another model answers without.
var essential = map[string]bool{"container": true, "mcp_servers": true}
