package providertest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// rowSuite is what is tested of a row beside what every subject is tested for: that
// its quirks are on.
type rowSuite struct {
	Subject

	// quirks are those of the row, with the words that stand for "".
	quirks openai.Quirks
}

// newRowSuite reads the row of s.
func newRowSuite(s Subject) (rowSuite, error) {
	r := rowSuite{Subject: s}
	err := s.Row.DecodeQuirks(&r.quirks)
	for _, d := range []struct {
		word  *string
		other string
	}{
		{&r.quirks.Limit, "max_completion_tokens"}, {&r.quirks.AnyTool, "required"}, {&r.quirks.SystemRole, "system"},
	} {
		if *d.word == "" {
			*d.word = d.other
		}
	}
	if s.Limit != "" {
		r.quirks.Limit = s.Limit
	}
	return r, err
}

// The names that vendors have for the output limit.
var limitNames = []string{"max_tokens", "max_completion_tokens"}

// testEdits checks what the native lane adds to a body.
func (r rowSuite) testEdits(t *testing.T) {
	v := newVendor(t, r.Subject).answers(write(http.StatusOK, "application/json", "{}"))
	req := r.streamRequest(t, llm.OpChat)
	req.Edits.MaxOutput, req.Edits.IncludeUsage = 77, true
	if _, err := v.provider.Do(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	got := membersOf(t, v.seen.Load().body)
	for _, name := range limitNames {
		if want := name == r.quirks.Limit; (got[name] != nil) != want {
			t.Errorf("%s is there: %v, want %v", name, !want, want)
		}
	}
	if asked := got["stream_options"] != nil; asked == r.quirks.NoStreamOptions {
		t.Errorf("stream_options are there: %v", asked)
	}
}

// conversation asks for what vendors differ in. Its ids are Anthropic's.
func conversation() *llm.Conversation {
	mark := &llm.CacheMark{}
	strict := true
	return &llm.Conversation{
		System: []llm.Text{{Text: "Be brief."}},
		Messages: []llm.Message{
			{Role: llm.User, Parts: []llm.Part{llm.Text{Text: "How is the weather?", Cache: mark}, llm.Text{Text: "In Köln."}}},
			{Role: llm.Assistant, Parts: []llm.Part{
				llm.Thinking{Text: "A tool knows."},
				llm.ToolCall{ID: "toolu_01A09q90qw90lq917835lq9", Name: rowTool, Arguments: `{"days":1.0}`},
			}},
			{Role: llm.User, Parts: []llm.Part{llm.ToolResult{
				CallID: "toolu_01A09q90qw90lq917835lq9", Parts: []llm.Part{llm.Text{Text: "Rain"}},
			}}},
		},
		Tools:     []llm.Tool{{Name: rowTool, Parameters: []byte(`{"type":"object"}`), Strict: &strict}},
		Choice:    llm.ToolChoice{Mode: llm.ToolAny},
		MaxOutput: 100, Stop: []string{"END"}, Choices: 1, User: "u-1",
		Sampling:  llm.Sampling{Temperature: "0.70", Seed: "7", Logprobs: true, TopLogprobs: "2"},
		Reasoning: &llm.Reasoning{Effort: "high"},
	}
}

// sent are the top-level members of conversation in OpenAI's words.
var sent = []string{
	"temperature", "seed", "logprobs", "top_logprobs", "stop", "user", "tools", "tool_choice",
}

// translated is a call on the translated lane that may lose what it must.
func translated(stream bool) *llm.Request {
	return &llm.Request{
		Op: llm.OpChat, Dialect: llm.OpenAI, Model: givenModel, Header: llm.Header{}, Stream: stream,
		Translate: &llm.Translation{
			Conversation: conversation(), DropParams: true, ParamName: func(name string) string { return name },
		},
	}
}

// testTranslatedRequest checks that what arrives is what the vendor takes.
func (r rowSuite) testTranslatedRequest(t *testing.T) {
	v := newVendor(t, r.Subject)
	for _, stream := range []bool{false, true} {
		r.answerRight(v, stream)
		ans, err := v.provider.Do(t.Context(), translated(stream))
		if err != nil {
			t.Fatal(err)
		}
		if ans.Stream != nil {
			drainEvents(t, ans.Stream)
		}
		got := membersOf(t, v.seen.Load().body)
		r.checkMembers(t, got, ans.Dropped)
		r.checkTools(t, got)
		r.checkThinking(t, got)
		r.checkMessages(t, got["messages"])
		if asked := got["stream_options"] != nil; asked != (stream && !r.quirks.NoStreamOptions) {
			t.Errorf("stream %v: stream_options are there: %v", stream, asked)
		}
	}
}

// checkMembers compares the top level with renames and drops.
func (r rowSuite) checkMembers(t *testing.T, got map[string]json.RawMessage, dropped []string) {
	t.Helper()
	for _, name := range limitNames {
		if want := name == r.quirks.Limit; (got[name] != nil) != want {
			t.Errorf("%s is there: %v, want %v", name, !want, want)
		}
	}
	if string(got["model"]) != `"`+givenModel+`"` || string(got[r.quirks.Limit]) != "100" {
		t.Errorf("got the model %s and the limit %s", got["model"], got[r.quirks.Limit])
	}
	for _, name := range sent {
		own := name
		if renamed, ok := r.quirks.Rename[name]; ok {
			own = renamed
			if got[name] != nil {
				t.Errorf("%s is sent beside %s", name, own)
			}
		}
		refused := slices.Contains(r.quirks.Drop, name)
		withTools := name == "tool_choice" && slices.Contains(r.quirks.Drop, "tools")
		withLogprobs := name == "top_logprobs" && slices.Contains(r.quirks.Drop, "logprobs")
		if (got[own] != nil) == refused {
			t.Errorf("%s is there: %v, and the vendor refuses it: %v", own, !refused, refused)
		}
		if refused && !withTools && !withLogprobs && !slices.Contains(dropped, name) {
			t.Errorf("%s is dropped, but not told: %q", name, dropped)
		}
	}
	if n := got["temperature"]; n != nil && string(n) != "0.70" {
		t.Errorf("the temperature is now %s", n)
	}
}

// checkTools checks the tool and how it is to be called.
func (r rowSuite) checkTools(t *testing.T, got map[string]json.RawMessage) {
	t.Helper()
	if got["tools"] == nil {
		return
	}
	if got["tool_choice"] != nil && string(got["tool_choice"]) != `"`+r.quirks.AnyTool+`"` {
		t.Errorf("got the tool choice %s, want %s", got["tool_choice"], r.quirks.AnyTool)
	}
	if strict := strings.Contains(string(got["tools"]), `"strict"`); strict == r.quirks.NoStrict {
		t.Errorf("strict is there: %v in %s", strict, got["tools"])
	}
}

// checkThinking checks how the vendor is told to think.
func (r rowSuite) checkThinking(t *testing.T, got map[string]json.RawMessage) {
	t.Helper()
	want := map[string]string{"reasoning_effort": `"high"`}
	switch {
	case r.quirks.Thinking == "type":
		want = map[string]string{"thinking": `{"type":"enabled"}`}
	case r.quirks.Thinking == "flag":
		want = map[string]string{"enable_thinking": "true"}
	case slices.Contains(r.quirks.Drop, "reasoning_effort"):
		want = nil
	}
	for _, name := range []string{"reasoning_effort", "thinking", "enable_thinking"} {
		if string(got[name]) != want[name] {
			t.Errorf("%s is %s, want %s", name, got[name], want[name])
		}
	}
}

// checkMessages checks what the vendor wants of messages.
func (r rowSuite) checkMessages(t *testing.T, list json.RawMessage) {
	t.Helper()
	type message struct {
		Role       string          `json:"role"`
		Content    json.RawMessage `json:"content"`
		ToolCallID string          `json:"tool_call_id"`
		ToolCalls  []struct {
			ID       string `json:"id"`
			Function struct {
				Arguments string `json:"arguments"`
			} `json:"function"`
		} `json:"tool_calls"`
	}
	var messages []message
	if err := json.Unmarshal(list, &messages); err != nil || len(messages) != 4 {
		t.Fatalf("got messages %s, %v", list, err)
	}
	var roles []string
	for _, m := range messages {
		roles = append(roles, m.Role)
	}
	if diff := cmp.Diff([]string{r.quirks.SystemRole, "user", "assistant", "tool"}, roles); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	calls := messages[2].ToolCalls
	if len(calls) != 1 || calls[0].Function.Arguments != `{"days":1.0}` || calls[0].ID != messages[3].ToolCallID {
		t.Fatalf("got the calls %+v and the result of %q", calls, messages[3].ToolCallID)
	}
	if n := r.quirks.ToolIDLength; n > 0 && len(calls[0].ID) != n {
		t.Errorf("the call has the id %q, want one of %d characters", calls[0].ID, n)
	}
	var members []map[string]json.RawMessage
	if err := json.Unmarshal(list, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"reasoning_content", "reasoning"} {
		if want := r.quirks.ReplayReasoning == name; (members[2][name] != nil) != want {
			t.Errorf("the earlier answer has %s: %v", name, !want)
		}
	}
	if marked := strings.Contains(string(list), `"cache_control"`); marked != r.quirks.CacheControl {
		t.Errorf("cache_control is there: %v", marked)
	}
	joined := r.quirks.PlainContent || r.quirks.JoinText
	if isString := messages[1].Content[0] == '"'; isString != joined {
		t.Errorf("the content is a string: %v: %s", isString, messages[1].Content)
	}
}

// testTranslatedAnswers checks that whole and streamed answers say what they say.
func (r rowSuite) testTranslatedAnswers(t *testing.T) {
	c := r.conversations()[llm.OpChat]
	want := c.Meta
	want.Stop = llm.StopTools
	v := newVendor(t, r.Subject).answers(write(http.StatusOK, "application/json", c.Answer))
	ans, err := v.provider.Do(t.Context(), translated(false))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&llm.Response{Meta: want, Parts: c.Parts}, ans.Response); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
	for name, list := range map[string][]string{"by events": c.Frames, "in bytes": cutUp(c.Stream())} {
		v.answers(pieces(list))
		ans, err := v.provider.Do(t.Context(), translated(true))
		if err != nil {
			t.Fatal(err)
		}
		parts, last := drainEvents(t, ans.Stream)
		if diff := cmp.Diff(c.Parts, parts); diff != "" {
			t.Errorf("%s: parts (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(&want, last.Meta); diff != "" || last.Kind != llm.End {
			t.Errorf("%s: ended with kind %d, meta (-want +got):\n%s", name, last.Kind, diff)
		}
	}
}

// testTranslatedRefusals checks that what the vendor refuses is refused in its
// place where the answer would be another one, and that its own words are kept.
func (r rowSuite) testTranslatedRefusals(t *testing.T) {
	c := r.conversations()[llm.OpChat]
	v := newVendor(t, r.Subject).answers(write(http.StatusTooManyRequests, "application/json", c.Refusal))
	_, err := v.provider.Do(t.Context(), translated(true))
	if e := wantKind(t, err, llm.RateLimited); e.Message != "the vendor's words" || e.Upstream == nil {
		t.Errorf("got %+v", e)
	}
	v.answers(pieces(append(c.Frames[:4:4], c.Fault)))
	ans, err := v.provider.Do(t.Context(), translated(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, last := drainEvents(t, ans.Stream); last.Kind != llm.Failure || last.Err.Message != "the vendor's words" {
		t.Errorf("a stream that fails ended with %+v", last)
	}
	strict := translated(false)
	strict.Translate.DropParams = false
	strict.Translate.Conversation.Sampling.Logprobs = false
	if slices.Contains(r.quirks.Drop, "tools") {
		_, err := v.provider.Do(t.Context(), strict)
		if e := wantKind(t, err, llm.InvalidRequest); e.Param != "tools" || e.Upstream != nil {
			t.Errorf("got %+v, want a refusal that names the tools", e)
		}
	}
}

// testTranslatedEmbeddings checks what is asked for and that vectors come back in
// the form in which the vendor has them.
func (r rowSuite) testTranslatedEmbeddings(t *testing.T) {
	if r.Ops[llm.OpEmbeddings] == "" {
		return
	}
	c := r.conversations()[llm.OpEmbeddings]
	v := newVendor(t, r.Subject).answers(write(http.StatusOK, "application/json", c.Answer))
	ans, err := v.provider.Do(t.Context(), &llm.Request{
		Op: llm.OpEmbeddings, Dialect: llm.OpenAI, Model: givenModel, Header: llm.Header{},
		Translate: &llm.Translation{Embed: &llm.Embed{Texts: []string{"a", "b"}, Dimensions: "2", Base64: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &llm.Response{Meta: c.Meta, Vectors: []llm.Vector{{Numbers: []llm.Number{"0.6", "-0.80"}}}}
	if diff := cmp.Diff(want, ans.Response); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
	got := membersOf(t, v.seen.Load().body)
	name := "dimensions"
	if own, ok := r.quirks.Rename[name]; ok {
		name = own
	}
	if string(got[name]) != "2" || string(got["input"]) != `["a","b"]` {
		t.Errorf("got %s", v.seen.Load().body)
	}
	if asked := got["encoding_format"] != nil; asked == r.quirks.FloatVectors {
		t.Errorf("encoding_format is there: %v", asked)
	}
}

// answerRight makes the vendor answer as its row says.
func (r rowSuite) answerRight(v *vendor, stream bool) {
	c := r.conversations()[llm.OpChat]
	if stream {
		v.answers(pieces(c.Frames))
		return
	}
	v.answers(write(http.StatusOK, "application/json", c.Answer))
}

// membersOf are the top-level members of a body.
func membersOf(t *testing.T, body []byte) map[string]json.RawMessage {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return members
}

// drainEvents reads a translated stream to its end and closes it: the parts that
// its events make, and the last event.
func drainEvents(t *testing.T, s llm.Stream) ([]llm.Part, llm.Event) {
	t.Helper()
	defer func() { _ = s.Close() }()
	var parts []llm.Part
	var last llm.Event
	var part llm.StreamPart // the one that is open
	var text strings.Builder
	for {
		ev, err := s.Next()
		if err != nil {
			return parts, last
		}
		switch last = ev; ev.Kind {
		case llm.PartBegin:
			part = *ev.Part
			text.Reset()
		case llm.PartDelta:
			text.Write(ev.Part.Text)
		case llm.PartEnd:
			parts = append(parts, partOf(&part, text.String()))
		case llm.Begin, llm.PartSignature, llm.End, llm.Failure, llm.Frames, llm.Chunk:
		}
	}
}

// partOf is the part that has been streamed.
func partOf(p *llm.StreamPart, text string) llm.Part {
	switch p.Kind {
	case llm.PartThinking:
		return llm.Thinking{Text: text}
	case llm.PartToolCall:
		return llm.ToolCall{ID: p.CallID, Name: p.Name, Arguments: text}
	default:
		return llm.Text{Text: text}
	}
}
