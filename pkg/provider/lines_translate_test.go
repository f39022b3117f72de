package provider_test

import (
	"bufio"
	"errors"
	"io"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// On the translated lane a body of lines is a user's first text, and an answer is
// one text.

func (lines) AppendRequest(dst []byte, req *llm.Request, l *dialect.Losses) ([]byte, error) {
	if req.Model == "unspeakable" {
		return nil, l.Refuse("model", "no line can say that")
	}
	l.Hint("seed")
	text, _ := req.Translate.Conversation.Messages[0].Parts[0].(llm.Text)
	return append(dst, text.Text...), nil
}

func (lines) DecodeResponse(_ llm.Op, body []byte) (*llm.Response, error) {
	if len(body) == 0 {
		return nil, errors.New("no line at all")
	}
	return &llm.Response{Parts: []llm.Part{llm.Text{Text: string(body)}}, Meta: llm.Meta{ID: "line"}}, nil
}

func (lines) NewEventReader(r io.ReadCloser, _ dialect.StreamOptions) llm.Stream {
	return &lineStream{r: bufio.NewReader(r), c: r}
}
