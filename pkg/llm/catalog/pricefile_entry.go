package catalog

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// fileEntry is an object of a price file. Reading a key that is not there, or
// null, gives the zero value.
type fileEntry struct {
	fields   map[string]json.RawMessage
	complain func(key, message, hint string)
	failed   bool
}

// get is the text of a value, "" where there is none.
func (e *fileEntry) get(key string) string {
	text := string(bytes.TrimSpace(e.fields[key]))
	if text == "null" {
		return ""
	}
	return text
}

func (e *fileEntry) fail(key, message, hint string) {
	e.failed = true
	e.complain(key, message, hint)
}

// text reads a string.
func (e *fileEntry) text(key string) string {
	text := e.get(key)
	if text == "" {
		return ""
	}
	var s string
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		e.fail(key, "the value is no text", "write it in quotes")
	}
	return s
}

// is reads a truth value.
func (e *fileEntry) is(key string) bool {
	switch e.get(key) {
	case "true":
		return true
	case "", "false":
		return false
	default:
		e.fail(key, "the value is no truth value", "write true or false")
		return false
	}
}

// number is the decimal text of a number. People write it in quotes, too.
func (e *fileEntry) number(key string) string {
	text := e.get(key)
	if strings.HasPrefix(text, `"`) {
		return strings.TrimSpace(e.text(key))
	}
	return text
}

// price reads dollars for one of something.
func (e *fileEntry) price(key string) *llm.PicoUSD {
	text := e.number(key)
	if text == "" {
		return nil
	}
	p, err := llm.ParsePrice(text)
	switch {
	case err != nil:
		e.fail(key, "the value is no price", "write dollars for one token, such as 3e-06")
	case p < 0:
		e.fail(key, "the price is negative", "write dollars for one token, such as 3e-06")
	case p == 0 && strings.ContainsAny(mantissa(text), "123456789"):
		e.fail(key, "the price is below the smallest that is counted", "write at least 1e-12, or 0")
	default:
		return &p
	}
	return nil
}

// mantissa is a number without its exponent.
func mantissa(text string) string {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		return text[:i]
	}
	return text
}

// count reads a number of tokens: 128000, also as 128000.0 or 1e6.
func (e *fileEntry) count(key string) int64 {
	text := e.number(key)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		var dollars llm.NanoUSD // a decimal number all the same
		if dollars, err = llm.ParseUSD(text); err == nil && dollars%llm.USD != 0 {
			err = strconv.ErrSyntax
		}
		n = int64(dollars / llm.USD)
	}
	if err != nil || n < 0 {
		e.fail(key, "the value is no number of tokens", "write digits only")
		return 0
	}
	return n
}

// object reads an object of its own.
func (e *fileEntry) object(key string) (*fileEntry, bool) {
	text := e.get(key)
	if text == "" {
		return nil, false
	}
	inner := &fileEntry{complain: func(inner, message, hint string) { e.fail(key+"."+inner, message, hint) }}
	if err := json.Unmarshal([]byte(text), &inner.fields); err != nil {
		e.fail(key, "the value is no object", "write it in braces")
		return nil, false
	}
	return inner, true
}

// rates reads the prices of tokens whose keys end in the suffix.
func (e *fileEntry) rates(suffix string) RateTerms {
	return RateTerms{
		Input:        e.price("input_cost_per_token" + suffix),
		Output:       e.price("output_cost_per_token" + suffix),
		CacheRead:    e.price("cache_read_input_token_cost" + suffix),
		CacheWrite5m: e.price("cache_creation_input_token_cost" + suffix),
		CacheWrite1h: e.price("cache_creation_input_token_cost_above_1hr" + suffix),
		Reasoning:    e.price("output_cost_per_reasoning_token" + suffix),
	}
}

// aboveTiers reads the prices of long calls in the form
// input_cost_per_token_above_200k_tokens.
func (e *fileEntry) aboveTiers() []TierTerms {
	seen := make(map[int64]bool)
	for key := range e.fields {
		if thousands, ok := aboveKey(key); ok {
			seen[thousands] = true
		}
	}
	var tiers []TierTerms
	for _, thousands := range slices.Sorted(maps.Keys(seen)) {
		suffix := "_above_" + strconv.FormatInt(thousands, 10) + "k_tokens"
		if rates := e.rates(suffix); rates != (RateTerms{}) {
			tiers = append(tiers, TierTerms{Above: thousands * 1000, Rates: rates})
		}
	}
	return tiers
}

// aboveKey tells from how many thousand tokens of input on a key's price holds.
func aboveKey(key string) (thousands int64, ok bool) {
	rest, ok := strings.CutSuffix(key, "k_tokens")
	i := strings.LastIndex(rest, "_above_")
	if !ok || i < 0 {
		return 0, false
	}
	text := rest[i+len("_above_"):]
	n, err := strconv.ParseInt(text, 10, 32)
	return n, err == nil && n > 0 && strconv.FormatInt(n, 10) == text
}

// ranges reads tiered_pricing: [{"range": [0, 32000], "input_cost_per_token": …}].
// It gives the price of short calls and those of longer ones.
func (e *fileEntry) ranges() (first RateTerms, longer []TierTerms) {
	const key = "tiered_pricing"
	text := e.get(key)
	if text == "" {
		return first, nil
	}
	var list []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		e.fail(key, "the value is no list of objects", `write [{"range": [0, 32000], …}]`)
		return first, nil
	}
	for i, fields := range list {
		if fields["range"] == nil {
			continue // by something else than tokens
		}
		at := key + "[" + strconv.Itoa(i) + "]."
		item := &fileEntry{fields: fields, complain: func(key, message, hint string) { e.fail(at+key, message, hint) }}
		rates := item.rates("")
		if from := item.from(); from > 0 {
			longer = append(longer, TierTerms{Above: from, Rates: rates})
		} else {
			first = rates
		}
	}
	return first, longer
}

// from is where the range of an item of tiered_pricing begins: its price holds
// for calls with more input than that.
func (e *fileEntry) from() int64 {
	const key = "range"
	var bounds []json.RawMessage
	if err := json.Unmarshal([]byte(e.get(key)), &bounds); err != nil || len(bounds) == 0 {
		e.fail(key, "the value is no list of two numbers", "write [0, 32000]")
		return 0
	}
	lower := fileEntry{fields: map[string]json.RawMessage{key: bounds[0]}, complain: e.complain}
	return lower.count(key)
}
