package tokens

import (
	"encoding/base64"
	"image"
	_ "image/gif"  // for their sizes
	_ "image/jpeg" // for their sizes
	_ "image/png"  // for their sizes
	"io"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

const (
	// pageBytes is how much of a document is taken for a page, textBytes for a token
	// of text in it: layout, fonts and pictures are most of it.
	pageBytes, textBytes = 25_000, 25
	// unknownPages is how long a document is taken to be that is elsewhere.
	unknownPages = 5
	// soundBytes is how much of a sound is taken for a token: OpenAI and Gemini
	// count 10 and 32 a second.
	soundBytes = 1000
	// unknownSound is the same for one that is elsewhere: a minute.
	unknownSound = 1000
	// unknownSide is the size that a picture is taken to have where it cannot be
	// told, in pixels.
	unknownSide = 1024
)

func (t *tally) media(m *llm.Media) {
	t.add(m.Title)
	t.add(m.Context)
	t.add(m.Text)
	bytes := int64(base64.StdEncoding.DecodedLen(len(m.Data)))
	switch {
	case m.Text != "":
	case m.Kind == llm.Image:
		w, h := pictureSize(m.Data)
		t.fixed += t.picture(picture{w, h, m.Detail})
	case m.Kind == llm.Audio && m.Data == "":
		t.fixed += unknownSound
	case m.Kind == llm.Audio:
		t.fixed += bytes/soundBytes + 1
	case m.Data == "":
		t.fixed += unknownPages * (t.family.page + pageBytes/textBytes)
	default:
		t.fixed += (bytes/pageBytes+1)*t.family.page + bytes/textBytes
	}
}

// maxHeader is how much of a picture is read for its size: a photograph may have
// a preview and a colour profile in front.
const maxHeader = 256 << 10

// pictureSize reads the size of a base64 picture out of its header.
func pictureSize(data string) (width, height int64) {
	r := io.LimitReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(data)), maxHeader)
	if w, h, ok := webPSize(data); ok {
		return w, h
	}
	c, _, err := image.DecodeConfig(r)
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return unknownSide, unknownSide
	}
	return int64(c.Width), int64(c.Height)
}

// webPSize does the same for WebP, which the standard library does not know
// (RFC 9649, sections 2.5 to 2.7).
func webPSize(data string) (width, height int64, ok bool) {
	const header = 30
	b := make([]byte, header)
	r := base64.NewDecoder(base64.StdEncoding, strings.NewReader(data))
	if _, err := io.ReadFull(r, b); err != nil || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		return 0, 0, false
	}
	le := func(i, n int) int64 {
		var v int64
		for k := range n {
			v |= int64(b[i+k]) << (8 * k)
		}
		return v
	}
	const size14 = 1<<14 - 1
	switch string(b[12:16]) {
	case "VP8 ":
		return le(26, 2) & size14, le(28, 2) & size14, true
	case "VP8L":
		v := le(21, 4)
		return v&size14 + 1, v>>14&size14 + 1, true
	case "VP8X":
		return le(24, 3) + 1, le(27, 3) + 1, true
	default:
		return 0, 0, false
	}
}

// picture is what the rules ask of one.
type picture struct {
	width, height int64
	detail        string
}

// rule gives the tokens of a picture.
type rule func(picture) int64

// pictureRule gives the rule of the family, or else finds one by the first word
// that the model's name contains.
func pictureRule(f *family, model string) rule {
	if f.picture != nil {
		return f.picture
	}
	model = strings.ToLower(model)
	for _, r := range pictureRules {
		if strings.Contains(model, r.word) {
			return r.rule
		}
	}
	return openAITiles(85, 170)
}

// pictureRules follow the vendors' accounts, as far as pages that quote them and
// recorded calls bear them out: OpenAI "Images
// and vision", Anthropic "Vision", Google "Understand and count tokens" (as of
// 2026-11); the others are what recorded calls show.
var pictureRules = []struct {
	word string
	rule rule
}{
	{"gemini", geminiTiles},
	{"gemma", geminiTiles},
	{"gpt-4o-mini", openAITiles(2833, 5667)},
	{"gpt-4.1-mini", patches(32, 1536, 162)},
	{"gpt-4.1-nano", patches(32, 1536, 246)},
	{"gpt-5-mini", patches(32, 1536, 162)},
	{"gpt-5-nano", patches(32, 1536, 246)},
	{"o4-mini", patches(32, 1536, 172)},
	{"gpt-5", openAITiles(70, 140)},
	{"o1", openAITiles(75, 150)},
	{"o3", openAITiles(75, 150)},
	{"stral", patches(28, 3025, 100)},
	{"qwen", patches(28, 16384, 100)},
	{"grok", func(picture) int64 { return 256 }},
}

// patches counts squares of so many pixels, up to a number to which the vendor
// shrinks the picture, with a factor in percent.
func patches(side, most, factor int64) rule {
	return func(p picture) int64 {
		return min(pieces(p.width, side)*pieces(p.height, side), most) * factor / percent
	}
}

// openAITiles counts tiles of 512 pixels, after the picture has been shrunk into a
// square of 2048 and its shorter side to 768.
func openAITiles(base, tile int64) rule {
	return func(p picture) int64 {
		if p.detail == "low" {
			return base
		}
		w, h := p.width, p.height
		if long := max(w, h); long > 2048 {
			w, h = max(1, w*2048/long), max(1, h*2048/long)
		}
		if short := min(w, h); short > 768 {
			w, h = w*768/short, h*768/short
		}
		return base + tile*pieces(w, 512)*pieces(h, 512)
	}
}

// geminiTiles counts 258 for a small picture, or for each tile of 768 pixels.
func geminiTiles(p picture) int64 {
	const tile = 258
	if p.width <= 384 && p.height <= 384 {
		return tile
	}
	return tile * pieces(p.width, 768) * pieces(p.height, 768)
}

// pieces gives how many pieces of a size cover a length; a few thousand at most,
// whatever a header says.
func pieces(length, size int64) int64 {
	return min((length+size-1)/size, 4096)
}
