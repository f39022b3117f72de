package tokens

import "strings"

// family is how the models of a vendor count: which vocabulary comes nearest, by
// how much it is off, and what is added around texts. The numbers were fitted to
// recorded calls; doc.go says how well they do.
type family struct {
	name       string
	vocabulary func() *vocabulary
	// plain, wide and schema are percent of the vocabulary's tokens: for ASCII, for
	// other scripts, and for tools, which vendors rewrite.
	plain, wide, schema int64
	// request is added once, message for each one, system for the system prompt,
	// reasoning where the model is told to think.
	request, message, system, reasoning int64
	// tools is added where there are any, tool for each, call for each call of one
	// together with its result.
	tools, tool, call int64
	// format is added with a schema for the answer; 0 where the vendor does not show
	// it to the model.
	format int64
	// page is what a page of a document takes beside its text.
	page int64
	// picture gives the tokens of a picture; nil where that depends on the model.
	picture rule
	// allThoughts says that thoughts of earlier turns count too.
	allThoughts bool
}

// familyOf finds the family by the first word that the model's name contains.
func familyOf(model string) *family {
	model = strings.ToLower(model)
	if _, version, ok := strings.Cut(model, "claude"); ok {
		return claude(version)
	}
	for i := range families {
		if strings.Contains(model, families[i].word) {
			return families[i].family
		}
	}
	return &other
}

// families are tried in this order.
var families = []struct {
	word string
	*family
}{
	{"gpt-oss", &gptOSS},
	{"gpt-5.", &openAI}, // the tools' prompt is that of GPT-5 only
	{"gpt-5", &gpt5},
	{"gpt-4o", &openAI},
	{"gpt-4.", &openAI},
	{"gpt-4", &gpt4},
	{"gpt-3", &gpt4},
	{"gemini", &gemini},
	{"gemma", &gemini},
	{"llama", &llama},
	{"stral", &mistral},
	{"deepseek", &deepSeek},
	{"qwen3.5", &qwen35},
	{"qwen3-5", &qwen35},
	{"qwen", &qwen},
	{"kimi", &kimi},
	{"glm", &glm},
	{"grok", &grok},
	{"sonar", &sonar},
	{"o1", &openAI},
	{"o3", &openAI},
	{"o4", &openAI},
}

// OpenAI publishes its vocabularies, and that there are 3 and 4 tokens around
// texts (cookbook, "How to count tokens with tiktoken", as of 2026-11).
var (
	openAI = family{
		name: "gpt-4o", vocabulary: o200k, plain: 100, wide: 100, schema: 75,
		request: 3, message: 4, system: 4, tools: 14, call: 4, format: 9, page: 100,
	}
	gpt5 = family{
		name: "gpt-5", vocabulary: o200k, plain: 100, wide: 100, schema: 75,
		request: 3, message: 4, system: 4, tools: 93, call: 4, format: 9, page: 100,
	}
	gpt4 = family{
		name: "gpt-4", vocabulary: cl100k, plain: 100, wide: 100, schema: 75,
		request: 3, message: 4, system: 4, tools: 14, call: 4, format: 9, page: 100,
	}
	gptOSS = family{
		name: "gpt-oss", vocabulary: o200k, plain: 100, wide: 100, schema: 75,
		request: 63, message: 4, system: 4, tools: 25, call: 25, format: 60, page: 100,
	}
	other = family{
		name: "other", vocabulary: o200k, plain: 105, wide: 105, schema: 125,
		request: 3, message: 4, system: 4, tools: 50, call: 10, page: 100,
	}
)

var (
	gemini = family{
		name: "gemini", vocabulary: o200k, plain: 100, wide: 100, schema: 60,
		call: 45, page: 258,
	}
	llama = family{
		name: "llama", vocabulary: o200k, plain: 100, wide: 105, schema: 120,
		request: 30, message: 4, tools: 120, tool: 24, page: 100,
	}
	mistral = family{
		name: "mistral", vocabulary: o200k, plain: 105, wide: 105, schema: 140,
		request: 4, message: 2, tools: 22, call: 18, page: 100, allThoughts: true,
	}
	deepSeek = family{
		name: "deepseek", vocabulary: o200k, plain: 100, wide: 100, schema: 135,
		message: 4, tools: 235, call: 20, page: 100,
	}
	qwen = family{
		name: "qwen", vocabulary: o200k, plain: 100, wide: 100, schema: 150,
		request: 3, message: 5, system: 5, tools: 96, call: 22, page: 100,
	}
	qwen35 = family{
		name: "qwen-3.5", vocabulary: o200k, plain: 100, wide: 100, schema: 150,
		request: 5, message: 5, system: 5, tools: 230, call: 22, page: 100,
	}
	kimi = family{
		name: "kimi", vocabulary: o200k, plain: 100, wide: 100, schema: 180,
		message: 5, system: 5, tools: 10, call: 10, page: 100,
	}
	glm = family{
		name: "glm", vocabulary: o200k, plain: 100, wide: 100, schema: 135,
		request: 4, message: 2, tools: 115, call: 20, page: 100,
	}
	grok = family{
		name: "grok", vocabulary: o200k, plain: 100, wide: 100, schema: 200,
		tools: 165, call: 20, page: 100,
	}
	sonar = family{
		name: "sonar", vocabulary: o200k, plain: 100, wide: 100, schema: 100, page: 100,
	}
)

// claude tells the generations apart by what stands behind "claude" in the name,
// such as "-sonnet-4-5-20250929" or "-3-5-haiku-latest". The vocabularies are not
// public: the factors are those of texts whose counts are known. That of 4.7 has
// a third more tokens; the prompt that goes with tools differs as well.
func claude(name string) *family {
	major, minor := version(name)
	switch {
	case major == 0 || major > 4 || major == 4 && minor >= 7:
		return &claude47
	case major == 4 && minor >= 5:
		return &claude45
	default:
		return &claude3
	}
}

var (
	claude3 = family{
		name: "claude-3", vocabulary: o200k, plain: 115, wide: 145, schema: 115,
		request: 4, message: 3, tools: 310, tool: 20, call: 35, page: 1570,
		reasoning: 28, picture: patches(28, 1568, 100),
	}
	claude45 = family{
		name: "claude-4.5", vocabulary: o200k, plain: 115, wide: 145, schema: 115,
		request: 4, message: 3, tools: 528, tool: 20, call: 35, format: 110, page: 1570,
		reasoning: 28, allThoughts: true, picture: patches(28, 1568, 100),
	}
	claude47 = family{
		name: "claude-4.7", vocabulary: o200k, plain: 155, wide: 145, schema: 160,
		request: 4, message: 3, tools: 340, tool: 25, call: 45, format: 145, page: 1570,
		allThoughts: true, picture: patches(28, 4784, 100),
	}
)

// version reads the first number of a name and the one right behind it; a date is
// no part of a version.
func version(name string) (major, minor int) {
	i := strings.IndexAny(name, "0123456789")
	if i < 0 {
		return 0, 0
	}
	major, rest := digits(name[i:])
	if len(rest) > 1 && strings.IndexByte("-.:", rest[0]) >= 0 {
		minor, _ = digits(rest[1:])
	}
	return major, minor
}

// digits reads a number of up to two digits; longer ones are 0.
func digits(text string) (n int, rest string) {
	rest = strings.TrimLeft(text, "0123456789")
	number := text[:len(text)-len(rest)]
	if len(number) > 2 {
		return 0, rest
	}
	for _, d := range number {
		n = n*10 + int(d-'0')
	}
	return n, rest
}
