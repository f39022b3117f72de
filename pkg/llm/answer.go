package llm

// Answer is what a provider gave back. On the native lane either Body or Stream
// is set: Body for an answer read whole, Stream for one that is still arriving.
// Whoever receives an Answer with a Stream must close it.
type Answer struct {
	// Status is the HTTP status to give the client.
	Status int
	// Header are the provider's header fields that the client may see, canonical
	// names; hop-by-hop fields, rate limits and account names are gone already.
	Header Header
	// Dialect is the wire format of Body and of Event.Raw.
	Dialect Dialect
	// Meta is what was read of a whole answer. For a Stream it is in the End event.
	Meta Meta
	// Body is the whole answer, byte for byte. It belongs to the receiver.
	Body []byte
	// Stream is the answer while it arrives.
	Stream Stream
	// UpstreamRequestID is the provider's own id of the call, for the log.
	UpstreamRequestID string
}

// Meta is what the gateway reads of an answer that passes by.
type Meta struct {
	// Usage is what the call used, as the provider reports it.
	Usage Usage
	// StopReason is the provider's own word for why the answer ended.
	StopReason string
	// ID is the answer's id.
	ID string
	// Model is the model that answered, in the provider's words.
	Model string
}
