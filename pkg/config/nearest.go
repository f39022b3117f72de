package config

import (
	"slices"
	"strings"
)

// nearest returns the name that a misspelt word was probably meant to be, or ""
// where none is near: at most a third of the word may be wrong, unless the word
// is the beginning of a name.
func nearest(word string, names []string) string {
	best, distance := "", len(word)/3+1
	for _, name := range names {
		if d := editDistance(strings.ToLower(word), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	for _, name := range names {
		if best == "" && len(word) >= 4 && strings.HasPrefix(name, word) {
			best = name
		}
	}
	return best
}

// typoOf is nearest for a place where any word may be right: only a slip of one
// or two letters in a long name counts, and no word that providers know.
func typoOf(word string, names []string) string {
	if slices.Contains(strings.Fields(requestParams), word) {
		return ""
	}
	for _, name := range names {
		most := len(name) / 5
		if most == 0 || len(word) < len(name)-most || len(word) > len(name)+most {
			continue // no need to compare the letters
		}
		if editDistance(word, name) <= most {
			return name
		}
	}
	return ""
}

// requestParams are request parameters whose names are near to a key of
// litellm_params, or might become so. Sources: OpenAI API reference (chat
// completions, embeddings) and Anthropic API reference (messages),
// as of 2026-11.
const requestParams = `
	audio best_of cache_control container context_management dimensions echo encoding_format
	frequency_penalty function_call functions guided_json input_type inference_geo logit_bias logprobs
	max_completion_tokens max_tokens mcp_servers metadata min_p modalities n num_ctx output_config
	parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention reasoning
	reasoning_effort repetition_penalty response_format safety_identifier seed service_tier speed stop
	stop_sequences store stream stream_options suffix system temperature thinking tool_choice tools
	top_k top_logprobs top_p user verbosity web_search_options`

// maxWord bounds the words that are compared: longer ones are no slip of a key.
const maxWord = 64

// editDistance counts the letters to insert, delete, replace or swap with their
// neighbour to make b of a (optimal string alignment).
func editDistance(a, b string) int {
	if len(a) > maxWord || len(b) > maxWord {
		return max(len(a), len(b))
	}
	var rows [3][maxWord + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
