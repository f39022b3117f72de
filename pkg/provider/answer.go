package provider

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// maxRefusal bounds what is read of the body of a failed call, in bytes.
const maxRefusal = 1 << 20

// maxTranslated bounds a whole answer that is translated, in bytes: it is read
// into memory.
const maxTranslated = 32 << 20

// lastStatus is the last status that means something (RFC 9110, section 15).
const lastStatus = 599

// answer turns a response into what the gateway works with. On an error the
// response is the caller's to close.
func (a *attempt) answer(c *Call, resp *http.Response, translated bool) (*llm.Answer, error) {
	body, err := a.openBody(resp)
	if c.Stream {
		a.limit(0)
		body.idle = a.idle
	}
	ans := &llm.Answer{
		Status: resp.StatusCode, Header: publicHeader(resp.Header),
		Dialect: c.Backend.Dialect(), UpstreamRequestID: requestIDOf(resp.Header),
	}
	switch {
	case resp.StatusCode >= http.StatusBadRequest && resp.StatusCode <= lastStatus:
		return nil, refusal(c, resp, body, ans)
	case resp.StatusCode < http.StatusOK, resp.StatusCode >= http.StatusMultipleChoices:
		return nil, redirected(resp)
	case err != nil:
		return nil, a.failure("read answer of", fmt.Errorf("%q: %w", resp.Header.Get("Content-Encoding"), err))
	}
	media := mediaType(resp.Header)
	if translated {
		return ans, body.translate(ans, c, media)
	}
	switch {
	case isEventStream(media), c.Stream && !isJSON(media):
		ans.Stream = body.stream(c)
		return ans, nil
	case body.size > maxBody, media != "" && !isJSON(media) && body.size != 0:
		ans.Stream = body.chunks(nil)
		return ans, nil
	}
	return ans, body.readInto(ans, c)
}

// readInto reads a whole answer. One that turns out to be too long for that
// becomes a stream of what was read and what is still to come.
func (b *answerBody) readInto(ans *llm.Answer, c *Call) error {
	whole, ok, err := readWhole(b, b.size, maxBody)
	switch {
	case err != nil:
		return b.attempt.failure("read answer of", err)
	case !ok:
		ans.Stream = b.chunks(whole)
		return nil
	}
	ans.Body, ans.Meta = whole, c.Backend.ReadMeta(c.Op, whole)
	_ = b.Close() // The answer is here; what closing says of the connection does not matter.
	return nil
}

// translate reads an answer for the translated lane: as events, or whole, in the
// form in which it comes.
func (b *answerBody) translate(ans *llm.Answer, c *Call, media string) error {
	if isEventStream(media) || c.Stream && !isJSON(media) {
		b.unlimit()
		opts := dialect.StreamOptions{Op: c.Op}
		ans.Stream = &stream{inner: c.Backend.NewEventReader(b, opts), body: b}
		return nil
	}
	whole, ok, err := readWhole(b, b.size, maxTranslated)
	switch {
	case err != nil:
		return b.attempt.failure("read answer of", err)
	case !ok:
		return &llm.Error{Kind: llm.Upstream, Message: "the provider's answer is too long to be translated"}
	}
	if ans.Response, err = c.Backend.DecodeResponse(c.Op, whole); err != nil {
		return misread(c, whole, err)
	}
	ans.Meta = ans.Response.Meta
	_ = b.Close() // The answer is here; what closing says of the connection does not matter.
	return nil
}

// misread is the error of an answer that is none: a failure that was sent with a
// good status, in the vendor's words where it has any.
func misread(c *Call, body []byte, cause error) *llm.Error {
	if bytes.Contains(body, []byte(`"error"`)) {
		return c.Backend.DecodeError(0, nil, body)
	}
	return &llm.Error{Kind: llm.Upstream, Message: "the provider's answer could not be understood", Cause: cause}
}

// stream reads the dialect's frames.
func (b *answerBody) stream(c *Call) llm.Stream {
	b.unlimit()
	opts := dialect.StreamOptions{Op: c.Op, DropUsageChunk: c.DropUsageChunk}
	return &stream{inner: c.Backend.NewStreamReader(b, opts), body: b}
}

// chunks passes a body by that has no frames, after the prefix that was read.
func (b *answerBody) chunks(prefix []byte) llm.Stream {
	b.unlimit()
	var r io.Reader = b
	if len(prefix) > 0 {
		r = io.MultiReader(bytes.NewReader(prefix), b)
	}
	return &stream{inner: newChunkStream(r, b), body: b}
}

// unlimit ends the limit on the whole answer; only silence counts from here.
func (b *answerBody) unlimit() {
	b.attempt.limit(0)
	b.idle = b.attempt.idle
}

// refusal reads what the vendor says of a failed call. The vendor's answer is
// kept beside it, as much of it as came.
func refusal(c *Call, resp *http.Response, body *answerBody, ans *llm.Answer) *llm.Error {
	// An error while reading leaves what came before it, which is what is wanted.
	ans.Body, _, _ = readWhole(io.LimitReader(body, maxRefusal), body.size, maxRefusal)
	e := c.Backend.DecodeError(resp.StatusCode, llm.Header(resp.Header), ans.Body)
	e.Upstream = ans
	return e
}

// redirected is for answers that are neither a success nor a refusal. Redirects
// are not followed: they would carry body and credential to an address that
// nobody configured.
func redirected(resp *http.Response) *llm.Error {
	return &llm.Error{
		Kind:    llm.Upstream,
		Message: fmt.Sprintf("the provider answered with status %d, which is not followed (check api_base)", resp.StatusCode),
	}
}
