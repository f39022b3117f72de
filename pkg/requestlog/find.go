package requestlog

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
)

// MinPrefix is how much of an id must be known at least.
const MinPrefix = 6

// maxFound is how many calls a search gives: more do not help who looks for one.
const maxFound = 50

// Match says how an id led to a call. Smaller is better.
type Match uint8

// The matches.
const (
	// MatchID is the call of that request id.
	MatchID Match = iota
	// MatchOther is a call whose id at the client or the provider it is.
	MatchOther
	// MatchPrefix is a call one of whose ids begins so.
	MatchPrefix
)

// Found is a call that was looked for.
type Found struct {
	Match  Match
	Record Record
	// Line is the line, without its end.
	Line []byte
}

// Find looks for calls by their request id, the client's or the provider's, or by the
// beginning of one, of MinPrefix characters at least. It reads r, which may be
// compressed, to its end, and gives the first 50 calls.
func Find(src io.Reader, id string) (found []Found, err error) {
	r, err := Decompress(src)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	blocks := NewBlocks(r)
	var block Block
	for id != "" {
		block, err = blocks.Next(block.Data)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		found = findIn(found, block.Data, id)
	}
	return found, nil
}

// findIn adds the calls of a block. Lines are only decoded where the id stands in them.
func findIn(found []Found, block []byte, id string) []Found {
	text := []byte(id)
	for p := 0; ; {
		i := bytes.Index(block[p:], text)
		if i < 0 {
			return found
		}
		from := bytes.LastIndexByte(block[:p+i], '\n') + 1
		p += i + bytes.IndexByte(block[p+i:], '\n') + 1
		line := bytes.TrimRight(block[from:p], "\r\n")
		r, err := ParseLine(line)
		if err != nil {
			continue
		}
		if m, ok := r.match(id); ok && (len(found) < maxFound || m == MatchID) {
			found = append(found, Found{Match: m, Record: r, Line: bytes.Clone(line)})
		}
	}
}

// match compares the ids of a call.
func (r *Record) match(id string) (Match, bool) {
	if r.RequestID == id {
		return MatchID, true
	}
	others := []string{r.ClientRequestID, r.UpstreamRequestID}
	if slices.Contains(others, id) {
		return MatchOther, true
	}
	for _, other := range append(others, r.RequestID) {
		if len(id) >= MinPrefix && strings.HasPrefix(other, id) {
			return MatchPrefix, true
		}
	}
	return 0, false
}
