package traffic

import (
	"bytes"
	"fmt"
)

const (
	// AnswerSize is the body of a unary answer, in bytes.
	AnswerSize = 1 << 10
	// EventCount is how many events a whole stream has.
	EventCount = 53
)

// Answer is what the provider says to one kind of call.
type Answer struct {
	// Body is a unary answer's body, nil for a stream.
	Body []byte
	// Events are a stream's events, framed as text/event-stream.
	Events [][]byte
}

// Bytes returns the body as a client gets it.
func (a Answer) Bytes() []byte {
	if a.Events == nil {
		return a.Body
	}
	return bytes.Join(a.Events, nil)
}

// Answer returns what the provider answers to r.
func (r Request) Answer() Answer {
	switch {
	case r.Dialect == Anthropic && r.Stream:
		return Answer{Events: anthropicStream()}
	case r.Dialect == Anthropic:
		return Answer{Body: sized(anthropicMessage)}
	case r.Stream:
		return Answer{Events: openAIStream(r.Usageless)}
	default:
		return Answer{Body: sized(openAICompletion)}
	}
}

// The answers' shapes are those of api.openai.com/v1/chat/completions and
// api.anthropic.com/v1/messages, from their API references as of November 2026.
const (
	openAICompletion = `{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"mock",` +
		`"choices":[{"index":0,"message":{"role":"assistant","content":"%s","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],` +
		`"usage":{"prompt_tokens":219,"completion_tokens":110,"total_tokens":329,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},` +
		`"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}},"service_tier":"default"}`

	anthropicMessage = `{"id":"msg_013Zva2CMHLNnXjNJJKqJ2EF","type":"message","role":"assistant","model":"mock",` +
		`"content":[{"type":"text","text":"%s"}],"stop_reason":"end_turn","stop_sequence":null,` +
		`"usage":{"input_tokens":219,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":110,"service_tier":"standard"}}`
)

// sized fills the text of a template so that it is AnswerSize bytes long.
func sized(template string) []byte {
	return fmt.Appendf(nil, template, text(AnswerSize-len(template)+len("%s")))
}

// delta is the text of one event.
const delta = ` the stack`

// openAIStream is a role chunk, text, a stop reason, usage unless left out, and
// the terminal marker.
func openAIStream(usageless bool) [][]byte {
	const (
		head   = `data: {"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"chat.completion.chunk","created":1741570283,"model":"mock","service_tier":"default",`
		choice = head + `"choices":[{"index":0,"delta":{%s},"logprobs":null,"finish_reason":%s}]}` + "\n\n"
		usage  = head + `"choices":[],"usage":{"prompt_tokens":219,"completion_tokens":49,"total_tokens":268,` +
			`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}}` + "\n\n"
		done = "data: [DONE]\n\n"
	)
	events := [][]byte{fmt.Appendf(nil, choice, `"role":"assistant","content":"","refusal":null`, "null")}
	for len(events) < EventCount-3 {
		events = append(events, fmt.Appendf(nil, choice, `"content":"`+delta+`"`, "null"))
	}
	events = append(events, fmt.Appendf(nil, choice, "", `"stop"`))
	if !usageless {
		events = append(events, []byte(usage))
	}
	return append(events, []byte(done))
}

// anthropicStream is one text block, with a ping behind its start as the vendor
// sends it.
func anthropicStream() [][]byte {
	event := func(name, data string) []byte {
		return fmt.Appendf(nil, "event: %s\ndata: {\"type\":%q%s}\n\n", name, name, data)
	}
	events := [][]byte{
		event("message_start", `,"message":{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","model":"mock","content":[],`+
			`"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":219,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}`),
		event("content_block_start", `,"index":0,"content_block":{"type":"text","text":""}`),
		event("ping", ""),
	}
	for len(events) < EventCount-3 {
		events = append(events, event("content_block_delta", `,"index":0,"delta":{"type":"text_delta","text":"`+delta+`"}`))
	}
	return append(events,
		event("content_block_stop", `,"index":0`),
		event("message_delta", `,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":49}`),
		event("message_stop", ""),
	)
}
