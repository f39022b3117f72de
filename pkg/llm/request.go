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
}
