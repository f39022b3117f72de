package validate

import (
	"encoding/json"
	"fmt"
	"strings"
)

// reply is what an answer says, in no dialect.
type reply struct {
	text    bool // there is some
	thought bool
	calls   []toolCall
	stop    string // why it ended; "" where it does not say
	length  bool   // it ended at its limit
	usage   usage
	vector  int   // how many numbers an embedding has
	count   int64 // counted tokens
}

// toolCall is one call of a tool. Arguments are JSON, if all is well.
type toolCall struct{ name, arguments string }

// usage is what an answer says of its tokens; -1 where it does not say.
type usage struct{ input, output int64 }

func unsaid() usage { return usage{-1, -1} }

// cutShort reports whether the limit was too low for the answer to say anything.
func (r *reply) cutShort() bool { return r.length && !r.text && len(r.calls) == 0 }

// issue is something wrong with an answer, or that there is none.
type issue struct {
	code          Code
	severity      Severity
	message, hint string
	// said are the server's own words, or "".
	said string
	// dead says that other probes of the model would fare no better.
	dead bool
}

func failure(code Code, hint, format string, args ...any) *issue {
	return &issue{code: code, severity: Error, message: fmt.Sprintf(format, args...), hint: hint}
}

func caution(code Code, hint, format string, args ...any) *issue {
	return &issue{code: code, severity: Warning, message: fmt.Sprintf(format, args...), hint: hint}
}

const (
	hintServer = "look at the log of the server: this is not what the dialect says"
	hintUsage  = "without usage calls cannot be priced, and budgets count estimates: look at what the provider sends"
)

// judgeText judges an answer that was to be a text.
func judgeText(r *reply) []*issue {
	issues := append(judgeStop(r), judgeUsage(r)...)
	// A model that thinks may spend its whole limit before it says anything.
	if !r.text && len(r.calls) == 0 && (!r.length || !r.thought && r.usage.output <= 0) {
		issues = append(issues, failure(CodeEmpty, "call the model by hand, with a longer prompt", "the answer is empty"))
	}
	return issues
}

func judgeStop(r *reply) []*issue {
	if r.stop != "" {
		return nil
	}
	return []*issue{failure(CodeNoStop, hintServer, "the answer does not say why it ended")}
}

func judgeUsage(r *reply) []*issue {
	u := r.usage
	switch {
	case u.input < 0 && u.output < 0:
		return []*issue{failure(CodeNoUsage, hintUsage, "the answer has no usage")}
	case u.input <= 0:
		return []*issue{failure(CodeNoUsage, hintUsage, "the usage has no input tokens")}
	case u.output <= 0:
		return []*issue{failure(CodeNoUsage, hintUsage, "the usage has no output tokens")}
	default:
		return nil
	}
}

// The tool on offer, and what it takes.
const (
	toolName   = "get_weather"
	toolMember = "city"
	toolSchema = `{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}`
)

// judgeTool judges an answer that was to call the tool.
func judgeTool(r *reply) []*issue {
	issues := judgeUsage(r)
	if len(r.calls) == 0 {
		why := "the model answers with text where it was told to call a tool"
		if r.length {
			why = "the answer came to its limit before it called the tool"
		}
		return append(issues, caution(CodeNoToolCall, "agents such as Claude Code do not work with a model that calls no tools", "%s", why))
	}
	for _, c := range r.calls {
		if problem := c.problem(); problem != "" {
			return append(issues, failure(CodeToolArguments, "agents fail on this call: look at what the provider sends, and at how it is translated", "%s", problem))
		}
	}
	return issues
}

// problem says what is wrong with the call, "" for nothing.
func (c *toolCall) problem() string {
	if c.name != toolName {
		return fmt.Sprintf("the model calls a tool %q that is not there", clip(c.name))
	}
	if !json.Valid([]byte(c.arguments)) {
		return "the arguments of the tool call are no JSON: " + clip(c.arguments)
	}
	var arguments map[string]json.RawMessage
	var city string
	if json.Unmarshal([]byte(c.arguments), &arguments) != nil || arguments == nil {
		return "the arguments of the tool call are no object: " + clip(c.arguments)
	}
	if json.Unmarshal(arguments[toolMember], &city) != nil {
		return fmt.Sprintf("the arguments of the tool call do not fit its schema (%s is to be a string): %s", toolMember, clip(c.arguments))
	}
	return ""
}

// judgeVector judges an embedding.
func judgeVector(r *reply) []*issue {
	var issues []*issue
	if r.vector == 0 {
		issues = append(issues, failure(CodeEmpty, hintServer, "the answer has no vector"))
	}
	if r.usage.input <= 0 {
		issues = append(issues, failure(CodeNoUsage, hintUsage, "the answer has no usage"))
	}
	return issues
}

// judgeCount judges a count of tokens.
func judgeCount(r *reply) []*issue {
	if r.count > 0 {
		return nil
	}
	return []*issue{failure(CodeEmpty, hintServer, "the answer has no count of tokens")}
}

// maxShown is how much of a text from outside is shown, in characters.
const maxShown = 300

// clip makes a text from outside fit a line: no control characters, no great length.
func clip(text string) string {
	const wide = 8 * maxShown // what is dropped below may be blanks
	cut := len(text) > wide
	if cut {
		text = text[:wide]
	}
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(c rune) bool {
		return c <= ' ' || c >= 0x7f && c < 0xa0 || c == '\u2028' || c == '\u2029'
	}), " ")
	if runes := []rune(text); len(runes) > maxShown {
		text, cut = string(runes[:maxShown]), true
	}
	if cut {
		text += "…"
	}
	return text
}
