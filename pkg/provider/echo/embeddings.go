package echo

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
)

// The lengths of vectors.
const (
	defaultDimensions = 16
	maxDimensions     = 4096
)

// input is one text, or one list of tokens as its JSON text.
type input struct{ text, source string }

// vectors is what is asked of embeddings.
type vectors struct {
	inputs     []input
	dimensions int
	base64     bool
}

// embeddingsBody is what is read of a request to embeddings.
type embeddingsBody struct {
	Model          string          `json:"model"`
	Input          json.RawMessage `json:"input"`
	EncodingFormat string          `json:"encoding_format"`
	Dimensions     *int            `json:"dimensions"`
}

// readEmbeddings reads a request to embeddings.
func readEmbeddings(body []byte) (*ask, error) {
	var b embeddingsBody
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	inputs, err := readInputs(b.Input)
	if err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	v := vectors{inputs: inputs, dimensions: defaultDimensions, base64: b.EncodingFormat == "base64"}
	if b.Dimensions != nil {
		v.dimensions = *b.Dimensions
	}
	if v.dimensions < 1 || v.dimensions > maxDimensions {
		return nil, fmt.Errorf("%w: dimensions must be from 1 to %d", errAsk, maxDimensions)
	}
	a := &ask{model: b.Model, choices: 1, vectors: v}
	return a, a.countInput(body, "input")
}

// readInputs reads a text, texts, tokens, or lists of tokens.
func readInputs(raw json.RawMessage) ([]input, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		return []input{{text, text}}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 || len(list) > maxInputs {
		return nil, fmt.Errorf("%w: needs a text, or a list of 1 to %d", errAsk, maxInputs)
	}
	if isNumber(list[0]) {
		return []input{{"", string(raw)}}, nil
	}
	out := make([]input, len(list))
	for i, item := range list {
		out[i].source = string(item)
		if json.Unmarshal(item, &out[i].text) == nil {
			out[i].source = out[i].text
		}
	}
	return out, nil
}

func isNumber(raw json.RawMessage) bool {
	var n float64
	return json.Unmarshal(raw, &n) == nil
}

// wholeEmbeddings writes an answer of embeddings.
func wholeEmbeddings(a *ask, r *reply) []byte {
	items := make([]string, len(a.vectors.inputs))
	for i, in := range a.vectors.inputs {
		v := vector(in.source, a.vectors.dimensions)
		items[i] = fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":%s}`, i, a.vectors.encode(v))
	}
	usage := ""
	if !r.usage.hidden {
		usage = fmt.Sprintf(`,"usage":{"prompt_tokens":%d,"total_tokens":%d}`, a.input, a.input)
	}
	return fmt.Appendf(nil, `{"object":"list","data":[%s],"model":%s%s}`, strings.Join(items, ","), quote(a.model), usage)
}

// vector is a unit vector that depends on the text alone.
func vector(text string, dimensions int) []float32 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // a hash never fails
	state := h.Sum64()
	v := make([]float64, dimensions)
	var sum float64
	for i := range v {
		// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		v[i] = float64(z>>11)/(1<<52) - 1
		sum += v[i] * v[i]
	}
	out := make([]float32, dimensions)
	for i := range v {
		out[i] = float32(v[i] / math.Sqrt(sum))
	}
	return out
}

// encode writes a vector as numbers, or as base64 of little-endian floats.
func (v vectors) encode(values []float32) string {
	if v.base64 {
		raw := make([]byte, 0, 4*len(values))
		for _, f := range values {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
		}
		return `"` + base64.StdEncoding.EncodeToString(raw) + `"`
	}
	b := []byte{'['}
	for i, f := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(f), 'g', -1, 32)
	}
	return string(append(b, ']'))
}
