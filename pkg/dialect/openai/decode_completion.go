package openai

import (
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// completionMembers are those of a legacy completion: what a conversation has no
// place for is refused.
var completionMembers = with(commonMembers, map[string]memberReader{
	"prompt":   (*chatDecoder).prompt,
	"echo":     refuseUnless("false", "a model that takes conversations does not repeat the prompt"),
	"best_of":  refuseUnless("1", "a model that takes conversations gives no best of several answers"),
	"suffix":   refuseUnless(`""`, "a model that takes conversations does not fill in"),
	"logprobs": refuseUnless("", "a model that takes conversations gives them in another form"),
})

// refuseUnless refuses all values of a parameter but the one that asks for
// nothing.
func refuseUnless(harmless, why string) memberReader {
	return func(_ *chatDecoder, v []byte) error {
		if harmless != "" && string(v) == harmless {
			return nil
		}
		return wrong("cannot be kept: " + why)
	}
}

// prompt reads one text, or a list of one.
func (d *chatDecoder) prompt(v []byte) error {
	if isArray(v) {
		n := 0
		var only []byte
		err := each(v, func(v []byte) error {
			n++
			only = v
			return nil
		})
		switch {
		case err != nil:
			return err
		case n > 0 && !toplevel.IsString(only):
			return wrong("tokens cannot be kept: a model that takes conversations needs the text")
		case n != 1:
			return wrong("must be one text, not " + strconv.Itoa(n) + ": send one call for each")
		}
		v = only
	}
	text, ok := d.text(v)
	switch {
	case !ok:
		return wrong("must be a string")
	case text == "":
		return wrong("must not be empty")
	}
	d.c.Messages = []llm.Message{{Role: llm.User, Parts: []llm.Part{llm.Text{Text: text}}}}
	return nil
}
