package openai

import (
	"context"

	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// wantsBase64 reports whether a call asks for vectors as base64, as the official
// SDKs do unasked.
func wantsBase64(body []byte) bool {
	format, _ := toplevel.String(toplevel.Find(body, "encoding_format"))
	return format == "base64"
}

// embedAsNumbers calls a vendor that gives vectors as numbers only, and gives the
// client the base64 that it wants.
func (p *Provider) embedAsNumbers(ctx context.Context, req *llm.Request, body []byte) (*llm.Answer, error) {
	var t llm.Translation
	if err := (openai.Frontend{}).DecodeRequest(req.Op, body, &t); err != nil {
		return nil, err
	}
	numbers := *req
	numbers.Translate = &t
	ans, err := p.send(ctx, &numbers)
	if err != nil {
		return nil, err
	}
	if ans.Response == nil {
		_ = ans.Stream.Close() // it is of no use to anybody
		return nil, &llm.Error{Kind: llm.Upstream, Message: "the provider answered with a stream that was not asked for"}
	}
	if err := openai.ConvertVectors(ans.Response.Vectors, true); err != nil {
		return nil, &llm.Error{Kind: llm.Upstream, Message: "the provider's vectors could not be understood", Cause: err}
	}
	ans.Body = openai.Frontend{}.AppendResponse(nil, req.Op, ans.Response)
	ans.Response = nil
	return ans, nil
}
