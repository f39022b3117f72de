package tokens

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// The vocabularies as internal/generate writes them.
var (
	//go:embed o200k_base.zst
	o200kData []byte
	//go:embed cl100k_base.zst
	cl100kData []byte
)

// The vocabularies are unpacked by the first count that needs them: o200k takes
// about 20 ms and 11 MB.
var (
	o200k  = sync.OnceValue(func() *vocabulary { return newVocabulary(o200kData, loadClasses().o200k) })
	cl100k = sync.OnceValue(func() *vocabulary { return newVocabulary(cl100kData, loadClasses().cl100k) })
)

// vocabulary is a byte-pair encoding. It is immutable.
type vocabulary struct {
	// ranks says in which order pieces are merged.
	ranks map[string]uint32
	// first gives the length of the first piece of a text that is not empty.
	first func(text string) int
}

// newVocabulary reads embedded data. Data that cannot be read, which the tests
// rule out, gives a vocabulary of single bytes: counts are then much too high.
func newVocabulary(data []byte, first func(string) int) *vocabulary {
	tokens, err := unpack(data)
	if err != nil {
		return &vocabulary{first: first}
	}
	v := &vocabulary{ranks: make(map[string]uint32, len(tokens)), first: first}
	for rank, token := range tokens {
		v.ranks[token] = uint32(rank)
	}
	return v
}

// unpack gives the tokens in the order of their ranks: first are their lengths,
// one byte each, ended by 0, then the tokens.
func unpack(data []byte) ([]string, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("open vocabulary: %w", err)
	}
	defer r.Close()
	plain, err := r.DecodeAll(data, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack vocabulary: %w", err)
	}
	lengths, text, _ := strings.Cut(string(plain), "\x00")
	tokens := make([]string, len(lengths))
	for i := range tokens {
		n := int(lengths[i])
		if n > len(text) {
			return nil, fmt.Errorf("vocabulary ends within token %d", i)
		}
		tokens[i], text = text[:n], text[n:]
	}
	return tokens, nil
}

// maxPiece is where pieces are cut that have no end, such as a thousand letters
// without a space: merging takes time with the square of the length. A cut costs a
// token or two.
const maxPiece = 256

// part is a piece of a piece: where it begins, and the rank of what it makes
// together with the next.
type part struct{ start, rank uint32 }

// unmerged is the rank of what is no token.
const unmerged = math.MaxUint32

// count gives the number of tokens in a text: plain ones, and wide ones, from
// pieces that are not only ASCII.
func (v *vocabulary) count(text string) (plain, wide int64) {
	var parts [maxPiece + 1]part
	for len(text) > 0 {
		piece := text[:v.first(text)]
		text = text[len(piece):]
		n := &plain
		if !ascii(piece) {
			n = &wide
		}
		for ; len(piece) > maxPiece; piece = piece[maxPiece:] {
			*n += v.merge(piece[:maxPiece], parts[:0])
		}
		*n += v.merge(piece, parts[:0])
	}
	return plain, wide
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// merge gives the number of tokens in a piece: the pair with the lowest rank
// becomes one part, until no pair is a token.
func (v *vocabulary) merge(piece string, parts []part) int64 {
	if _, ok := v.ranks[piece]; ok || len(piece) == 1 {
		return 1
	}
	for i := range len(piece) {
		parts = append(parts, part{uint32(i), v.rank(piece[i:min(i+2, len(piece))])})
	}
	parts[len(parts)-1].rank = unmerged
	end := func(i int) uint32 {
		if i < len(parts) {
			return parts[i].start
		}
		return uint32(len(piece))
	}
	for {
		best, at := uint32(unmerged), 0
		for i := range parts {
			if parts[i].rank < best {
				best, at = parts[i].rank, i
			}
		}
		if best == unmerged {
			return int64(len(parts))
		}
		parts = append(parts[:at+1], parts[at+2:]...)
		for _, i := range [2]int{at - 1, at} {
			switch {
			case i < 0:
			case i+1 == len(parts):
				parts[i].rank = unmerged
			default:
				parts[i].rank = v.rank(piece[parts[i].start:end(i+2)])
			}
		}
	}
}

func (v *vocabulary) rank(token string) uint32 {
	if r, ok := v.ranks[token]; ok {
		return r
	}
	return unmerged
}
