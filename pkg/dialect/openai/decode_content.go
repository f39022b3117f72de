package openai

import (
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// content reads the content of a message: nothing, a string, or parts. Texts
// that are empty say nothing and are left out.
func (d *chatDecoder) content(v []byte) ([]llm.Part, error) {
	var parts []llm.Part
	add := func(v []byte) error {
		p, err := d.part(v)
		if t, isText := p.(llm.Text); err == nil && (!isText || t.Text != "") {
			parts = append(parts, p)
		}
		return err
	}
	var err error
	switch {
	case v == nil:
	case toplevel.IsString(v):
		err = add(v)
	case isArray(v):
		err = each(v, add)
	default:
		err = wrong("must be a string or a list of parts")
	}
	return parts, within("content", err)
}

// wirePart is a part as it stands in a body.
type wirePart struct {
	kind, text string
	// value is the member named like the kind.
	value []byte
	name  []byte // document_name of Mistral's documents
	mark  *llm.CacheMark
	// signature and data belong to thoughts.
	signature, data []byte
}

// part reads an element of a content list; a mere string is text.
func (d *chatDecoder) part(v []byte) (llm.Part, error) {
	var w wirePart
	if toplevel.IsString(v) {
		err := d.textTo(&w.text, v)
		return llm.Text{Text: w.text}, err
	}
	if err := d.wirePart(&w, v); err != nil {
		return nil, err
	}
	switch w.kind {
	case "text":
		return llm.Text{Text: w.text, Cache: w.mark}, nil
	case "image_url", "input_audio", "file", "document_url":
		m, err := d.media(&w)
		m.Cache = w.mark
		return m, within(w.kind, err)
	case "refusal":
		var r llm.Refusal
		return r, within("refusal", d.textTo(&r.Text, w.value))
	case "thinking":
		signature, _ := d.text(w.signature)
		return llm.Thinking{Text: d.thoughtText(w.value), Signature: signature}, nil
	case "redacted_thinking":
		data, _ := d.text(w.data)
		return llm.Redacted{Data: data}, nil
	case "":
		return nil, within("type", wrong("is missing"))
	default:
		raw, err := rawOf(v)
		return llm.Foreign{From: llm.OpenAI, Kind: w.kind, Raw: raw}, err
	}
}

func (d *chatDecoder) wirePart(w *wirePart, v []byte) error {
	o, err := objectOf(v)
	if err != nil {
		return err
	}
	w.kind, _ = d.text(toplevel.Find(v, "type"))
	for o.Next() && err == nil {
		switch name := string(o.Name()); name {
		case "type":
		case "text":
			err = within(name, d.textTo(&w.text, o.Value()))
		case "cache_control":
			err = within(name, d.mark(&w.mark, o.Value()))
		case "prompt_cache_breakpoint":
			w.mark = &llm.CacheMark{}
		case "document_name":
			w.name = o.Value()
		case "signature":
			w.signature = o.Value()
		case "data":
			w.data = o.Value()
		case w.kind:
			w.value = o.Value()
		}
	}
	if err != nil {
		return err
	}
	return o.Broken()
}

func (d *chatDecoder) media(w *wirePart) (llm.Media, error) {
	switch w.kind {
	case "image_url":
		return d.image(w.value)
	case "input_audio":
		return d.audio(w.value)
	case "file":
		return d.file(w.value)
	}
	m := llm.Media{Kind: llm.Document}
	m.Title, _ = d.text(w.name)
	return m, d.address(&m, w.value)
}

// image reads {"url", "detail"}, or the URL alone.
func (d *chatDecoder) image(v []byte) (llm.Media, error) {
	m := llm.Media{Kind: llm.Image}
	if toplevel.IsString(v) {
		return m, d.address(&m, v)
	}
	o, err := objectOf(v)
	if err != nil {
		return m, err
	}
	err = within("url", wrong("is missing"))
	for o.Next() {
		switch string(o.Name()) {
		case "url":
			if err = d.address(&m, o.Value()); err != nil {
				return m, within("url", err)
			}
		case "detail":
			m.Detail, _ = d.text(o.Value())
		}
	}
	if err == nil {
		err = o.Broken()
	}
	return m, err
}

// audio reads {"data", "format"}, or, from clients of Mistral, the data alone.
func (d *chatDecoder) audio(v []byte) (llm.Media, error) {
	m := llm.Media{Kind: llm.Audio}
	if toplevel.IsString(v) {
		data, ok := d.text(v)
		switch {
		case !ok || data == "":
			return m, wrong("must not be empty")
		case strings.HasPrefix(data, "data:") || isAddress(data):
			return m, address(&m, data)
		}
		m.Data = data
		return m, nil
	}
	o, err := objectOf(v)
	if err != nil {
		return m, err
	}
	for o.Next() && err == nil {
		switch name := string(o.Name()); name {
		case "data":
			err = within(name, d.textTo(&m.Data, o.Value()))
		case "format":
			var format string
			err = within(name, d.textTo(&format, o.Value()))
			m.Type = audioType(format)
		}
	}
	switch {
	case err != nil:
		return m, err
	case m.Data == "":
		return m, within("data", wrong("is missing"))
	}
	return m, o.Broken()
}

// audioType is the media type of OpenAI's name of a format.
func audioType(format string) string {
	if format == "mp3" {
		return "audio/mpeg"
	}
	return "audio/" + format
}

// file reads {"file_data", "filename"} or {"file_id"}.
func (d *chatDecoder) file(v []byte) (llm.Media, error) {
	m := llm.Media{Kind: llm.Document}
	o, err := objectOf(v)
	if err != nil {
		return m, err
	}
	for o.Next() && err == nil {
		switch name := string(o.Name()); name {
		case "file_data":
			err = within(name, d.address(&m, o.Value()))
		case "file_id":
			err = within(name, d.textTo(&m.FileID, o.Value()))
		case "filename":
			err = within(name, d.textTo(&m.Title, o.Value()))
		}
	}
	switch {
	case err != nil:
		return m, err
	case m.Data == "" && m.URL == "" && m.Text == "" && m.FileID == "":
		return m, within("file_data", wrong("is missing, and so is file_id"))
	case m.FileID != "":
		m.Data, m.URL, m.Text, m.Type = "", "", "", ""
	}
	return m, o.Broken()
}

func (d *chatDecoder) address(m *llm.Media, v []byte) error {
	text, ok := d.text(v)
	if !ok {
		return wrong("must be a string")
	}
	return address(m, text)
}

// address sets where the content of m is: in the URL itself, or behind it.
func address(m *llm.Media, s string) error {
	rest, isData := strings.CutPrefix(s, "data:")
	switch {
	case isData:
		return dataURL(m, rest)
	case isAddress(s):
		m.URL = s
		return nil
	default:
		return wrong("must be a data URL (data:…;base64,…) or an address")
	}
}

func isAddress(s string) bool { return strings.Contains(s, "://") }

// dataURL reads a data URL (RFC 2397) behind its scheme. Plain text becomes a
// document of text, whatever the part says that it is.
func dataURL(m *llm.Media, rest string) error {
	head, data, ok := strings.Cut(rest, ",")
	if !ok || data == "" {
		return wrong("must be a data URL with a media type and base64 data")
	}
	mediaType, params, _ := strings.Cut(head, ";")
	if mediaType == "" {
		mediaType = "text/plain"
	}
	m.Type = strings.ToLower(mediaType)
	if m.Type == "image/jpg" {
		m.Type = "image/jpeg"
	}
	if params != "base64" && !strings.HasSuffix(params, ";base64") {
		plain, err := url.PathUnescape(data)
		if err != nil {
			return wrong("must be a data URL with base64 data")
		}
		data = base64.StdEncoding.EncodeToString([]byte(plain))
	}
	m.Data = data
	switch kind, _, _ := strings.Cut(m.Type, "/"); kind {
	case "image":
		m.Kind = llm.Image
	case "audio":
		m.Kind = llm.Audio
	case "text":
		asText(m)
	}
	return nil
}

// asText makes a document of text out of one that is in base64.
func asText(m *llm.Media) {
	plain, err := base64.StdEncoding.DecodeString(m.Data)
	if err == nil && len(plain) > 0 && utf8.Valid(plain) {
		m.Kind, m.Data, m.Text = llm.Document, "", string(plain)
	}
}
