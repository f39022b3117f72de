// Package traffic is what the calls of the benchmark look like on the wire: the
// requests a client sends and the answers a provider gives, in both native
// dialects, of exact sizes.
//
// It sends nothing. The mock provider answers with it, the measurements send it
// and compare, and the gateway's configuration is written for its model names.
package traffic

import "strings"

// Dialect is a wire format.
type Dialect string

// The dialects that are measured, both on the gateway's native lane.
const (
	OpenAI    Dialect = "openai"
	Anthropic Dialect = "anthropic"
)

// Dialects returns all of them, in the order of the report.
func Dialects() []Dialect { return []Dialect{OpenAI, Anthropic} }

// Path is where a client of the dialect sends its calls.
func (d Dialect) Path() string {
	if d == Anthropic {
		return "/v1/messages"
	}
	return "/v1/chat/completions"
}

// DialectOf returns the dialect that is spoken at a request target, and whether
// there is one.
func DialectOf(target []byte) (Dialect, bool) {
	path, _, _ := strings.Cut(string(target), "?")
	for _, d := range Dialects() {
		if path == d.Path() {
			return d, true
		}
	}
	return "", false
}

// Pace is when a provider answers. It is the end of a model's name, so that it
// passes through whatever stands between client and provider.
type Pace string

// The paces.
const (
	// Prompt answers at once, a stream as fast as it can be written.
	Prompt Pace = ""
	// Held answers after a wait, so that many bodies are in flight together.
	Held Pace = "-held"
	// Paced streams one event after the other with a wait between.
	Paced Pace = "-paced"
)

// Paces returns all of them.
func Paces() []Pace { return []Pace{Prompt, Held, Paced} }

// Model is the model's name as clients know it.
func Model(d Dialect, p Pace) string { return "bench-" + string(d) + string(p) }

// UpstreamModel is the model's name as the provider knows it. It differs from
// Model, as it does with most deployments, so that a gateway has to write it
// into every body.
func UpstreamModel(p Pace) string { return "mock" + string(p) }

// prose is JSON string content (escaped already) such as coding clients send:
// full of quotes and line breaks, which are what a JSON scanner stumbles over.
const prose = `func (s *Stack) Pop() (int, error) {\n\tif len(s.items) == 0 {\n\t\treturn 0, errors.New(\"stack is empty\")\n\t}\n` +
	`\ttop := s.items[len(s.items)-1]\n\ts.items = s.items[:len(s.items)-1]\n\treturn top, nil\n}\n\nWhy does this \"leak\"? `

// text returns JSON string content of exactly n bytes.
func text(n int) string {
	n = max(n, 0)
	whole := strings.Repeat(prose, n/len(prose))
	return whole + strings.Repeat(".", n-len(whole))
}
