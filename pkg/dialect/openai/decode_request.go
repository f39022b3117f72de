package openai

import (
	"slices"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// DecodeRequest implements dialect.Frontend. Beside OpenAI's own parameters it
// knows those that LiteLLM, OpenRouter and Mistral have added and that the
// vocabulary has a word for: cache_control, thinking, reasoning, top_k,
// random_seed; and the reasoning of earlier answers in a message.
func (Frontend) DecodeRequest(op llm.Op, body []byte, t *llm.Translation) error {
	if op == llm.OpEmbeddings {
		return decodeEmbeddings(body, t)
	}
	d := chatDecoder{c: &llm.Conversation{Choices: 1}}
	members, required := chatMembers, "messages"
	if op == llm.OpCompletion {
		members, required = completionMembers, "prompt"
	}
	err := readMembers(body, &d.c.Extra, func(name string, v []byte) (bool, error) {
		read, ok := members[name]
		if !ok {
			return false, nil
		}
		return true, read(&d, v)
	})
	if err == nil && len(d.c.Messages) == 0 && len(d.c.System) == 0 {
		err = within(required, wrong("is missing: say what the model is to answer"))
	}
	if err == nil {
		err = d.finish()
	}
	if err != nil {
		return refusal(err)
	}
	t.Conversation = d.c
	return nil
}

// readMembers reads the top level of a body. What read does not know, and is
// neither meant for the gateway nor read by Inspect, goes to extra.
func readMembers(body []byte, extra *[]llm.Parameter, read func(name string, v []byte) (bool, error)) error {
	fields, err := toplevel.Scan(nil, body)
	if err != nil {
		return &llm.Error{Kind: llm.InvalidRequest, Message: "the body is not a JSON object: " + err.Error(), NoRetry: true}
	}
	for _, f := range fields {
		name, v := string(plainName(f.Name.Of(body))), f.Value.Of(body)
		if toplevel.IsNull(v) || isElsewhere(name) {
			continue
		}
		known, err := read(name, v)
		if err == nil && !known {
			err = addExtra(extra, name, v)
		}
		if err != nil {
			return within(name, err)
		}
	}
	return nil
}

// isElsewhere reports whether a member is read by Inspect, or meant for a
// gateway.
func isElsewhere(name string) bool {
	return name == "model" || name == "stream" || name == "stream_options" || slices.Contains(controls, name)
}

func addExtra(extra *[]llm.Parameter, name string, v []byte) error {
	raw, err := rawOf(v)
	*extra = append(*extra, llm.Parameter{Name: name, Value: raw, From: llm.OpenAI, Hint: hints[name]})
	return err
}

// chatDecoder reads the body of a chat or a legacy completion.
type chatDecoder struct {
	reader
	c *llm.Conversation
	// choice is the choice of tools, which is read when all tools are known, and
	// choiceName the member that it stands in.
	choice     []byte
	choiceName string
	// identifier is safety_identifier: who asks, where user does not tell.
	identifier string
	// results says that the message before this one was the result of a tool.
	results bool
	// functions are the ids that were made for calls of the legacy kind, by the name
	// of the function.
	functions map[string]string
}

// finish reads what depends on other members.
func (d *chatDecoder) finish() error {
	switch {
	case d.identifier == "":
	case d.c.User == "":
		d.c.User = d.identifier
	default:
		quoted := toplevel.AppendString(nil, d.identifier)
		d.c.Extra = append(d.c.Extra, llm.Parameter{
			Name: "safety_identifier", Value: quoted, From: llm.OpenAI, Hint: true,
		})
	}
	if d.choice == nil {
		return nil
	}
	return within(d.choiceName, d.toolChoice(d.choice))
}
