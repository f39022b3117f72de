package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// judgeCross compares what vendor and client saw with what was recorded and what
// it means; v is nil where nobody wrote that down. It returns the reasons why the
// exchange failed, none where all is well.
func judgeCross(c *crossing, v *view, seen []sighting, got answer) []string {
	var b broken
	if want := attempts(c.exchange); len(seen) != want {
		b.reject("attempts: the vendor saw %d requests, want %d", len(seen), want)
	}
	for _, s := range seen {
		for _, reason := range judgeCrossRequest(c, s) {
			b.reject("request: %s", reason)
		}
	}
	if got.Header.Get("X-Request-Id") == "" {
		b.reject("header: no x-request-id")
	}
	switch {
	case c.Status >= 400:
		return append(b, judgeCrossError(c, got)...)
	case got.Status != http.StatusOK:
		b.reject("status: %d, want 200: %s", got.Status, clip(got.Body))
		return b
	}
	return append(b, judgeCrossAnswer(c, v, got)...)
}

// judgeCrossRequest checks that the vendor was asked what the client asked, in the
// vendor's dialect.
func judgeCrossRequest(c *crossing, s sighting) []string {
	var b broken
	if want := endpoints[c.Endpoint].suffix; s.Path != want {
		b.reject("path %s, want %s", s.Path, want)
	}
	if c.anthropic() && s.Header.Get("Anthropic-Version") == "" {
		b.reject("no anthropic-version")
	}
	var body object
	if json.Unmarshal([]byte(s.Body), &body) != nil {
		b.reject("the body is no object: %s", s.Body)
		return b
	}
	if body.text("model") != c.Model {
		b.reject("model %s, want %q", body["model"], c.Model)
	}
	if stream := string(body["stream"]) == "true"; stream != c.streamed {
		b.reject("stream %s, want %v", body["stream"], c.streamed)
	}
	limit, _ := body.number("max_tokens")
	if n, ok := body.number("max_completion_tokens"); ok && !c.anthropic() {
		limit += n // One of them alone may be there.
	}
	if limit != outputLimit {
		b.reject("output limit %s or %s, want %d", body["max_tokens"], body["max_completion_tokens"], outputLimit)
	}
	messages, _ := body.list("messages")
	if len(messages) != 1 || messages[0].text("role") != "user" || strings.Count(s.Body, prompt) != 1 {
		b.reject("messages %s", body["messages"])
	}
	return append(b, judgeCredential(s)...)
}

// judgeCrossAnswer checks an answer to a call that went well, or began well.
func judgeCrossAnswer(c *crossing, v *view, got answer) []string {
	var b broken
	mediaType := "application/json"
	if c.streamed {
		mediaType = "text/event-stream"
	}
	if have, _, _ := strings.Cut(got.Header.Get("Content-Type"), ";"); have != mediaType {
		b.reject("header: content-type %q, want %s", have, mediaType)
	}
	faults, read := c.check(got.Body)
	for _, fault := range faults {
		b.reject("grammar: %s", clip(fault))
	}
	understood, err := read(got.Body)
	if err != nil {
		b.reject("grammar: no client reads it: %v", err)
		return b
	}
	b = append(b, judgeEnd(c, understood)...)
	if v != nil {
		b = append(b, c.judgeMeaning(&v.View, understood)...)
	}
	return b
}

// check checks the grammar of a body and gives the function that reads it.
func (c *crossing) check(body string) ([]string, func(string) (heard, error)) {
	switch {
	case c.toAnthropic() && c.streamed:
		return checkAnthropicStream(body), readAnthropicStream
	case c.toAnthropic():
		return checkAnthropicMessage(body), readAnthropic
	case c.streamed:
		return checkOpenAIStream(body, c.usageAsked), readOpenAIStream
	default:
		return checkOpenAICompletion(body), readOpenAI
	}
}

// judgeEnd checks that a stream which failed, or broke off, ends with a failure in
// the vendor's words, and no other one does. An error behind a reason to stop may
// be seen either way.
func judgeEnd(c *crossing, h heard) []string {
	if !c.stream() {
		if h.Failure != "" {
			return []string{"end: " + h.Failure}
		}
		return nil
	}
	events := parseSSE(c.ResponseBody)
	failed := slices.IndexFunc(events, event.isError)
	whole := ends(events) && failed < 0
	late := failed >= 0 && slices.ContainsFunc(events[:failed], stopped)
	switch {
	case late:
		return nil
	case whole && h.Failure != "":
		return []string{"end: " + h.Failure}
	case !whole && (h.Failure == "" || h.Stop != ""):
		return []string{fmt.Sprintf("end: %q for a stream that fails", h.Stop)}
	case failed >= 0 && !strings.Contains(h.Failure, vendorWords(events[failed].Data)):
		return []string{fmt.Sprintf("end: %s, want the vendor's words: %s", h.Failure, events[failed].Data)}
	default:
		return nil
	}
}

// judgeMeaning compares what the client understood with the view.
func (c *crossing) judgeMeaning(want *meaning, got heard) []string {
	var b broken
	if got.Text != want.Text && !slices.Contains(want.TextAlt, got.Text) {
		b.reject("text: %q, want %q", clip(got.Text), clip(want.Text))
	}
	if got.Thinking != want.Thinking {
		b.reject("thinking: %q, want %q", clip(got.Thinking), clip(want.Thinking))
	}
	// A call without a name is nothing that a client could run: the empty member that
	// one vendor sends with every answer.
	tools := slices.DeleteFunc(slices.Clone(want.Tools), func(t toolCall) bool { return t.Name == "" })
	if !slices.EqualFunc(tools, got.Tools, toolCall.same) {
		b.reject("tools: %v, want %v", got.Tools, tools)
	}
	if len(tools) == len(want.Tools) && !c.sameStop(string(want.Stop), got.Stop) {
		b.reject("stop: %q, want %q", got.Stop, want.Stop)
	}
	if c.toAnthropic() || !c.streamed || c.usageAsked {
		b = append(b, judgeUsage(want, got.Usage)...)
	}
	return b
}

// same reports whether two calls are the same, their numbers digit by digit.
func (c toolCall) same(other toolCall) bool {
	one, err1 := decode(c.Arguments)
	two, err2 := decode(other.Arguments)
	return c.Name == other.Name && err1 == nil && err2 == nil && reflect.DeepEqual(one, two)
}

// sameStop compares classes of reasons to stop. OpenAI's dialect has no word for a
// pause, and a word without a class may become any.
func (c *crossing) sameStop(want, got string) bool {
	switch want {
	case "stop", "length", "tool", "safety":
		return got == want
	case "pause":
		return got == want || !c.toAnthropic() && got == "stop"
	default:
		return true
	}
}

// judgeUsage compares the counts of all kinds that the vendor reports. Input and
// output have to be told; the other kinds are 0 where they are not.
func judgeUsage(want *meaning, got map[string]int64) []string {
	var b broken
	for _, kind := range []string{"input", "output", "cache_read", "cache_write", "reasoning"} {
		n, reported := want.Usage[kind]
		have, told := got[kind]
		switch {
		case !reported:
		case !told && (kind == "input" || kind == "output"):
			b.reject("usage: no %s, want %d", kind, n)
		case have != n && !slices.Contains(want.UsageAlt[kind], have):
			b.reject("usage: %d tokens of %s, want %d", have, kind, n)
		}
	}
	return b
}

// errorTypes are the types of Anthropic's dialect for the recorded statuses.
var errorTypes = map[int]string{
	400: "invalid_request_error", 404: "not_found_error", 429: "rate_limit_error", 500: "api_error", 502: "api_error",
}

// judgeCrossError checks the answer to a call that the vendor refused.
func judgeCrossError(c *crossing, got answer) []string {
	var b broken
	var body object
	if json.Unmarshal([]byte(got.Body), &body) != nil {
		b.reject("error: the body is no object: %s", clip(got.Body))
		return b
	}
	check := checkOpenAIError
	if c.toAnthropic() {
		check = checkAnthropicError
		if kind, want := body.object("error").text("type"), errorTypes[got.Status]; want != "" && kind != want {
			b.reject("error: type %q with status %d, want %q", kind, got.Status, want)
		}
	}
	for _, fault := range check(body) {
		b.reject("error: %s", fault)
	}
	if have, _, _ := strings.Cut(got.Header.Get("Content-Type"), ";"); have != "application/json" {
		b.reject("header: content-type %q, want application/json", have)
	}
	if c.Status == http.StatusUnauthorized || c.Status == http.StatusForbidden {
		for _, reason := range judgeRefusedCredential(c.exchange, got) {
			b.reject("error: %s", reason)
		}
		return b
	}
	if got.Status != c.Status {
		b.reject("status: %d, want %d: %s", got.Status, c.Status, clip(got.Body))
	}
	if message := errorMessage(got.Body); !c.rightWords(message) {
		b.reject("error: %q, want %q", message, c.wantedWords())
	}
	return b
}

// tooLong finds how long a prompt was and how long it may be in what vendors say.
var tooLong = regexp.MustCompile(`maximum context length is (\d+) tokens\. However, you requested (?:about )?(\d+) tokens`)

// wantedWords are the vendor's words, or how Anthropic says that a prompt is too
// long: clients make it shorter when they read that.
func (c *crossing) wantedWords() string {
	words := vendorWords(c.ResponseBody)
	if !c.toAnthropic() {
		return words
	}
	if m := tooLong.FindStringSubmatch(words); m != nil {
		return "prompt is too long: " + m[2] + " tokens > " + m[1] + " maximum"
	}
	if strings.Contains(c.ResponseBody, `"too_many_prompt_tokens"`) {
		return someNumbers // The vendor tells none.
	}
	return words
}

// someNumbers is a prompt that is too long by the gateway's own numbers.
const someNumbers = "prompt is too long: N tokens > M maximum"

// digits are a number.
var digits = regexp.MustCompile(`\b\d+\b`)

// rightWords reports whether a message has the wanted words; where the vendor
// wrote none, whether it has any.
func (c *crossing) rightWords(message string) bool {
	wanted := c.wantedWords()
	if wanted == someNumbers {
		return digits.ReplaceAllString(message, "N") == strings.Replace(someNumbers, "M", "N", 1)
	}
	return message != "" && strings.Contains(message, wanted)
}

// vendorWords is the message in a vendor's report of an error, in any of the
// recorded shapes; "" where there is none.
func vendorWords(body string) string {
	var o object
	if json.Unmarshal([]byte(body), &o) != nil {
		return ""
	}
	for _, words := range []string{o.object("error").text("message"), o.text("error"), o.text("message"), o.text("detail")} {
		if words != "" {
			return words
		}
	}
	return ""
}

// crossed is a crossing that the tests of the judge change one thing of, with its
// view and what a faultless gateway makes of it.
func crossed() (*crossing, *view, []sighting, answer) {
	e := chat()
	e.Model = "m"
	v := &view{View: meaning{
		Text: "Hi", Thinking: "Hm", Tools: []toolCall{{"add", `{"n": 1.0}`}}, Stop: "tool",
		Usage: map[string]int64{"input": 10, "output": 5, "cache_read": 4, "reasoning": 0},
	}}
	body := `{"model":"m","max_tokens":1000,"messages":[{"role":"user","content":"` + prompt + `"}]}`
	seen := []sighting{{"/chat/completions", http.Header{"Authorization": {"Bearer " + upstreamCredential}}, body}}
	got := answer{200, http.Header{"X-Request-Id": {"r1"}, "Content-Type": {"application/json"}}, `{"id":"msg_1","type":"message","role":"assistant",` +
		`"model":"m","content":[{"type":"thinking","thinking":"Hm","signature":"s"},{"type":"text","text":"Hi"},` +
		`{"type":"tool_use","id":"t1","name":"add","input":{"n":1.0}}],"stop_reason":"tool_use","stop_sequence":null,` +
		`"usage":{"input_tokens":6,"cache_read_input_tokens":4,"output_tokens":5}}`}
	return &crossing{exchange: e}, v, seen, got
}

func TestJudgeCrossFindsEachFault(t *testing.T) {
	t.Parallel()
	inBody := func(from, to string) func(*sighting, *answer) {
		return func(s *sighting, _ *answer) { s.Body = strings.Replace(s.Body, from, to, 1) }
	}
	inAnswer := func(from, to string) func(*sighting, *answer) {
		return func(_ *sighting, a *answer) { a.Body = strings.Replace(a.Body, from, to, 1) }
	}
	for _, tt := range []struct {
		name  string
		spoil func(*sighting, *answer)
		want  string // part of the reason; "" where nothing is wrong
	}{
		{"nothing", func(*sighting, *answer) {}, ""},
		{"the newer limit", inBody("max_tokens", "max_completion_tokens"), ""},
		{"both limits", inBody(`"max_tokens":1000`, `"max_tokens":1000,"max_completion_tokens":1000`), "output limit"},
		{"no limit", inBody(`"max_tokens":1000,`, ``), "output limit"},
		{"another model", inBody(`"model":"m"`, `"model":"rp/c1"`), "model"},
		{"a stream", inBody(`"model"`, `"stream":true,"model"`), "stream true"},
		{"another prompt", inBody("recorded", "rec\\u006frded"), "messages"},
		{"the client's path", func(s *sighting, _ *answer) { s.Path = "/v1/messages" }, "path"},
		{"the client's key upstream", func(s *sighting, _ *answer) { s.Header.Set("X-Api-Key", clientKey) }, "client's key"},
		{"no request id", func(_ *sighting, a *answer) { a.Header.Del("X-Request-Id") }, "x-request-id"},
		{"another type", func(_ *sighting, a *answer) { a.Header.Set("Content-Type", "text/event-stream") }, "content-type"},
		{"another status", func(_ *sighting, a *answer) { a.Status = 201 }, "status"},
		{"the vendor's dialect", inAnswer(`"type":"message"`, `"type":"chat.completion"`), "grammar"},
		{"no JSON", func(_ *sighting, a *answer) { a.Body = "hello" }, "no client reads it"},
		{"another text", inAnswer(`"Hi"`, `"Ho"`), "text"},
		{"another thought", inAnswer(`"Hm"`, `"Hmm"`), "thinking"},
		{"a number written anew", inAnswer(`1.0`, `1`), "tools"},
		{"another name", inAnswer(`"add"`, `"sub"`), "tools"},
		{"a lost call", inAnswer(`"tool_use","id"`, `"server_tool_use","id"`), "tools"},
		{"another end", inAnswer(`"stop_reason":"tool_use"`, `"stop_reason":"max_tokens"`), "stop"},
		{"cached input twice", inAnswer(`"input_tokens":6`, `"input_tokens":10`), "tokens of input"},
		{"another count", inAnswer(`"output_tokens":5`, `"output_tokens":6`), "tokens of output"},
		{"a count from nowhere", inAnswer(`"output_tokens":5`, `"output_tokens":5,"output_tokens_details":{"thinking_tokens":1}`), "tokens of reasoning"},
		{"a count that nobody knows", inAnswer(`"output_tokens":5`, `"output_tokens":5,"cache_creation_input_tokens":0`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, v, seen, got := crossed()
			tt.spoil(&seen[0], &got)
			reasons := strings.Join(judgeCross(c, v, seen, got), "; ")
			if tt.want == "" && reasons != "" || !strings.Contains(reasons, tt.want) {
				t.Errorf("reasons = %q, want %q", reasons, tt.want)
			}
		})
	}
}

func TestJudgeCrossTakesWhatTheViewAllows(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*meaning){
		"another text":             func(m *meaning) { m.Text, m.TextAlt = "", []string{"Hi"} },
		"another count":            func(m *meaning) { m.Usage["output"], m.UsageAlt = 1, map[string][]int64{"output": {2, 5}} },
		"a count not reported":     func(m *meaning) { delete(m.Usage, "input") },
		"no class":                 func(m *meaning) { m.Stop = "eos" },
		"no end":                   func(m *meaning) { m.Stop = "" },
		"a call that has no name":  func(m *meaning) { m.Tools = append(m.Tools, toolCall{"", "{}"}) },
		"members in another order": func(m *meaning) { m.Tools[0].Arguments = `{"n":1.0 }` },
	} {
		c, v, seen, got := crossed()
		change(&v.View)
		if reasons := judgeCross(c, v, seen, got); len(reasons) > 0 {
			t.Errorf("%s: reasons = %q, want none", name, reasons)
		}
	}
}

func TestJudgeEnd(t *testing.T) {
	t.Parallel()
	const (
		begun   = "data: {\"choices\":[{\"delta\":{}}]}\n\n"
		stop    = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n"
		failure = "data: {\"error\":{\"message\":\"busy\"}}\n\n"
	)
	told := heard{Failure: "error: busy"}
	for _, tt := range []struct {
		name, recorded string
		got            heard
		ok             bool
	}{
		{"whole", begun + stop, heard{Stop: "stop"}, true},
		{"a failure from nowhere", begun + stop, told, false},
		{"told", begun + failure, told, true},
		{"in other words", begun + failure, heard{Failure: "error: oops"}, false},
		{"not told", begun + failure, heard{Stop: "stop"}, false},
		{"told behind an end", begun + failure, heard{Stop: "stop", Failure: "error: busy"}, false},
		{"broken off", begun, told, true},
		{"broken off, ended as if complete", begun, heard{Stop: "stop"}, false},
		{"late", begun + stop + failure, told, true},
		{"late and not told", begun + stop + failure, heard{Stop: "stop"}, true},
	} {
		e := chatStream()
		e.ResponseBody = tt.recorded
		if reasons := judgeEnd(&crossing{exchange: e, streamed: true}, tt.got); (len(reasons) == 0) != tt.ok {
			t.Errorf("%s: reasons = %q, want none: %v", tt.name, reasons, tt.ok)
		}
	}
}

func TestJudgeCrossError(t *testing.T) {
	t.Parallel()
	const (
		busy = `{"error":{"message":"busy","code":503}}`
		many = `{"error":{"message":"too much","type":"too_many_prompt_tokens"}}`
		long = `{"error":{"message":"This model's maximum context length is 10 tokens. However, you requested 12 tokens (12 in the messages)."}}`
	)
	for _, tt := range []struct {
		name             string
		recorded, status int
		vendor, kind     string
		message, want    string
	}{
		{"kept", 404, 404, busy, "not_found_error", "busy", ""},
		{"with more words", 400, 400, `{"message":"no"}`, "invalid_request_error", "mistral: no", ""},
		{"no words at all", 500, 500, `<html>`, "api_error", "the provider failed", ""},
		{"another status", 500, 502, busy, "api_error", "busy", "status"},
		{"another type", 404, 404, busy, "api_error", "busy", "not_found_error"},
		{"no type", 400, 400, busy, "", "busy", "error of type"},
		{"other words", 400, 400, busy, "invalid_request_error", "oops", `want "busy"`},
		{"no words", 400, 400, `<html>`, "invalid_request_error", "", "error of type"},
		{"a refused credential", 401, 502, busy, "api_error", "own words", ""},
		{"a refused credential in the vendor's words", 403, 502, busy, "api_error", "busy", "vendor's wording"},
		{"a long prompt", 400, 400, long, "invalid_request_error", "prompt is too long: 12 tokens > 10 maximum", ""},
		{"a long prompt without numbers", 400, 400, many, "invalid_request_error", "prompt is too long: 3 tokens > 2 maximum", ""},
		{"a long prompt, numbers left out", 400, 400, many, "invalid_request_error", "prompt is too long", "M maximum"},
		{"a long prompt in the vendor's words", 400, 400, long, "invalid_request_error", vendorWords(long), "prompt is too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _, _, got := crossed()
			c.Status, c.ResponseBody, got.Status = tt.recorded, tt.vendor, tt.status
			got.Header.Set("X-Should-Retry", "false")
			got.Body = fmt.Sprintf(`{"type":"error","error":{"type":%q,"message":%q}}`, tt.kind, tt.message)
			reasons := strings.Join(judgeCrossError(c, got), "; ")
			if tt.want == "" && reasons != "" || !strings.Contains(reasons, tt.want) {
				t.Errorf("reasons = %q, want %q", reasons, tt.want)
			}
		})
	}
}
