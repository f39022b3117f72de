// Package dialect defines what a wire format must be able to do: towards
// clients as a [Frontend], towards providers as a [Backend]. Each format has its
// own package below this one; framing (sse) stands beside them.
//
// It is not for vendors' addresses, credentials or quirks (package provider),
// and it does no network I/O. The gateway and the server use Frontends,
// providers use Backends; only package app picks implementations.
package dialect

import (
	"io"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Frontend is the client's side of a dialect. Implementations are stateless and
// safe for concurrent use.
type Frontend interface {
	Dialect() llm.Dialect
	// Inspect reads the top level of a body into h, without decoding or
	// validating what is nested. Inspected members that occur twice, or whose name
	// is spelled with escapes or in another case, and bodies that are no JSON
	// object, give an *llm.Error of kind InvalidRequest.
	Inspect(op llm.Op, body []byte, h *llm.Head) error
	// Reach looks for what makes a call use more input than its bytes: one search
	// through the body without decoding. A false hit is allowed, a miss is not.
	Reach(op llm.Op, body []byte) Reach
	// UserFields names the top-level members that tell the vendor who the user is:
	// they are left out of cache keys.
	UserFields(op llm.Op) []string
	// AppendError appends the error's body in this dialect and gives its status.
	// Own errors only: a provider's own body passes a native lane as it is.
	AppendError(dst []byte, e *llm.Error, requestID string) (status int, body []byte)
	// SetLimits sets the dialect's rate-limit fields for the tightest limit of
	// each unit.
	SetLimits(h llm.Header, states []llm.LimitState)
	// NewStreamEncoder makes the encoder of one streamed answer.
	NewStreamEncoder(op llm.Op, requestID string) StreamEncoder
	// ClientSide is the translated lane.
	ClientSide
}

// ClientSide translates between clients of a dialect and the vocabulary.
type ClientSide interface {
	// DecodeRequest reads a whole body: into t.Conversation, or t.Embed for
	// OpEmbeddings. A legacy completion becomes a conversation of one message. What
	// it keeps does not refer to body. Parameters without a word in the vocabulary
	// go into Extra. Returns an *llm.Error of kind InvalidRequest that names the
	// place of what cannot be read.
	DecodeRequest(op llm.Op, body []byte, t *llm.Translation) error
	// AppendResponse appends a whole answer.
	AppendResponse(dst []byte, op llm.Op, r *llm.Response) []byte
	// NewStreamWriter makes the writer of one translated stream.
	NewStreamWriter(op llm.Op, opts StreamWriterOptions) StreamWriter
	// ParamName gives the dialect's own name of a parameter that the vocabulary
	// calls as OpenAI does.
	ParamName(name string) string
}

// StreamWriter turns the events of one translated stream into frames. Not safe
// for concurrent use.
type StreamWriter interface {
	// Append appends the frames for ev to dst; there may be none. With End come the
	// terminal frames; Failure becomes the dialect's in-band error, after which
	// nothing may follow.
	Append(dst []byte, ev llm.Event) []byte
}

// StreamWriterOptions tell a StreamWriter about its call.
type StreamWriterOptions struct {
	// RequestID is the gateway's id of the call.
	RequestID string
	// Model is named in the answer where the provider names none.
	Model string
	// IncludeUsage says that the client asked for usage in the stream.
	IncludeUsage bool
}

// StreamEncoder turns the events of one answer into the bytes a client reads.
// It does no I/O: the server writes, flushes, and decides when silence is too
// long. Not safe for concurrent use. Returned slices are valid until the next
// call.
type StreamEncoder interface {
	ContentType() string
	// Encode gives the bytes of an event; on the native lane they are Event.Raw.
	Encode(ev llm.Event) []byte
	// KeepAlive gives a frame that means nothing, to be sent between events.
	KeepAlive() []byte
	// Fail gives the frame that tells the client, inside the stream, that the
	// call failed. No terminal frame may follow it.
	Fail(e *llm.Error) []byte
}

// Backend is the provider's side of a dialect. Implementations are stateless
// and safe for concurrent use.
type Backend interface {
	Dialect() llm.Dialect
	// Patch appends body to dst with the edits made, changing nothing else, and
	// returns the extended slice. It fails only where Edits.Head does not belong
	// to body.
	Patch(dst, body []byte, op llm.Op, e llm.Edits) ([]byte, error)
	// ReadMeta reads usage, stop reason and ids from a whole answer.
	ReadMeta(op llm.Op, body []byte) llm.Meta
	// NewStreamReader reads a streamed answer from r, which it closes. The
	// stream's bytes reach the caller unchanged, in whole frames.
	NewStreamReader(r io.ReadCloser, opts StreamOptions) llm.Stream
	// DecodeError reads what a provider says of a failed call. The result's
	// Upstream is not set here.
	DecodeError(status int, h llm.Header, body []byte) *llm.Error
	// ProviderSide is the translated lane.
	ProviderSide
}

// ProviderSide translates between the vocabulary and providers of a dialect.
type ProviderSide interface {
	// AppendRequest appends the body for req.Translate, with req.Model, req.Stream
	// and the output limit and defaults of req.Edits. What the dialect has no place
	// for goes to l. Returns an *llm.Error of kind InvalidRequest.
	AppendRequest(dst []byte, req *llm.Request, l *Losses) ([]byte, error)
	// DecodeResponse reads a whole answer. Nothing of it refers to body. Returns an
	// error where body is no answer of the operation.
	DecodeResponse(op llm.Op, body []byte) (*llm.Response, error)
	// NewEventReader reads a streamed answer from r, which it closes, as the events
	// of a translated stream: Begin, parts, End.
	NewEventReader(r io.ReadCloser, opts StreamOptions) llm.Stream
}

// StreamOptions tells a stream reader about its call.
type StreamOptions struct {
	Op llm.Op
	// DropUsageChunk removes the frame that carries nothing but usage: the gateway
	// asked for it, the client did not.
	DropUsageChunk bool
}

// MaxFrame bounds one frame of a stream, in bytes. A provider that sends more
// without a frame's end is cut off.
const MaxFrame = 16 << 20

// Unbounded is the number of uses of a server tool that has no limit.
const Unbounded int64 = -1

// Reach says how far a body reaches beyond its own bytes. The zero value: all
// its input is in the body, and none of it is to be kept in the provider's cache.
type Reach struct {
	// Elsewhere says that the body refers to content that is not in it: URLs, file
	// ids, containers, earlier answers.
	Elsewhere bool
	// ServerTools is how often tools may run at the provider, each time adding
	// input and a fee; Unbounded where the body names no limit.
	ServerTools int64
	// SmallPictures are the pictures in the body that are shorter than SmallPicture:
	// a picture is billed by its size on the screen, and few bytes can fill many.
	SmallPictures int64
	// Documents says that the body holds what is billed by pages or seconds.
	Documents bool
	// CacheWrite is what the body asks the provider to keep in its cache.
	CacheWrite CacheWrite
}

// SmallPicture is the length in base64 from which a picture has more bytes than
// any vendor bills tokens for it: 48,169 is the most (gpt-4o-mini, 2026-11).
const SmallPicture = 64 << 10

// CacheWrite is the longest lifetime that a body asks for in the provider's cache.
type CacheWrite uint8

// The lifetimes.
const (
	// NoCacheWrite asks for none. Some providers keep things by themselves.
	NoCacheWrite CacheWrite = iota
	// ShortCacheWrite is the provider's usual one, as a rule five minutes.
	ShortCacheWrite
	// LongCacheWrite is an hour.
	LongCacheWrite
)

// Counter is a Frontend whose calls some providers count for free.
type Counter interface {
	// AppendCount appends to dst the body that asks how many tokens of input the
	// body of a call of OpChat takes: what the answer depends on has no place in it.
	AppendCount(dst, body []byte) []byte
	// ReadCount is the number in the answer to that; 0 where there is none.
	ReadCount(body []byte) int64
}
