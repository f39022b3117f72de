package traffic

import (
	"fmt"
	"strings"
)

// Request describes one call.
type Request struct {
	Dialect Dialect
	Pace    Pace
	// Size is the body's length in bytes. Below about 250 it is as small as it can
	// be with an empty prompt.
	Size   int
	Stream bool
	// Usageless leaves stream_options out of an OpenAI stream, so that a gateway
	// that needs the usage has to ask for it and to hide the answer.
	Usageless bool
}

// turnSize is the text of one turn of a long conversation, in bytes.
const turnSize = 2 << 10

// Body returns the JSON body. The messages stand before model and stream, so
// that whoever looks for these has to pass over the prompt.
func (r Request) Body() []byte {
	head, tail := `{"messages":[`, `],`+r.parameters()+`}`
	left := r.Size - len(head) - len(tail)

	var b strings.Builder
	b.WriteString(head)
	for left > 4*turnSize {
		pair := r.turn("user", turnSize) + "," + r.turn("assistant", turnSize) + ","
		left -= len(pair)
		b.WriteString(pair)
	}
	b.WriteString(r.turn("user", left-len(r.turn("user", 0))))
	b.WriteString(tail)
	return []byte(b.String())
}

// turn is one message with n bytes of text, in the shape in which the dialect's
// coding clients send it.
func (r Request) turn(role string, n int) string {
	if r.Dialect == Anthropic {
		return fmt.Sprintf(`{"role":%q,"content":[{"type":"text","text":"%s"}]}`, role, text(n))
	}
	return fmt.Sprintf(`{"role":%q,"content":"%s"}`, role, text(n))
}

// parameters are the members behind the messages.
func (r Request) parameters() string {
	p := fmt.Sprintf(`"model":%q,"max_tokens":256`, Model(r.Dialect, r.Pace))
	if r.Stream {
		p += `,"stream":true`
	}
	if r.Stream && r.Dialect == OpenAI && !r.Usageless {
		p += `,"stream_options":{"include_usage":true}`
	}
	return p
}

// Message returns the request as it goes over the connection, with the
// dialect's own credential header. Every subject gets the same bytes, also those
// that look at no key.
func (r Request) Message(key string) []byte {
	credential := "Authorization: Bearer " + key
	if r.Dialect == Anthropic {
		credential = "anthropic-version: 2023-06-01\r\nx-api-key: " + key
	}
	body := r.Body()
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: gateway.example\r\nUser-Agent: llmgw-bench/1\r\n"+
		"Accept: application/json\r\nContent-Type: application/json\r\n%s\r\nContent-Length: %d\r\n\r\n%s",
		r.Dialect.Path(), credential, len(body), body)
}
