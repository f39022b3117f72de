package tokens

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

// drawn encodes an empty picture.
func drawn(t *testing.T, w, h int, encode func(io.Writer, image.Image) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black})); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestPictureSize(t *testing.T) {
	t.Parallel()
	webp := func(chunk string) string {
		b, err := hex.DecodeString(strings.ReplaceAll(hex.EncodeToString([]byte("RIFF"))+"00000000"+hex.EncodeToString([]byte("WEBP"))+chunk, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	asJPEG := func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }
	asGIF := func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }
	photo := drawn(t, 640, 480, asJPEG)
	raw, err := base64.StdEncoding.DecodeString(photo)
	if err != nil {
		t.Fatal(err)
	}
	// A preview of 60 KB in front, as cameras write it.
	exif := append([]byte{0xff, 0xe1, 0xf0, 0x00}, make([]byte, 0xf000-2)...)
	preview := base64.StdEncoding.EncodeToString(append(append([]byte{0xff, 0xd8}, exif...), raw[2:]...))
	tests := []struct {
		name, data string
		w, h       int64
	}{
		{"PNG", drawn(t, 300, 20, png.Encode), 300, 20},
		{"JPEG", photo, 640, 480},
		{"JPEG with a preview", preview, 640, 480},
		{"GIF", drawn(t, 7, 9, asGIF), 7, 9},
		{"WebP, lossy", webp("56503820 00000000 300100 9d012a 4001 f000 000000"), 320, 240},
		{"WebP, lossless", webp("5650384c 00000000 2f 3f c1 3b 00 00000000000000000000"), 320, 240},
		{"WebP, extended", webp("56503858 0a000000 10000000 3f0100 ef0000 0000"), 320, 240},
		{"WebP, unknown", webp("58585858 0a000000 10000000 3f0100 ef0000 0000"), unknownSide, unknownSide},
		{"nothing", "", unknownSide, unknownSide},
		{"no base64", "!!!!", unknownSide, unknownSide},
		{"no picture", "AAAA", unknownSide, unknownSide},
		{"half a header", drawn(t, 300, 20, png.Encode)[:20], unknownSide, unknownSide},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if w, h := pictureSize(tt.data); w != tt.w || h != tt.h {
				t.Errorf("size = %d x %d, want %d x %d", w, h, tt.w, tt.h)
			}
		})
	}
}

// TestPictureRules has the examples of the vendors' pages, and what recorded calls
// were billed.
func TestPictureRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		model  string
		p      picture
		tokens int64
	}{
		{"gpt-4o", picture{1024, 1024, "high"}, 765},
		{"gpt-4o", picture{2048, 4096, ""}, 1105},
		{"gpt-4o", picture{4096, 8192, "low"}, 85},
		{"openai/gpt-4o-mini", picture{1, 1, "auto"}, 8500},
		{"gpt-5", picture{50, 50, ""}, 210},
		{"o3", picture{1024, 1024, ""}, 675},
		{"gpt-5-mini", picture{1024, 1024, ""}, 1658},
		{"gpt-4.1-nano", picture{10_000, 10_000, ""}, 3778},
		{"claude-sonnet-4-5", picture{166, 282, ""}, 66},
		{"claude-haiku-4-5", picture{128, 128, ""}, 25},
		{"anthropic.claude-3-opus-20240229-v1:0", picture{5000, 5000, ""}, 1568},
		{"claude-opus-4-7", picture{1920, 1080, ""}, 2691},
		{"gemini-2.5-flash", picture{128, 128, ""}, 258},
		{"gemini-2.5-flash", picture{960, 540, ""}, 516},
		{"grok-4-1-fast", picture{239, 178, ""}, 256},
		{"whatever", picture{1024, 1024, ""}, 765},
		{"gpt-4o", picture{1 << 31, 1, ""}, 85 + 4*170},
		{"claude-3-haiku", picture{1 << 31, 1 << 31, ""}, 1568},
	}
	for _, tt := range tests {
		if got := pictureRule(familyOf(tt.model), tt.model)(tt.p); got != tt.tokens {
			t.Errorf("%s: a picture of %v takes %d tokens, want %d", tt.model, tt.p, got, tt.tokens)
		}
	}
}

func TestPictureInConversation(t *testing.T) {
	t.Parallel()
	c := chat("What is this?")
	bare := Count("gpt-4o", c)
	c.Messages[0].Parts = append(c.Messages[0].Parts, llm.Media{Kind: llm.Image, Type: "image/png", Data: drawn(t, 600, 100, png.Encode)})
	if got, want := Count("gpt-4o", c)-bare, int64(85+2*170); got != want {
		t.Errorf("the picture takes %d tokens, want %d", got, want)
	}
}
