package echo

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Bounds of what one request may ask for.
const (
	maxChoices = 128
	maxInputs  = 2048
)

var errAsk = errors.New("invalid request")

// The kinds of tool choice. A tool's own name is also one.
const (
	choiceAuto     = "auto"
	choiceNone     = "none"
	choiceRequired = "required"
)

// ask is a request as the vendor understands it, whatever its dialect.
type ask struct {
	model        string
	script       script
	seed         uint64 // of ids: the same body, the same ids
	stream       bool
	includeUsage bool
	limit        int // of output tokens; 0: none
	stops        []string
	choices      int
	tools        []tool
	// choice is one of the kinds, or namedTool is set.
	choice    string
	namedTool string
	oneByOne  bool // forbids several tool calls at once
	prompt    string
	prompts   []string // legacy completions: one answer for each
	results   []string // of tools, where the conversation ends in them
	schema    json.RawMessage
	anyJSON   bool // some JSON object is wanted
	input     int  // tokens
	vectors   vectors
}

// tool is one function on offer.
type tool struct {
	name   string
	schema json.RawMessage
}

// mustCall reports whether an answer without a tool call would be wrong.
func (a *ask) mustCall() bool { return a.choice == choiceRequired || a.namedTool != "" }

// decode reads a JSON body; the error is told to the client.
func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: the body cannot be read: %w", errAsk, err)
	}
	return nil
}

// part is one part of a message's content, in either dialect.
type part struct {
	Type    string          `json:"type"`
	Text    string          `json:"text"`
	Content json.RawMessage `json:"content"`
}

// parts reads content that is a text or a list of parts.
func parts(raw json.RawMessage) ([]part, error) {
	raw = json.RawMessage(strings.TrimSpace(string(raw)))
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, fmt.Errorf("%w: content: %w", errAsk, err)
		}
		return []part{{Type: "text", Text: text}}, nil
	}
	var list []part
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%w: content is neither a text nor a list of parts: %w", errAsk, err)
	}
	return list, nil
}

// textOf joins the texts of a content.
func textOf(list []part) string {
	var b strings.Builder
	for _, p := range list {
		if p.Type != "text" || p.Text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// texts reads a value that is a text or a list of texts.
func texts(raw json.RawMessage) ([]string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%w: neither a text nor a list of texts", errAsk)
	}
	return list, nil
}

// tokens is the provider's estimate: one token for every four bytes begun.
func tokens(bytes int) int { return (bytes + 3) / 4 }
