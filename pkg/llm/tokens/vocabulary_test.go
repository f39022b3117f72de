package tokens

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The embedded vocabularies are OpenAI's, byte for byte: the hashes are those that
// tiktoken 0.9.0 expects of its downloads (tiktoken_ext/openai_public.py).
func TestVocabulariesAreTiktokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"o200k_base", o200kData, "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"},
		{"cl100k_base", cl100kData, "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tokens, err := unpack(tt.data)
			if err != nil {
				t.Fatal(err)
			}
			h := sha256.New()
			for rank, token := range tokens {
				fmt.Fprintf(h, "%s %d\n", base64.StdEncoding.EncodeToString([]byte(token)), rank)
			}
			if got := hex.EncodeToString(h.Sum(nil)); got != tt.want {
				t.Errorf("hash of the vocabulary = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUnpackDamaged(t *testing.T) {
	t.Parallel()
	if _, err := unpack([]byte("no zstd")); err == nil {
		t.Error("no error")
	}
	v := newVocabulary([]byte("no zstd"), loadClasses().o200k)
	if plain, _ := v.count("four"); plain != 4 {
		t.Errorf("a vocabulary without tokens counts %d, want the bytes", plain)
	}
}

// known are counts of tiktoken 0.9.0 (encode_ordinary, run 2026-11); the first
// four are also in OpenAI's cookbook ("How to count tokens with tiktoken").
var known = []struct {
	text          string
	o200k, cl100k int64
}{
	{"tiktoken is great!", 6, 6},
	{"antidisestablishmentarianism", 6, 6},
	{"2 + 2 = 4", 7, 7},
	{"お誕生日おめでとう", 8, 9},
	{"", 0, 0},
	{" ", 1, 1},
	{"\n\n\n", 1, 1},
	{"Hello, world!", 4, 4},
	{"  two  spaces\tand a tab\n", 8, 8},
	{"don't DON'T Don'Ts we'll WE'LL", 9, 12},
	{"it'ſ", 3, 4},
	{"ABCdefGHI camelCaseWord HTTPServer", 9, 9},
	{"1234567890", 4, 4},
	{"٣٤٥ Ⅷ²", 7, 10},
	{"/usr/local/bin//x\n/y", 7, 7},
	{"!!!\n\n/...", 3, 3},
	{"漢字ABC한국어", 5, 8},
	{"e\u0301\u0301X", 4, 4},
	{"\u0301ABC", 2, 2},
	{"👩‍👩‍👧 🎉", 10, 16},
	{"func main() {\n\tfmt.Println(\"hi\")\n}\n", 10, 10},
	{`{"a":[1,2.50,null],"b":"\u00e9"}`, 18, 18},
	{"<|endoftext|>", 7, 7},
	{"a\u00a0b\u3000c", 5, 5},
	{"   x", 2, 2},
	{"\r\n \r\n x", 3, 3},
	{"Straße ÜBER ǅungla", 9, 9},
	{"𠀀𠀁 𝒜𝒷", 13, 12},
	{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 5, 5},
	{"SGVsbG8sIHdvcmxkIQ==", 13, 13},
}

func TestKnownCounts(t *testing.T) {
	t.Parallel()
	for _, tt := range known {
		if plain, wide := o200k().count(tt.text); plain+wide != tt.o200k {
			t.Errorf("o200k_base: %q has %d tokens, want %d", tt.text, plain+wide, tt.o200k)
		}
		if plain, wide := cl100k().count(tt.text); plain+wide != tt.cl100k {
			t.Errorf("cl100k_base: %q has %d tokens, want %d", tt.text, plain+wide, tt.cl100k)
		}
	}
}

func TestWide(t *testing.T) {
	t.Parallel()
	plain, wide := o200k().count("one two 三四 five")
	if plain != 3 || wide < 2 {
		t.Errorf("%d plain and %d wide tokens, want 3 and some", plain, wide)
	}
}

// A piece without an end is cut, so that the time grows with the length: the count
// is still near that of tiktoken 0.9.0.
func TestLongPieces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want, most int64
	}{
		{"spaces", strings.Repeat(" ", 10_000), 79, 80},
		{"letters", strings.Repeat("a", 10_000), 1250, 1260},
		{"ideographs", strings.Repeat("模型网关是一个把许多供应商放在一个接口后面的程序", 400), 6800, 7000},
		{"alphabet", strings.Repeat("abcdefghijklmnopqrstuvwxyz", 400), 400, 530}, // one token each
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plain, wide := o200k().count(tt.text)
			if got := plain + wide; got < tt.want || got > tt.most {
				t.Errorf("%d tokens, want %d to %d", got, tt.want, tt.most)
			}
		})
	}
}

// FuzzCount: every text has a count, and no piece is lost.
func FuzzCount(f *testing.F) {
	for _, tt := range known {
		f.Add(tt.text)
	}
	f.Add("\xff\xfe\x80bad\xc3")
	f.Add(strings.Repeat("x", 3*maxPiece) + strings.Repeat(" ", 3*maxPiece))
	f.Fuzz(func(t *testing.T, text string) {
		for _, v := range []*vocabulary{o200k(), cl100k()} {
			plain, wide := v.count(text)
			if n := plain + wide; n > int64(len(text)) || n <= 0 && text != "" {
				t.Fatalf("%d tokens in %d bytes", n, len(text))
			}
			if wide > 0 && ascii(text) {
				t.Fatalf("%d wide tokens in ASCII", wide)
			}
		}
	})
}

// samples are a megabyte each of what conversations consist of, and of what takes
// longest.
func samples() map[string]string {
	random := make([]byte, 768<<10)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(random); i++ {
		random[i] = byte(r.Uint32())
	}
	fill := func(text string) string { return strings.Repeat(text, 1<<20/len(text)+1)[:1<<20] }
	return map[string]string{
		"English": fill("A model call is a value that walks down one list of stages. When client and provider speak " +
			"the same dialect nothing is encoded again: bytes in, bytes out.\n"),
		"Chinese": fill("模型网关是一个程序，它把许多供应商放在一个接口后面。每次调用的令牌都会被计算，预算会提前保留。"),
		"code":    fill("func (s *Scanner) Fill() error {\n\tif s.err != nil {\n\t\treturn s.err\n\t}\n\tn, err := s.r.Read(s.buf[s.end:])\n"),
		"JSON":    fill(`{"id":"call_8f3a","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}},`),
		"base64":  base64.StdEncoding.EncodeToString(random),
		"letters": fill("A"),
		"spaces":  fill(" "),
		"bytes":   string(bytes.ToValidUTF8(random, []byte("\xff"))),
	}
}

func BenchmarkCount(b *testing.B) {
	v := o200k()
	for name, text := range samples() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				v.count(text)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	loadClasses()
	b.ReportAllocs()
	for b.Loop() {
		newVocabulary(o200kData, loadClasses().o200k)
	}
}
