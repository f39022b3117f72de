package llm

// Stop is why an answer ended, in one word for all dialects. The provider's own
// word is Meta.StopReason.
type Stop uint8

// The reasons. The zero Stop is an answer that has not ended.
const (
	// StopEnd is the natural end.
	StopEnd Stop = iota + 1
	// StopSequence is one of the client's stop texts: Meta.StopSequence, if known.
	StopSequence
	// StopLength is the output limit.
	StopLength
	// StopContext is the context window's end.
	StopContext
	// StopTools is a call of tools that the client has to answer.
	StopTools
	// StopSafety is a refusal, or a filter.
	StopSafety
	// StopPause is a turn that the provider wants to go on with.
	StopPause
	// StopMalformed is a tool call that the provider could not make sense of.
	StopMalformed
)

// Response is a whole answer on the translated lane. One of Parts, Vectors and
// Count is set, as the operation has it.
type Response struct {
	Meta Meta
	// Parts are what the model answered: Text, ToolCall, Thinking, Redacted,
	// Refusal, Foreign.
	Parts []Part
	// Vectors are in the order of Embed.Texts.
	Vectors []Vector
	// Count is how many tokens a conversation takes.
	Count int64
}

// Vector is an embedding in one of two forms.
type Vector struct {
	// Numbers are as the provider wrote them.
	Numbers []Number
	// Base64 is little-endian float32; "" where Numbers is set.
	Base64 string
}
