package llm

// Request is one call on its way to a provider: built by the gateway, one for
// each attempt, read-only for the provider.
type Request struct {
	Op      Op
	Dialect Dialect
	// Model is the provider's own name of the model.
	Model string
	// Header are the client's header fields, canonical names. The provider picks
	// what it passes on; it must not change them.
	Header Header
	// Query is the client's raw query string, without "?".
	Query string
	// Body is what the client sent.
	Body Body
	// Edits are the changes to the body on the native lane. The provider calls
	// its Backend's Patch, then adds its own envelope and signs.
	Edits Edits
	// Stream says that the answer is wanted as a stream.
	Stream bool
	// Translate is what is asked for on the translated lane; nil on the native one,
	// where Body and Edits say it.
	Translate *Translation
}

// Translation is a call on the translated lane: what to encode, and what is known
// of the model that helps to do so.
type Translation struct {
	// Conversation is set for OpChat and OpCountTokens, Embed for OpEmbeddings. They
	// are shared by all attempts.
	Conversation *Conversation
	Embed        *Embed
	// DropParams drops what the provider has no place for, also where that changes
	// what is returned.
	DropParams bool
	// ParamName gives the client's own name of a parameter, for messages: names here
	// are those of OpenAI.
	ParamName func(name string) string
	// Model is what is known of the model.
	Model ModelFacts
}

// ModelFacts are what helps to encode a request for a model. The zero value knows
// nothing.
type ModelFacts struct {
	// MaxOutput is the most the model can put out, in tokens; 0 where that is not
	// known.
	MaxOutput int64
	// Reasoning says that the model can think.
	Reasoning bool
}
