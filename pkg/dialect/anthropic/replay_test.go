package anthropic_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

const replay = "../../../../shared/replay"

// exchange is one recorded call.
type exchange struct {
	ID           string `json:"id"`
	Provider     string `json:"provider"`
	Endpoint     string `json:"endpoint"`
	RequestBody  string `json:"request_body"`
	Status       int    `json:"status"`
	ResponseBody string `json:"response_body"`
}

func (x *exchange) name() string { return x.Provider + "/" + x.Endpoint + "/" + x.ID }

func (x *exchange) op() llm.Op {
	if x.Endpoint == "count_tokens" {
		return llm.OpCountTokens
	}
	return llm.OpChat
}

// view is what an answer means.
type view struct {
	Text     string             `json:"text"`
	TextAlt  []string           `json:"text_alt"`
	Thinking string             `json:"thinking"`
	Tools    [][]any            `json:"tools"`
	Stop     string             `json:"stop"`
	Usage    map[string]int64   `json:"usage"`
	UsageAlt map[string][]int64 `json:"usage_alt"`
}

// readLines decodes the gzipped JSON lines of a file of recordings.
func readLines[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(replay, name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("NOT TESTED: the recorded traffic %s is missing", filepath.Join(replay, name))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for d := json.NewDecoder(z); ; {
		d.UseNumber()
		var line T
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
}

// recorded are the calls in Anthropic's dialect.
func recorded(t *testing.T) []exchange {
	t.Helper()
	return slices.DeleteFunc(readLines[exchange](t, "dev.jsonl.gz"), func(x exchange) bool {
		hosted := (x.Endpoint == "bedrock.invoke" || strings.HasPrefix(x.Endpoint, "vertex.")) && strings.Contains(x.RequestBody, `"anthropic_version"`)
		return x.Endpoint != "messages" && (x.Endpoint != "count_tokens" || x.Provider != "anthropic") && !hosted
	})
}

// unreadable are recorded bodies that the API refused, and why.
var unreadable = map[string]string{"564f89933becd687": "messages.0: must be an object with role and content"}

func TestReplayRequests(t *testing.T) {
	t.Parallel()
	n := 0
	for _, x := range recorded(t) {
		n++
		t.Run(x.name(), func(t *testing.T) {
			t.Parallel()
			var tr llm.Translation
			err := anthropic.Frontend{}.DecodeRequest(x.op(), []byte(x.RequestBody), &tr)
			if want, ok := unreadable[x.ID]; ok {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error = %v, want %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkReencoded(t, &x, &tr)
		})
	}
	if n < 75 {
		t.Errorf("%d calls, want 75 at least", n)
	}
}

// lost are what recorded bodies say that is left out: effort stands for thinking
// here, and this conversation has called tools without a thought.
var lost = map[string][]string{"70000c20df9f9c77": {"reasoning_effort"}}

// spelled are members that may look otherwise once a body has been encoded again,
// or that say nothing to another vendor.
var spelled = []string{"system", "messages", "output_config", "output_format", "betas"}

// checkReencoded checks that a recorded body comes out of the vocabulary as it went
// in: member by member where there is one way to say it, by what it means where
// there are several.
func checkReencoded(t *testing.T, x *exchange, tr *llm.Translation) {
	t.Helper()
	want, _ := parse(t, x.RequestBody).(map[string]any)
	req := &llm.Request{Op: x.op(), Model: "m", Translate: tr}
	req.Stream, _ = want["stream"].(bool)
	body, dropped, err := encode(req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lost[x.ID], dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	got, _ := parse(t, body).(map[string]any)
	want["model"] = "m"
	dropNothings(want)
	for _, name := range spelled {
		delete(want, name)
		delete(got, name)
	}
	if _, ok := want["max_tokens"]; !ok {
		delete(got, "max_tokens")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	var again llm.Translation
	if err := (anthropic.Frontend{}).DecodeRequest(x.op(), []byte(body), &again); err != nil {
		t.Fatal(err)
	}
	twice, _, err := encode(&llm.Request{Op: x.op(), Model: "m", Translate: &again, Stream: req.Stream})
	if err != nil || twice != body {
		t.Errorf("encoded twice (%v): %s", err, cmp.Diff(body, twice))
	}
}

// dropNothings takes out of a body what is as good as absent.
func dropNothings(body map[string]any) {
	if body["stream"] == false {
		delete(body, "stream")
	}
	if choice, ok := body["tool_choice"].(map[string]any); ok && choice["disable_parallel_tool_use"] == false {
		delete(choice, "disable_parallel_tool_use")
	}
	tools, _ := body["tools"].([]any)
	if len(tools) == 0 {
		delete(body, "tools")
	}
	for _, tool := range tools {
		if t, ok := tool.(map[string]any); ok {
			if t["description"] == "" {
				delete(t, "description")
			}
			// Only a search of tools at the provider heeds it.
			delete(t, "defer_loading")
		}
	}
}

func TestReplayAnswers(t *testing.T) {
	t.Parallel()
	type expectation struct {
		ID   string `json:"id"`
		View view   `json:"view"`
	}
	views := map[string]view{}
	for _, e := range readLines[json.RawMessage](t, "expect-dev.jsonl.gz") {
		var v expectation
		d := json.NewDecoder(bytes.NewReader(e))
		d.UseNumber()
		if err := d.Decode(&v); err == nil { // embeddings and reranks have views of their own
			views[v.ID] = v.View
		}
	}
	n := 0
	for _, x := range recorded(t) {
		v, ok := views[x.ID]
		if !ok || x.op() != llm.OpChat {
			continue
		}
		n++
		t.Run(x.name(), func(t *testing.T) {
			t.Parallel()
			if !strings.HasPrefix(strings.TrimSpace(x.ResponseBody), "{") {
				checkStream(t, v, x.ResponseBody)
				return
			}
			r, err := anthropic.Backend{}.DecodeResponse(llm.OpChat, []byte(x.ResponseBody))
			if err != nil {
				t.Fatal(err)
			}
			checkView(t, v, r.Parts, r.Meta)
			again, err := anthropic.Backend{}.DecodeResponse(llm.OpChat, []byte(respond(llm.OpChat, *r)))
			if err != nil {
				t.Fatal(err)
			}
			checkView(t, v, again.Parts, again.Meta)
		})
	}
	if n < 60 {
		t.Errorf("%d answers, want 60 at least", n)
	}
}

// checkStream reads a recorded stream in several ways, and what the writer makes
// of it.
func checkStream(t *testing.T, v view, body string) {
	t.Helper()
	readers := []io.Reader{strings.NewReader(body), &perRead{frames: strings.SplitAfter(body, "\n\n")}}
	for seed := range uint64(5) {
		readers = append(readers, newPieces(body, seed))
	}
	frames := rewritten(body)
	checkGrammar(t, frames)
	readers = append(readers, strings.NewReader(frames))
	for i, r := range readers {
		got := readEvents(r)
		if got.err != nil || got.grammar != nil || got.last.Kind != llm.End {
			t.Fatalf("way %d: %v, %v, last event %+v", i, got.err, got.grammar, got.last)
		}
		checkView(t, v, got.parts, *got.last.Meta)
	}
}

// rewritten is what a client gets of a stream.
func rewritten(body string) string {
	s := anthropic.Backend{}.NewEventReader(io.NopCloser(strings.NewReader(body)), dialect.StreamOptions{Op: llm.OpChat})
	w := anthropic.Frontend{}.NewStreamWriter(llm.OpChat, dialect.StreamWriterOptions{RequestID: "r1"})
	var frames []byte
	for {
		ev, err := s.Next()
		if err != nil {
			return string(frames)
		}
		frames = w.Append(frames, ev)
	}
}

func checkView(t *testing.T, v view, parts []llm.Part, m llm.Meta) {
	t.Helper()
	var words, thoughts strings.Builder
	var tools [][]any
	for _, p := range parts {
		switch p := p.(type) {
		case llm.Text:
			words.WriteString(p.Text)
		case llm.Thinking:
			thoughts.WriteString(p.Text)
		case llm.ToolCall:
			if p.Arguments == "" {
				p.Arguments = "{}"
			}
			tools = append(tools, []any{p.Name, parse(t, p.Arguments)})
		}
	}
	text, thinking := words.String(), thoughts.String()
	if text != v.Text && !slices.Contains(v.TextAlt, text) {
		t.Errorf("text (-want +got):\n%s", cmp.Diff(v.Text, text))
	}
	if thinking != v.Thinking {
		t.Errorf("thinking (-want +got):\n%s", cmp.Diff(v.Thinking, thinking))
	}
	for i := range v.Tools {
		if s, ok := v.Tools[i][1].(string); ok {
			v.Tools[i][1] = parse(t, s)
		}
	}
	if diff := cmp.Diff(v.Tools, tools); diff != "" && len(v.Tools)+len(tools) > 0 {
		t.Errorf("tools (-want +got):\n%s", diff)
	}
	if got := stopClass(m.Stop); got != v.Stop {
		t.Errorf("stop %q is %s, want %s", m.StopReason, got, v.Stop)
	}
	checkUsage(t, v, m.Usage)
}

func checkUsage(t *testing.T, v view, u llm.Usage) {
	t.Helper()
	got := map[string]int64{
		"input": u.Input, "output": u.Output, "cache_read": u.CacheRead, "cache_write": u.CacheWrite(), "reasoning": u.Reasoning,
	}
	for name, want := range v.Usage {
		if got[name] != want && !slices.Contains(v.UsageAlt[name], got[name]) {
			t.Errorf("%s = %d, want %d", name, got[name], want)
		}
	}
}

func stopClass(s llm.Stop) string {
	switch s {
	case llm.StopEnd, llm.StopSequence:
		return "stop"
	case llm.StopLength, llm.StopContext:
		return "length"
	case llm.StopTools:
		return "tool"
	case llm.StopSafety:
		return "safety"
	case llm.StopPause:
		return "pause"
	default:
		return "other"
	}
}
