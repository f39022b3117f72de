package echo

import (
	"fmt"
	"iter"
	"strings"
)

// completions makes the answers of the legacy completions: for each prompt as
// many as were asked for, in order, and the usage of all of them.
func completions(a *ask, r *reply) ([]*reply, usage) {
	list := make([]*reply, 0, len(a.prompts)*a.choices)
	total := usage{input: a.input, cacheRead: r.usage.cacheRead, cacheWrite: r.usage.cacheWrite, hidden: r.usage.hidden}
	for _, prompt := range a.prompts {
		one := *a
		one.prompt, one.choices = prompt, 1
		answer := compose(&one)
		for range a.choices {
			list = append(list, answer)
			total.output += answer.usage.output
		}
	}
	return list, total
}

// wholeCompletion writes an answer of the legacy completions.
func wholeCompletion(a *ask, r *reply) []byte {
	list, total := completions(a, r)
	choices := make([]string, len(list))
	for i, c := range list {
		choices[i] = fmt.Sprintf(`{"text":%s,"index":%d,"logprobs":null,"finish_reason":%q}`, quote(c.text), i, openAIStop(c))
	}
	return fmt.Appendf(nil, `%s,"choices":[%s]%s}`, openAIHead(a, r, "cmpl", "text_completion"),
		strings.Join(choices, ","), total.openAI(`,"usage":`))
}

// completionFrames streams an answer of the legacy completions.
func completionFrames(a *ask, r *reply) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		list, total := completions(a, r)
		w := &chunkWriter{yield: yield, head: openAIHead(a, r, "cmpl", "text_completion"), usage: a.includeUsage}
		for i, c := range list {
			w.index = i
			for text := c.text; text != "" && !w.done; {
				var p string
				p, text = piece(text)
				w.choice(`"text":` + quote(p) + `,"logprobs":null,"finish_reason":null`)
			}
			w.choice(`"text":"","logprobs":null,"finish_reason":"` + openAIStop(c) + `"`)
		}
		w.end(total)
	}
}
