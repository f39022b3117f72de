package llm

// Conversation is what a chat asks for, in no dialect: what a Frontend decodes
// and a Backend encodes on the translated lane. It is read-only once it is
// decoded: all attempts of a call share it.
//
// Fields that a client did not set are empty. Numbers stand as the client wrote
// them ([Number]), so that nothing is lost on the way.
type Conversation struct {
	// System are the instructions that stand before the first message.
	System []Text
	// Messages take turns as the client sent them; neighbours may have one role.
	Messages []Message
	Tools    []Tool
	Choice   ToolChoice
	// OneToolAtATime forbids parallel tool calls.
	OneToolAtATime bool
	// Format is how the answer's text is to look.
	Format Format
	// MaxOutput limits the output, reasoning included, in tokens; 0 where the
	// client set no limit.
	MaxOutput int64
	// Stop are texts that end the answer.
	Stop []string
	// Choices is how many answers are wanted; at least 1.
	Choices  int64
	Sampling Sampling
	// Reasoning is nil where the client says nothing of it.
	Reasoning *Reasoning
	// User tells the vendor who asks: an opaque id.
	User string
	// Cache asks for prompt caching up to the last part that can be cached; nil
	// where the client leaves it to the vendor.
	Cache *CacheMark
	// ServiceTier is the client's word for how fast it wants to be served.
	ServiceTier string
	// Extra are the parameters for which there is no word here, in the order of the
	// body.
	Extra []Parameter
}

// Number is a number as it stands in JSON text: "1.0" is not "1". "" is unset.
type Number string

// Sampling is how the next token is picked.
type Sampling struct {
	Temperature, TopP, TopK           Number
	FrequencyPenalty, PresencePenalty Number
	Seed                              Number
	// Logprobs asks for the probabilities of the output's tokens, TopLogprobs for
	// those of so many others beside each.
	Logprobs    bool
	TopLogprobs Number
	// LogitBias is JSON text, nil where there is none.
	LogitBias []byte
}

// Parameter is a top-level member of a body that the vocabulary has no word for.
type Parameter struct {
	// Name is the client's.
	Name string
	// Value is JSON text.
	Value []byte
	// From is the dialect that knows the parameter.
	From Dialect
	// Hint says that leaving it out changes nothing of what is returned.
	Hint bool
}

// Role is whose words a message has.
type Role uint8

// The roles. Tool results stand in messages of the user.
const (
	User Role = iota + 1
	Assistant
	// System is an instruction in the middle of a conversation.
	System
)

// Message is one turn.
type Message struct {
	Role  Role
	Parts []Part
	// Name tells participants of one role apart; "" mostly.
	Name string
}

// Tool is a function that the client runs, or, with Foreign set, something that
// only one dialect knows: a tool that the vendor runs itself.
type Tool struct {
	Name, Description string
	// Parameters is a JSON schema; nil for a tool without any.
	Parameters []byte
	// Strict asks for arguments that follow the schema exactly; nil where the client
	// does not say.
	Strict *bool
	Cache  *CacheMark
	// Foreign is the tool as it stands in the body; nil for a function.
	Foreign *Foreign
}

// ToolChoiceMode says whether tools must be called.
type ToolChoiceMode uint8

// The modes. The zero mode is what the client leaves to the vendor.
const (
	ToolAuto ToolChoiceMode = iota + 1
	ToolNone
	// ToolAny: one of the tools must be called.
	ToolAny
	// ToolNamed: the tool named by ToolChoice.Name must be called.
	ToolNamed
)

// ToolChoice says which tools may or must be called.
type ToolChoice struct {
	Mode ToolChoiceMode
	Name string
}

// FormatKind says how an answer's text is to look.
type FormatKind uint8

// The formats. The zero kind is plain text.
const (
	// FormatJSON is some JSON object.
	FormatJSON FormatKind = iota + 1
	// FormatSchema is JSON that follows Format.Schema.
	FormatSchema
)

// Format is how the answer's text is to look.
type Format struct {
	Kind FormatKind
	// Name and Description are what some dialects want with a schema.
	Name, Description string
	// Schema is a JSON schema.
	Schema []byte
	Strict *bool
}

// Reasoning is how much the model is to think before it answers.
type Reasoning struct {
	// Off forbids it.
	Off bool
	// Adaptive leaves the amount to the model.
	Adaptive bool
	// Effort is minimal, low, medium, high, xhigh or max; "" where none is named.
	Effort string
	// Budget is the most tokens to think, 0 where none is named.
	Budget int64
	// Display is the client's word for how the thoughts are shown ("omitted",
	// "summarized"); "" leaves it to the vendor.
	Display string
}

// CacheMark ends a part of the prompt that the vendor should keep.
type CacheMark struct {
	// Lifetime is "5m" or "1h"; "" is the vendor's default.
	Lifetime string
}

// Embed asks for the vectors of texts.
type Embed struct {
	// Texts are what to embed; nil where Tokens is set.
	Texts []string
	// Tokens are texts in the model's own tokens, as JSON text each; nil where Texts
	// is set.
	Tokens [][]byte
	// Single says that the client sent one text, not a list of one.
	Single bool
	// Dimensions is "" for the model's own.
	Dimensions Number
	// Base64 asks for vectors as base64 of little-endian float32.
	Base64 bool
	User   string
	Extra  []Parameter
}
