package llm

// Answer is what a provider gave back: Body or, on the translated lane, Response
// for an answer read whole, Stream for one that is still arriving. Whoever
// receives an Answer with a Stream must close it.
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
	// Response is the whole answer on the translated lane; nil on the native one.
	Response *Response
	// Stream is the answer while it arrives.
	Stream Stream
	// Dropped names the parameters that the provider has no place for and that
	// changed nothing of what it returned.
	Dropped []string
	// UpstreamRequestID is the provider's own id of the call, for the log.
	UpstreamRequestID string
}

// Meta is what the gateway reads of an answer that passes by.
type Meta struct {
	// Usage is what the call used, as the provider reports it.
	Usage Usage
	// StopReason is the provider's own word for why the answer ended.
	StopReason string
	// Stop is the same in the gateway's word; only on the translated lane.
	Stop Stop
	// StopSequence is the text that ended the answer, where the provider tells.
	StopSequence string
	// ID is the answer's id.
	ID string
	// Model is the model that answered, in the provider's words.
	Model string
}
