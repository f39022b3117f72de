package llm

// Part is a piece of a message: one of [Text], [Media], [ToolCall], [ToolResult],
// [Thinking], [Redacted], [Refusal], [Foreign].
type Part interface{ part() }

// Text is words.
type Text struct {
	Text  string
	Cache *CacheMark
}

// MediaKind is what a Media part shows.
type MediaKind uint8

// The kinds of media.
const (
	Image MediaKind = iota + 1
	Document
	Audio
)

// Media is an image, a document or a sound: exactly one of Data, URL, FileID and
// Text is set.
type Media struct {
	Kind MediaKind
	// Type is the media type of Data, such as "image/png".
	Type string
	// Data is base64 in the standard alphabet.
	Data string
	// URL is where the vendor is to fetch it.
	URL string
	// FileID is the vendor's name of a file that it has.
	FileID string
	// Text is a document that consists of nothing else.
	Text string
	// Title is a document's name, Context what the client says of it.
	Title, Context string
	// Detail is OpenAI's "low", "high" or "auto"; "" where there is none.
	Detail string
	Cache  *CacheMark
}

// ToolCall is a call of one of the client's functions.
type ToolCall struct {
	ID, Name string
	// Arguments is the JSON text of an object. What a model wrote that is no JSON
	// stands here as it is; "" means no arguments.
	Arguments string
	// Signature is the vendor's opaque token for this call; "" mostly.
	Signature string
	Cache     *CacheMark
}

// ToolResult is what a call of a function gave.
type ToolResult struct {
	// CallID is the ID of the ToolCall.
	CallID string
	// Parts are Text and Media.
	Parts []Part
	// Failed says that the function failed.
	Failed bool
	Cache  *CacheMark
}

// Thinking is what a model thought before it answered.
type Thinking struct {
	Text string
	// Signature is the vendor's proof that the thought is its own; "" where the
	// vendor gives none. It is of no use to another vendor.
	Signature string
}

// Redacted is thinking that the vendor does not show: an opaque token.
type Redacted struct{ Data string }

// Refusal is the model's words for why it does not answer.
type Refusal struct{ Text string }

// Foreign is a part that only one dialect knows.
type Foreign struct {
	From Dialect
	// Kind is the dialect's word for it.
	Kind string
	// Raw is JSON text.
	Raw []byte
}

func (Text) part()       {}
func (Media) part()      {}
func (ToolCall) part()   {}
func (ToolResult) part() {}
func (Thinking) part()   {}
func (Redacted) part()   {}
func (Refusal) part()    {}
func (Foreign) part()    {}
