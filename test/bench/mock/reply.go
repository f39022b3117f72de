package mock

import (
	"bytes"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/test/bench/traffic"
)

// reply is an answer as it goes over the connection.
type reply struct {
	// parts are written one by one; the first one starts with the head.
	parts [][]byte
	hold  time.Duration // before the first part
	every time.Duration // between parts
}

// replies are all that the provider can say.
type replies struct {
	known            map[traffic.Request]*reply // without Size, which changes no answer
	models, notFound *reply
}

// newReplies makes every reply once.
func newReplies() replies {
	rs := replies{known: map[traffic.Request]*reply{}, models: models(), notFound: notFound()}
	for _, d := range traffic.Dialects() {
		for _, p := range traffic.Paces() {
			unary := traffic.Request{Dialect: d, Pace: p}
			stream := traffic.Request{Dialect: d, Pace: p, Stream: true}
			usageless := traffic.Request{Dialect: d, Pace: p, Stream: true, Usageless: true}
			for _, r := range []traffic.Request{unary, stream, usageless} {
				rs.known[r] = newReply(r)
			}
		}
	}
	return rs
}

// choose finds the reply to a request.
func (rs replies) choose(target, body []byte) *reply {
	d, ok := traffic.DialectOf(target)
	switch {
	case bytes.HasPrefix(target, []byte("/v1/models")):
		return rs.models
	case !ok:
		return rs.notFound
	}
	r := traffic.Request{Dialect: d}
	switch {
	case ends(body, `-held"`):
		r.Pace = traffic.Held
	case ends(body, `-paced"`):
		r.Pace = traffic.Paced
	}
	r.Stream = ends(body, `"stream":true`)
	r.Usageless = r.Stream && d == traffic.OpenAI && !ends(body, `"include_usage":true`)
	return rs.known[r]
}

// ends reports whether s occurs near the start or the end of body. The members
// that matter are small and stand there, whoever wrote the body; a search of all
// of a large prompt would cost more than the answer.
func ends(body []byte, s string) bool {
	const reach = 512
	head, tail := body[:min(reach, len(body))], body[max(0, len(body)-reach):]
	return bytes.Contains(tail, []byte(s)) || bytes.Contains(head, []byte(s))
}

// newReply frames the answer to r.
func newReply(r traffic.Request) *reply {
	a := r.Answer()
	rep := &reply{}
	if r.Pace == traffic.Held {
		rep.hold = HoldFor
	}
	if r.Pace == traffic.Paced {
		rep.every = PaceEvery
	}
	if a.Events == nil {
		rep.parts = [][]byte{sized(200, a.Body)}
		return rep
	}
	for _, e := range a.Events {
		rep.parts = append(rep.parts, fmt.Appendf(nil, "%x\r\n%s\r\n", len(e), e))
	}
	rep.parts[0] = append([]byte(streamHead), rep.parts[0]...)
	last := len(rep.parts) - 1
	rep.parts[last] = append(rep.parts[last], "0\r\n\r\n"...)
	return rep
}

// Vendors send a dozen fields with each answer, which a gateway has to read.
const (
	vendorFields = "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\nServer: mock\r\nConnection: keep-alive\r\n" +
		"Strict-Transport-Security: max-age=31536000; includeSubDomains\r\nX-Content-Type-Options: nosniff\r\n" +
		"x-request-id: req_011CSHoEeqs5C35K2UUqR7Fy\r\nrequest-id: req_011CSHoEeqs5C35K2UUqR7Fy\r\n" +
		"openai-processing-ms: 412\r\nx-ratelimit-limit-requests: 30000\r\nx-ratelimit-remaining-requests: 29999\r\n" +
		"anthropic-ratelimit-requests-limit: 4000\r\nanthropic-ratelimit-requests-remaining: 3999\r\n"
	streamHead = "HTTP/1.1 200 OK\r\n" + vendorFields +
		"Content-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
)

// sized frames a body of known length.
func sized(status int, body []byte) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %d Mock\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		status, vendorFields, len(body), body)
}

// notFound answers whatever is no route, without a body, so that it is also an
// answer to HEAD.
func notFound() *reply { return &reply{parts: [][]byte{sized(404, nil)}} }

// models answers the list of models, which gateways ask for to see whether a
// provider is well. It is meant for both dialects' readers.
func models() *reply {
	const body = `{"object":"list","data":[{"id":"mock","type":"model","object":"model","created":1741569952,"created_at":"2025-03-10T00:00:00Z",` +
		`"display_name":"Mock","owned_by":"bench"}],"first_id":"mock","last_id":"mock","has_more":false}`
	return &reply{parts: [][]byte{sized(200, []byte(body))}}
}
