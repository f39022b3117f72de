package openai_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
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

func (x *exchange) streamed() bool {
	return !strings.HasPrefix(strings.TrimSpace(x.ResponseBody), "{")
}

// view is what an answer means.
type view struct {
	Text       string               `json:"text"`
	TextAlt    []string             `json:"text_alt"`
	Thinking   string               `json:"thinking"`
	Tools      [][2]json.RawMessage `json:"tools"`
	Stop       any                  `json:"stop"` // a number in another dialect
	Usage      map[string]int64     `json:"usage"`
	UsageAlt   map[string][]int64   `json:"usage_alt"`
	Lossy      []string             `json:"lossy"`
	Embeddings [][]json.Number      `json:"embeddings"` // dimensions, then the first numbers
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
		var line T
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
}

var ops = map[string]llm.Op{
	"chat.completions": llm.OpChat, "completions": llm.OpCompletion, "embeddings": llm.OpEmbeddings,
}

// recorded returns the recorded calls in this dialect.
func recorded(t *testing.T) []exchange {
	t.Helper()
	all := slices.DeleteFunc(readLines[exchange](t, "dev.jsonl.gz"), func(x exchange) bool {
		_, ok := ops[x.Endpoint]
		return !ok || x.Endpoint == "embeddings" && (x.Provider == "cohere" || x.Provider == "ollama")
	})
	if len(all) < 400 {
		t.Fatalf("%d calls in the recorded traffic, want 400 at least", len(all))
	}
	return all
}

// unreadable are the recorded requests that are no calls of this API: what is
// wrong with them, by the parameter.
var unreadable = map[string]string{
	"626a50a91d55f5cd": "temperature", // a string, which the vendor refused
	"6160ee3f1b95900d": "max_tokens",  // below 1, which the vendor refused
	"c5fb0497f8146396": "dimensions",  // below 1, which the vendor refused
	"77787f2b395c1764": "prompt",      // two prompts
	"c1f2fd0b5b23eb86": "prompt",      // tokens
	"d6d773a501fd5c35": "logprobs",    // there is a suffix, too
	"e271b5030bdcf107": "prompt",      // Portkey has it in a template
}

func TestReplayRequests(t *testing.T) {
	t.Parallel()
	read := 0
	for _, x := range recorded(t) {
		var tr llm.Translation
		err := openai.Frontend{}.DecodeRequest(ops[x.Endpoint], []byte(x.RequestBody), &tr)
		var e *llm.Error
		switch {
		case err == nil:
			read++
		case !errors.As(err, &e):
			t.Errorf("%s: %v is no *llm.Error", x.name(), err)
		default:
			if unreadable[x.ID] != e.Param {
				t.Errorf("%s: %v", x.name(), err)
			}
		}
	}
	t.Logf("%d requests read", read)
}

// pieces reads b in pieces of 1 to 7 bytes.
type pieces struct {
	b   []byte
	rnd *rand.Rand
}

func (p *pieces) Read(dst []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, p.b[:min(1+p.rnd.IntN(7), len(p.b))])
	p.b = p.b[n:]
	return n, nil
}

// gather reads a translated stream to its end, checking its grammar, and gives
// the answer that it makes.
func gather(s llm.Stream) (*llm.Response, *llm.Error, error) {
	g := gatherer{}
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) && !errors.Is(err, llm.ErrUnexpectedEOF) {
			return g.end()
		}
		if err != nil {
			return nil, nil, err
		}
		if err := g.add(ev); err != nil {
			return nil, nil, err
		}
	}
}

// gatherer is the receiver of a translated stream.
type gatherer struct {
	r       llm.Response
	failure *llm.Error
	begun   bool
	ended   bool
	open    llm.PartKind
	id      string
	name    string
	text    []byte
	sign    string
}

var errGrammar = errors.New("the stream has no grammar")

func (g *gatherer) add(ev llm.Event) error {
	if g.ended || g.begun == (ev.Kind == llm.Begin) && ev.Kind != llm.Failure {
		return fmt.Errorf("%w: event %d out of place", errGrammar, ev.Kind)
	}
	if ev.Part != nil && ev.Kind >= llm.PartBegin && ev.Part.Index != len(g.r.Parts) {
		return fmt.Errorf("%w: part %d, want %d", errGrammar, ev.Part.Index, len(g.r.Parts))
	}
	switch ev.Kind {
	case llm.Begin:
		g.begun = true
	case llm.PartBegin:
		if g.open != 0 {
			return fmt.Errorf("%w: parts overlap", errGrammar)
		}
		g.open, g.id, g.name, g.text, g.sign = ev.Part.Kind, ev.Part.CallID, ev.Part.Name, nil, ""
	case llm.PartDelta, llm.PartSignature, llm.PartEnd:
		if g.open == 0 || g.open != ev.Part.Kind {
			return fmt.Errorf("%w: no part of kind %d is open", errGrammar, ev.Part.Kind)
		}
		g.piece(ev)
	case llm.End:
		g.ended, g.r.Meta = true, *ev.Meta
		if g.open != 0 {
			return fmt.Errorf("%w: the end of a part is missing", errGrammar)
		}
	case llm.Failure:
		g.ended, g.failure = true, ev.Err
	default:
		return fmt.Errorf("%w: event of kind %d", errGrammar, ev.Kind)
	}
	return nil
}

func (g *gatherer) piece(ev llm.Event) {
	switch ev.Kind {
	case llm.PartDelta:
		g.text = append(g.text, ev.Part.Text...)
	case llm.PartSignature:
		g.sign += string(ev.Part.Text)
	default:
		text := string(g.text)
		parts := map[llm.PartKind]llm.Part{
			llm.PartText: llm.Text{Text: text}, llm.PartThinking: llm.Thinking{Text: text, Signature: g.sign},
			llm.PartToolCall: llm.ToolCall{ID: g.id, Name: g.name, Arguments: text},
			llm.PartRedacted: llm.Redacted{Data: text}, llm.PartRefusal: llm.Refusal{Text: text},
		}
		g.r.Parts = append(g.r.Parts, parts[g.open])
		g.open = 0
	}
}

func (g *gatherer) end() (*llm.Response, *llm.Error, error) {
	if !g.ended {
		return nil, nil, fmt.Errorf("%w: no end", errGrammar)
	}
	return &g.r, g.failure, nil
}

// answers reads a recorded answer in all the ways in which it may come.
func answers(x *exchange) (all []*llm.Response, failure *llm.Error, err error) {
	back := openai.Backend{}
	op := ops[x.Endpoint]
	if !x.streamed() {
		r, err := back.DecodeResponse(op, []byte(x.ResponseBody))
		return []*llm.Response{r}, nil, err
	}
	for _, r := range []io.Reader{
		strings.NewReader(x.ResponseBody),
		&pieces{[]byte(x.ResponseBody), rand.New(rand.NewPCG(1, uint64(len(x.ResponseBody))))},
	} {
		r, f, err := gather(back.NewEventReader(io.NopCloser(r), dialect.StreamOptions{Op: op}))
		if err != nil {
			return nil, nil, err
		}
		all, failure = append(all, r), f
	}
	return all, failure, nil
}

// unlike are the recorded answers whose view is not what is read of them, with
// the reason.
var unlike = map[string]string{
	"94a5a66d0ee733f0": "an error with status 200",
	"37a3fc3f58eede4b": "the stream ends in an error",
	"959c1c7182bda075": "the stream ends in an error",
	"4c191af8c384e157": "the thoughts stand in reasoning_details alone; the view leaves them out",
	"070f4e3f7ca723a5": "a legacy call that is empty is none",
	"2917b419f1cefded": "a legacy call that is empty is none",
	"3a25b7b7ce21d0f0": "a legacy call that is empty is none",
}

func TestReplayAnswers(t *testing.T) {
	t.Parallel()
	type expectation struct {
		ID   string `json:"id"`
		View view   `json:"view"`
	}
	want := map[string]view{}
	for _, e := range readLines[expectation](t, "expect-dev.jsonl.gz") {
		want[e.ID] = e.View
	}
	checked, equal := 0, 0
	for _, x := range recorded(t) {
		v, ok := want[x.ID]
		if !ok {
			continue
		}
		checked++
		all, failure, err := answers(&x)
		diff := ""
		if err != nil || failure != nil {
			diff, all = fmt.Sprintf("%v, %v", err, failure), nil
		}
		for _, r := range all {
			diff += compare(&v, r)
		}
		if diff == "" {
			equal++
		}
		if reason := unlike[x.ID]; (diff == "") != (reason == "") {
			t.Errorf("%s (lossy %v, expected: %q):\n%s", x.name(), v.Lossy, reason, diff)
		}
	}
	t.Logf("%d of %d answers are what their views say", equal, checked)
}

// TestReplayFailures leaves out a stream that reports its length as an error, too:
// that answer is whole.
func TestReplayFailures(t *testing.T) {
	t.Parallel()
	failed := 0
	for _, x := range recorded(t) {
		if x.Status >= 400 || !x.streamed() || !strings.Contains(x.ResponseBody, `"error":{`) || strings.Contains(x.ResponseBody, `"finish_reason":"length"`) {
			continue
		}
		failed++
		if _, failure, err := answers(&x); err != nil || failure == nil || failure.Message == "" {
			t.Errorf("%s: %v, %v", x.name(), failure, err)
		}
	}
	t.Logf("%d streams that fail", failed)
}

// compare says in which way an answer is not what its view says.
func compare(v *view, r *llm.Response) string {
	var s strings.Builder
	if v.Embeddings != nil {
		compareVectors(&s, v, r)
		compareUsage(&s, v, r.Meta.Usage)
		return s.String()
	}
	var text, thinking, refusal string
	tools := [][2]json.RawMessage{}
	for _, p := range r.Parts {
		switch p := p.(type) {
		case llm.Text:
			text += p.Text
		case llm.Thinking:
			thinking += p.Text
		case llm.Refusal:
			refusal += p.Text
		case llm.ToolCall:
			name, _ := json.Marshal(p.Name)
			tools = append(tools, [2]json.RawMessage{name, json.RawMessage(p.Arguments)})
			if p.ID == "" {
				s.WriteString("a call without an id\n")
			}
		}
	}
	if text != v.Text && !slices.Contains(v.TextAlt, text+refusal) {
		fmt.Fprintf(&s, "text (-want +got):\n%s", cmp.Diff(v.Text, text))
	}
	if thinking != v.Thinking {
		fmt.Fprintf(&s, "thinking (-want +got):\n%s", cmp.Diff(v.Thinking, thinking))
	}
	if diff := cmp.Diff(normal(v.Tools), normal(tools)); diff != "" {
		fmt.Fprintf(&s, "tools (-want +got):\n%s", diff)
	}
	if class := stopClass[r.Meta.Stop]; v.Stop != nil && class != v.Stop {
		fmt.Fprintf(&s, "stop %q (%q), want %q\n", class, r.Meta.StopReason, v.Stop)
	}
	compareUsage(&s, v, r.Meta.Usage)
	return s.String()
}

var stopClass = map[llm.Stop]string{
	llm.StopEnd: "stop", llm.StopSequence: "stop", llm.StopLength: "length", llm.StopContext: "length",
	llm.StopTools: "tool", llm.StopSafety: "safety", llm.StopPause: "pause", llm.StopMalformed: "error",
}

// normal gives calls as text with sorted members and numbers as they were.
func normal(tools [][2]json.RawMessage) []string {
	all := make([]string, 0, len(tools))
	for _, t := range tools {
		d := json.NewDecoder(bytes.NewReader(t[1]))
		d.UseNumber()
		var arguments any
		if err := d.Decode(&arguments); err != nil {
			arguments = string(t[1])
		}
		if arguments == "" {
			arguments = map[string]any{}
		}
		text, _ := json.Marshal(arguments)
		all = append(all, string(t[0])+" "+string(text))
	}
	return all
}

func compareUsage(s *strings.Builder, v *view, u llm.Usage) {
	numbers := map[string]int64{
		"input": u.Input, "output": u.Output, "cache_read": u.CacheRead,
		"cache_write": u.CacheWrite(), "reasoning": u.Reasoning,
	}
	for name, want := range v.Usage {
		if got := numbers[name]; got != want && !slices.Contains(v.UsageAlt[name], got) {
			fmt.Fprintf(s, "usage %s = %d, want %d or %v\n", name, got, want, v.UsageAlt[name])
		}
	}
}

func compareVectors(s *strings.Builder, v *view, r *llm.Response) {
	if len(r.Vectors) != len(v.Embeddings) {
		fmt.Fprintf(s, "%d vectors, want %d\n", len(r.Vectors), len(v.Embeddings))
		return
	}
	if err := openai.ConvertVectors(r.Vectors, false); err != nil {
		fmt.Fprintf(s, "%v\n", err)
		return
	}
	for i, e := range v.Embeddings {
		got := r.Vectors[i].Numbers
		if strconv.Itoa(len(got)) != string(e[0]) {
			fmt.Fprintf(s, "%d dimensions, want %s\n", len(got), e[0])
		}
		for j, want := range e[1:] {
			if string(got[j]) != string(want) {
				fmt.Fprintf(s, "number %d of vector %d is %s, want %s\n", j, i, got[j], want)
			}
		}
	}
}

// TestReplayRequestsAgain writes what has been read, and reads it again.
func TestReplayRequestsAgain(t *testing.T) {
	t.Parallel()
	front, back := openai.Frontend{}, openai.Backend{Quirks: &openai.Quirks{}}
	same := 0
	for _, x := range recorded(t) {
		op := ops[x.Endpoint]
		if op == llm.OpCompletion {
			continue
		}
		var first, second llm.Translation
		if err := front.DecodeRequest(op, []byte(x.RequestBody), &first); err != nil {
			continue
		}
		body, err := back.AppendRequest(nil, &llm.Request{Op: op, Model: "m", Translate: &first}, &dialect.Losses{Drop: true})
		if err != nil || !json.Valid(body) {
			t.Errorf("%s: %v, %s", x.name(), err, body)
			continue
		}
		if err := front.DecodeRequest(op, body, &second); err != nil {
			t.Errorf("%s: %v", x.name(), err)
			continue
		}
		if showsResults(&first) || x.ID == "5731386f36c8caed" {
			// Media in results stand elsewhere; the audio does not say its format.
			continue
		}
		if diff := cmp.Diff(sayableOf(&first), sayableOf(&second)); diff != "" {
			t.Errorf("%s (-first +second):\n%s", x.name(), diff)
			continue
		}
		same++
	}
	t.Logf("%d requests are the same again", same)
}

// TestReplayAnswersAgain writes what has been read for a client, whole and as a
// stream, and reads it again.
func TestReplayAnswersAgain(t *testing.T) {
	t.Parallel()
	front, back := openai.Frontend{}, openai.Backend{}
	same := 0
	for _, x := range recorded(t) {
		if x.Status >= 400 || x.Endpoint == "embeddings" {
			continue
		}
		all, failure, err := answers(&x)
		if err != nil || failure != nil {
			continue
		}
		want := shown(all[0])
		body := front.AppendResponse(nil, llm.OpChat, all[0])
		whole, err := back.DecodeResponse(llm.OpChat, body)
		if err != nil {
			t.Errorf("%s: %v in %s", x.name(), err, body)
			continue
		}
		if diff := cmp.Diff(want, shown(whole)); diff != "" {
			t.Errorf("%s, whole (-want +got):\n%s", x.name(), diff)
		}
		frames := write(dialect.Replay(all[0]), llm.OpChat, dialect.StreamWriterOptions{IncludeUsage: true})
		stream, failure, err := gather(back.NewEventReader(io.NopCloser(bytes.NewReader(frames)), dialect.StreamOptions{}))
		if err != nil || failure != nil {
			t.Errorf("%s: %v, %v", x.name(), err, failure)
			continue
		}
		if diff := cmp.Diff(want, shown(stream)); diff != "" {
			t.Errorf("%s, stream (-want +got):\n%s", x.name(), diff)
		}
		same++
	}
	t.Logf("%d answers are the same again", same)
}
