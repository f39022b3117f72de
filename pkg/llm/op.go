package llm

// Op is what a call asks for, whatever the dialect it is spoken in: Anthropic's
// messages and OpenAI's chat completions are both [OpChat].
type Op uint8

// The operations the gateway knows. The zero value is no operation.
const (
	// OpChat is a conversation: messages, chat/completions.
	OpChat Op = iota + 1
	// OpCompletion is OpenAI's legacy text completion.
	OpCompletion
	// OpEmbeddings turns texts into vectors.
	OpEmbeddings
	// OpCountTokens counts what a conversation would take as input; it is free.
	OpCountTokens
)

// String gives the operation's name in logs and messages.
func (o Op) String() string {
	switch o {
	case OpChat:
		return "chat"
	case OpCompletion:
		return "completion"
	case OpEmbeddings:
		return "embeddings"
	case OpCountTokens:
		return "count_tokens"
	default:
		return "unknown"
	}
}

// Dialect names a wire format. It is a string because it stands in logs and
// configuration; the set is closed.
type Dialect string

// The dialects the gateway speaks.
const (
	// Anthropic is the Anthropic Messages API.
	Anthropic Dialect = "anthropic"
	// OpenAI is the OpenAI API: chat completions, legacy completions, embeddings.
	OpenAI Dialect = "openai"
)
