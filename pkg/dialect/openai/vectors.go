package openai

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/llmgw/llmgw/pkg/llm"
)

var errVector = errors.New("no vector of float32 numbers")

// ConvertVectors brings vectors into the form that was asked for: base64 of
// little-endian float32, or numbers. Those that have it already stay as they are.
func ConvertVectors(vectors []llm.Vector, toBase64 bool) error {
	for i := range vectors {
		v := &vectors[i]
		var err error
		switch {
		case toBase64 && v.Base64 == "":
			v.Base64, err = base64Of(v.Numbers)
			v.Numbers = nil
		case !toBase64 && v.Base64 != "":
			v.Numbers, err = floatsOf(v.Base64)
			v.Base64 = ""
		}
		if err != nil {
			return fmt.Errorf("convert vector %d: %w", i, err)
		}
	}
	return nil
}

const floatSize = 4 // bytes of a float32

func base64Of(numbers []llm.Number) (string, error) {
	raw := make([]byte, 0, floatSize*len(numbers))
	for _, n := range numbers {
		f, err := strconv.ParseFloat(string(n), 32)
		if err != nil {
			return "", fmt.Errorf("%w: %w", errVector, err)
		}
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(f)))
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}

// floatsOf writes each number in as few digits as tell it apart from other
// float32 numbers. All numbers share one string.
func floatsOf(s string) ([]llm.Number, error) {
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(raw)%floatSize != 0 {
		return nil, errVector
	}
	const width = 14 // of a number, about
	ends := make([]int, 0, len(raw)/floatSize)
	text := make([]byte, 0, width*cap(ends))
	for ; len(raw) > 0; raw = raw[floatSize:] {
		f := float64(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errVector
		}
		text = strconv.AppendFloat(text, f, 'g', -1, 32)
		ends = append(ends, len(text))
	}
	return cutNumbers(string(text), ends), nil
}

// cutNumbers cuts the numbers that end at ends out of all.
func cutNumbers(all string, ends []int) []llm.Number {
	numbers := make([]llm.Number, len(ends))
	start := 0
	for i, end := range ends {
		numbers[i] = llm.Number(all[start:end])
		start = end
	}
	return numbers
}
