package openai

import (
	"bytes"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

func decodeEmbeddings(body []byte, t *llm.Translation) error {
	d := embedDecoder{e: &llm.Embed{}}
	err := readMembers(body, &d.e.Extra, d.member)
	if err == nil && d.e.Texts == nil && d.e.Tokens == nil {
		err = within("input", wrong("is missing: say what to embed"))
	}
	if err != nil {
		return refusal(err)
	}
	t.Embed = d.e
	return nil
}

type embedDecoder struct {
	reader
	e *llm.Embed
}

func (d *embedDecoder) member(name string, v []byte) (known bool, err error) {
	switch name {
	case "input":
		return true, d.input(v)
	case "dimensions":
		_, err = countOf(v)
		d.e.Dimensions = llm.Number(v)
	case "encoding_format":
		err = d.format(v)
	case "user":
		err = d.textTo(&d.e.User, v)
	default:
		return false, nil
	}
	return true, err
}

func (d *embedDecoder) format(v []byte) error {
	switch word, _ := d.text(v); word {
	case "float":
		d.e.Base64 = false
	case "base64":
		d.e.Base64 = true
	default:
		return wrong(`must be "float" or "base64"`)
	}
	return nil
}

// input reads a text, a list of texts, the tokens of one text, or a list of such.
func (d *embedDecoder) input(v []byte) error {
	d.e.Texts, d.e.Tokens, d.e.Single = nil, nil, false
	if toplevel.IsString(v) {
		d.e.Single = true
		return d.add(v)
	}
	if !isArray(v) {
		return wrong("must be a string or a list")
	}
	l := toplevel.Array(v)
	if l.Next() && isNumber(l.Value()) {
		d.e.Single = true
		return d.add(v)
	}
	if err := each(v, d.add); err != nil {
		return err
	}
	switch {
	case d.e.Texts == nil && d.e.Tokens == nil:
		return wrong("must not be empty")
	case d.e.Texts != nil && d.e.Tokens != nil:
		return wrong("must have either texts or tokens")
	}
	return nil
}

// add reads a text, or the tokens of one.
func (d *embedDecoder) add(v []byte) error {
	if text, ok := d.text(v); ok {
		d.e.Texts = append(d.e.Texts, text)
		return nil
	}
	tokens := 0
	err := each(v, func(v []byte) error {
		tokens++
		if !isNumber(v) {
			return wrong("must be a token: a whole number")
		}
		_, err := numberOf(v)
		return err
	})
	switch {
	case !isArray(v):
		return wrong("must be a string or a list of tokens")
	case err != nil:
		return err
	case tokens == 0:
		return wrong("must not be empty")
	}
	d.e.Tokens = append(d.e.Tokens, bytes.Clone(v))
	return nil
}

func isNumber(v []byte) bool { _, ok := toplevel.Int(v); return ok }
