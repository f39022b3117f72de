package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

var errNoAnswer = errors.New("no answer of the OpenAI API")

// DecodeResponse implements dialect.Backend. Of several choices the first counts.
func (Backend) DecodeResponse(op llm.Op, body []byte) (*llm.Response, error) {
	var a answer
	a.read(body)
	if a.chunk.failed {
		return nil, dialect.DecodeError(0, nil, body)
	}
	if !json.Valid(body) {
		return nil, fmt.Errorf("%w: no valid JSON", errNoAnswer)
	}
	if op == llm.OpEmbeddings {
		vectors, err := decodeVectors(toplevel.Find(body, "data"))
		return &llm.Response{Meta: a.meta, Vectors: vectors}, err
	}
	c, ok := firstChoice(a.chunk.choices)
	if !ok {
		return nil, fmt.Errorf("%w: no choices", errNoAnswer)
	}
	d := answerDecoder{id: a.meta.ID}
	switch {
	case toplevel.IsObject(c.message):
		d.message(readPiece(c.message))
	case toplevel.IsObject(c.delta):
		d.message(readPiece(c.delta))
	default:
		d.say(c.text)
	}
	a.meta.Stop = stopOf(a.meta.StopReason, d.calls > 0)
	return &llm.Response{Meta: a.meta, Parts: d.parts}, nil
}

// answerDecoder reads the message of a whole answer.
type answerDecoder struct {
	reader
	id    string
	parts []llm.Part
	calls int
}

func (d *answerDecoder) message(p piece) {
	d.think(&p)
	d.content(p.content)
	if saysNothing(p.content) && !isArray(p.content) {
		d.say(toplevel.Find(p.audio, "transcript"))
	}
	if text, _ := d.text(p.refusal); text != "" {
		d.parts = append(d.parts, llm.Refusal{Text: text})
	}
	for l := toplevel.Array(p.toolCalls); l.Next(); {
		d.call(l.Value())
	}
	if d.calls == 0 && toplevel.IsObject(p.functionCall) {
		var c wireCall
		c.readFunction(p.functionCall)
		d.add(&c)
	}
}

// say adds a text, unless v says nothing.
func (d *answerDecoder) say(v []byte) {
	if text, _ := d.text(v); text != "" {
		d.parts = append(d.parts, llm.Text{Text: text})
	}
}

// content reads a string or, as Mistral has it, a list of thoughts and texts.
func (d *answerDecoder) content(v []byte) {
	if toplevel.IsString(v) {
		d.say(v)
		return
	}
	for l := toplevel.Array(v); l.Next(); {
		part := l.Value()
		if thought := toplevel.Find(part, "thinking"); thought != nil {
			if text := d.thoughtText(thought); text != "" {
				d.parts = append(d.parts, llm.Thinking{Text: text})
			}
			continue
		}
		d.say(toplevel.Find(part, "text"))
	}
}

// think adds what the model thought, once, whatever the number of forms that it
// comes in: those with the vendor's tokens say most.
func (d *answerDecoder) think(p *piece) {
	if parts := d.thinkingBlocks(p.blocks); len(parts) > 0 {
		d.parts = append(d.parts, parts...)
		return
	}
	plain, _ := d.text(p.reasoning)
	parts := d.details(p.details)
	var text, signature string
	opaque := false
	for _, part := range parts {
		switch t := part.(type) {
		case llm.Thinking:
			text += t.Text
			signature = t.Signature
			opaque = opaque || t.Signature != ""
		case llm.Redacted:
			opaque = true
		}
	}
	if plain != "" && (text == "" || !opaque) {
		parts = []llm.Part{llm.Thinking{Text: plain, Signature: signature}}
	}
	d.parts = append(d.parts, parts...)
}

func (d *answerDecoder) call(v []byte) {
	c := readCall(v)
	if c.custom {
		d.parts = append(d.parts, llm.Foreign{From: llm.OpenAI, Kind: "custom", Raw: bytes.Clone(v)})
		return
	}
	d.add(&c)
}

func (d *answerDecoder) add(c *wireCall) {
	if c.empty() {
		return
	}
	call := llm.ToolCall{Arguments: string(appendArguments(nil, c.arguments))}
	call.Name, _ = d.text(c.name)
	call.Signature, _ = d.text(toplevel.Find(toplevel.Find(c.extra, "google"), "thought_signature"))
	if call.ID, _ = d.text(c.id); call.ID == "" {
		call.ID = madeID(d.id, d.calls)
	}
	d.calls++
	d.parts = append(d.parts, call)
}

// decodeVectors reads the list of embeddings, whose elements may stand in any
// order.
func decodeVectors(list []byte) ([]llm.Vector, error) {
	var vectors []llm.Vector
	var indexes []int64
	for l := toplevel.Array(list); l.Next(); {
		v, err := decodeVector(toplevel.Find(l.Value(), "embedding"))
		if err != nil {
			return nil, err
		}
		index, ok := toplevel.Int(toplevel.Find(l.Value(), "index"))
		if !ok {
			index = int64(len(vectors))
		}
		vectors, indexes = append(vectors, v), append(indexes, index)
	}
	if vectors == nil {
		return nil, fmt.Errorf("%w: no embeddings", errNoAnswer)
	}
	return inOrder(vectors, indexes), nil
}

// inOrder puts each vector where its index says, provided that the indexes are
// those of a list.
func inOrder(vectors []llm.Vector, indexes []int64) []llm.Vector {
	sorted := make([]llm.Vector, len(vectors))
	taken := make([]bool, len(vectors))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(vectors)) || taken[index] {
			return vectors
		}
		taken[index] = true
		sorted[index] = vectors[i]
	}
	return sorted
}

func decodeVector(v []byte) (llm.Vector, error) {
	if text, ok := toplevel.String(v); ok {
		return llm.Vector{Base64: text}, nil
	}
	if !isArray(v) {
		return llm.Vector{}, fmt.Errorf("%w: an embedding is no list of numbers", errNoAnswer)
	}
	ends := make([]int, 0, bytes.Count(v, []byte(","))+1)
	text := make([]byte, 0, len(v))
	for l := toplevel.Array(v); l.Next(); {
		if !isNumber(l.Value()) {
			return llm.Vector{}, fmt.Errorf("%w: an embedding has something else than numbers", errNoAnswer)
		}
		text = append(text, l.Value()...)
		ends = append(ends, len(text))
	}
	return llm.Vector{Numbers: cutNumbers(string(text), ends)}, nil
}
