package providertest

import (
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Conversation is a request and the answers that a vendor may give to it.
type Conversation struct {
	// Request has the model "asked".
	Request string
	// Answer is the whole answer, with white space and members that nobody knows.
	Answer string
	// Meta is what Answer says.
	Meta llm.Meta
	// Frames is the streamed answer, whole frames; nil where there are no streams.
	Frames []string
	// StreamMeta is what Frames say.
	StreamMeta llm.Meta
	// UsageFrame is the index in Frames of the one with nothing but usage, or -1.
	UsageFrame int
	// Fault is the frame that reports a failure inside a stream.
	Fault string
	// Refusal is the body of an answer that refuses the call.
	Refusal string
	// Parts is what Answer and Frames say on the translated lane; nil where that is
	// not tested.
	Parts []llm.Part
}

// Stream is all frames in one piece.
func (c Conversation) Stream() string { return strings.Join(c.Frames, "") }

// Conversations gives one for each operation of a dialect.
func Conversations(d llm.Dialect) map[llm.Op]Conversation {
	all := map[llm.Op]Conversation{
		llm.OpChat: openAIChat(), llm.OpCompletion: openAICompletion(), llm.OpEmbeddings: openAIEmbeddings(),
	}
	if d == llm.Anthropic {
		all = map[llm.Op]Conversation{llm.OpChat: anthropicChat(), llm.OpCountTokens: anthropicCount()}
	}
	for op, c := range all {
		c.Refusal = `{"type":"error","error":{"type":"some_error","message":"the vendor's words"}}`
		all[op] = c
	}
	return all
}

func anthropicChat() Conversation {
	usage := llm.Usage{Input: 25, Output: 12, CacheRead: 10, CacheWrite5m: 5, Reported: true}
	return Conversation{
		Request: `{ "model" : "asked", "max_tokens": 1e2, "unknown": [1.0, {"k": "\u00fc"}],` +
			` "messages": [{"role": "user", "content": "Grüße 👋"}] }`,
		Answer: `{"id":"msg_1", "type":"message","role":"assistant","model":"m-1","content":[{"type":"text","text":"Grüße 👋"}],` +
			`"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":5,` +
			`"cache_read_input_tokens":10,"output_tokens":12},"new_member":1.0}`,
		Meta: llm.Meta{Usage: usage, StopReason: "end_turn", ID: "msg_1", Model: "m-1"},
		Frames: []string{
			"event: message_start\n" + `data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",` +
				`"model":"m-1","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":5,` +
				`"cache_read_input_tokens":10,"output_tokens":1}}}` + "\n\n",
			"event: content_block_start\n" + `data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n",
			"event: ping\ndata: {\"type\": \"ping\"}\n\n",
			"event: content_block_delta\n" + `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüße"}}` + "\n\n",
			": a comment\n\n",
			"event: unheard_of\ndata: {\"type\":\"unheard_of\"}\n\n",
			"event: content_block_delta\n" + `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 👋"}}` + "\n\n",
			"event: content_block_stop\n" + `data: {"type":"content_block_stop","index":0}` + "\n\n",
			"event: message_delta\n" + `data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":12}}` + "\n\n",
			"event: message_stop\n" + `data: {"type":"message_stop"}` + "\n\n",
		},
		StreamMeta: llm.Meta{Usage: usage, StopReason: "end_turn", ID: "msg_1", Model: "m-1"},
		UsageFrame: -1,
		Fault:      "event: error\n" + `data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}` + "\n\n",
	}
}

func anthropicCount() Conversation {
	return Conversation{
		Request: `{"model":"asked","messages":[{"role":"user","content":"hi"}]}`,
		Answer:  `{"input_tokens": 2095}`,
		// Counting is free: what it counts is not used.
		UsageFrame: -1,
	}
}

func openAIChat() Conversation {
	usage := llm.Usage{Input: 20, Output: 12, CacheRead: 8, Reasoning: 4, Reported: true}
	const usageText = `"usage":{"prompt_tokens":20,"completion_tokens":12,"total_tokens":32,` +
		`"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":4}}`
	const head = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m-1",`
	return Conversation{
		Request: `{ "model" : "asked", "seed": 1.0, "unknown": null, "messages": [{"role": "user", "content": "Grüße 👋"}] }`,
		Answer: `{"id":"chatcmpl-1", "object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"message":` +
			`{"role":"assistant","content":"Grüße 👋","refusal":null},"finish_reason":"stop"}],` + usageText + `,"new_member":1.0}`,
		Meta: llm.Meta{Usage: usage, StopReason: "stop", ID: "chatcmpl-1", Model: "m-1"},
		Frames: []string{
			head + `"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}` + "\n\n",
			": a comment\n\n",
			head + `"choices":[{"index":0,"delta":{"content":"Grüße"},"finish_reason":null}],"usage":null}` + "\n\n",
			head + `"choices":[{"index":0,"delta":{"content":" 👋"},"finish_reason":null}],"usage":null}` + "\n\n",
			head + `"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}` + "\n\n",
			head + `"choices":[],` + usageText + "}\n\n",
			"data: [DONE]\n\n",
		},
		StreamMeta: llm.Meta{Usage: usage, StopReason: "stop", ID: "chatcmpl-1", Model: "m-1"},
		UsageFrame: 5,
		Fault:      `data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}` + "\n\n",
	}
}

func openAICompletion() Conversation {
	usage := llm.Usage{Input: 5, Output: 7, Reported: true}
	const head = `data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m-1",`
	return Conversation{
		Request: `{"model":"asked","prompt":"Say this"}`,
		Answer: `{"id":"cmpl-1","object":"text_completion","created":1,"model":"m-1","choices":[{"text":"this","index":0,` +
			`"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}`,
		Meta: llm.Meta{Usage: usage, StopReason: "length", ID: "cmpl-1", Model: "m-1"},
		Frames: []string{
			head + `"choices":[{"text":"th","index":0,"logprobs":null,"finish_reason":null}]}` + "\n\n",
			head + `"choices":[{"text":"is","index":0,"logprobs":null,"finish_reason":"length"}]}` + "\n\n",
			head + `"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}` + "\n\n",
			"data: [DONE]\n\n",
		},
		StreamMeta: llm.Meta{Usage: usage, StopReason: "length", ID: "cmpl-1", Model: "m-1"},
		UsageFrame: 2,
		Fault:      `data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}` + "\n\n",
	}
}

func openAIEmbeddings() Conversation {
	return Conversation{
		Request: `{"model":"asked","input":["a","b"]}`,
		Answer: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.6,-0.80]}],"model":"m-1",` +
			`"usage":{"prompt_tokens":8,"total_tokens":8}}`,
		Meta:       llm.Meta{Usage: llm.Usage{Input: 8, Reported: true}, Model: "m-1"},
		UsageFrame: -1,
	}
}
