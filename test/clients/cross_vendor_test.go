package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// vendorReasoning is how much of vendorOutput went into thinking, in turns that
// think.
const vendorReasoning = 2

// vendorSignature proves that a thought is the vendor's own. Anthropic's wire
// refuses all others, as the vendor does.
const vendorSignature = "c2lnbmVkLWJ5LXRoZS12ZW5kb3I="

// tinyImage is a PNG of one pixel, in base64.
const tinyImage = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// wire is one of the two dialects as a vendor speaks it. It is as strict as the
// vendor is, so that a request that passes here would pass there.
type wire interface {
	// path is where conversations are sent.
	path() string
	// refusal is what is wrong with a request, nil where nothing is.
	refusal(body []byte) error
	// fail writes an error.
	fail(w http.ResponseWriter, f vendorFailure)
	// whole writes a turn in one piece.
	whole(w http.ResponseWriter, model string, turn *vendorTurn)
	// stream writes a turn as the events that body asks for.
	stream(w http.ResponseWriter, body []byte, turn *vendorTurn) error
	// transcript is what a request says: a line for each message.
	transcript(body []byte) ([]string, error)
}

// vendorTurn is one answer of a scripted vendor, in no dialect.
type vendorTurn struct {
	Thinking string
	Redacted string // Anthropic only: a thought that is not shown
	Text     string
	Refusal  string // OpenAI only
	Calls    []vendorCall
	// Stop is the vendor's word for why the turn ends; "" is the natural one.
	Stop string
	// Failure is what is answered in place of the turn, or, with Late set, inside
	// the stream after the text.
	Failure *vendorFailure
	Late    bool
	// Cut ends the stream after the text, without a word.
	Cut bool
	// Hold is called after the text of a stream, with the call's context; nil does
	// nothing.
	Hold func(context.Context)
	// hold calls Hold.
	hold func()
}

// vendorCall is a call of a tool; Arguments is JSON text.
type vendorCall struct{ ID, Name, Arguments string }

// vendorFailure is an error in the vendor's words.
type vendorFailure struct {
	Status     int
	Kind, Code string
	Message    string
	RetryAfter string
}

// errScriptEnded is what a vendor says to a call that its script does not have.
var errScriptEnded = errors.New("the vendor's script has ended")

// crossVendor is a mock of a vendor that plays a script.
type crossVendor struct {
	// URL is where the mock listens.
	URL  string
	wire wire
	// play is the turn for the n-th call, counted from 0.
	play func(n int, body string) (vendorTurn, error)

	mu   sync.Mutex // guards seen
	seen []seenRequest
}

// startCrossVendor starts a mock, which ends with the test.
func startCrossVendor(t *testing.T, wire wire, play func(n int, body string) (vendorTurn, error)) *crossVendor {
	t.Helper()
	v := &crossVendor{wire: wire, play: play}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close)
	v.URL = srv.URL
	return v
}

// inOrder plays turns one after the other.
func inOrder(turns ...vendorTurn) func(int, string) (vendorTurn, error) {
	return func(n int, _ string) (vendorTurn, error) {
		if n >= len(turns) {
			return vendorTurn{}, errScriptEnded
		}
		return turns[n], nil
	}
}

// requests are the conversations seen so far, in order, refused ones included.
func (v *crossVendor) requests() []seenRequest {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seen
}

// ServeHTTP implements http.Handler.
func (v *crossVendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != v.wire.path() {
		v.wire.fail(w, vendorFailure{Status: http.StatusNotFound, Message: "no such address: " + r.Method + " " + r.URL.Path})
		return
	}
	v.mu.Lock()
	n := len(v.seen)
	v.seen = append(v.seen, seenRequest{Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: string(body)})
	v.mu.Unlock()
	var asked struct {
		Model  string
		Stream bool
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		v.wire.fail(w, vendorFailure{Status: http.StatusBadRequest, Message: err.Error()})
		return
	}
	if err := v.wire.refusal(body); err != nil {
		v.wire.fail(w, vendorFailure{Status: http.StatusBadRequest, Message: fmt.Sprintf("the vendor refuses this: %v: %s", err, body)})
		return
	}
	turn, err := v.play(n, string(body))
	turn.hold = func() {
		if turn.Hold != nil {
			turn.Hold(r.Context())
		}
	}
	switch {
	case err != nil:
		v.wire.fail(w, vendorFailure{Status: http.StatusInternalServerError, Message: err.Error()})
	case turn.Failure != nil && !turn.Late:
		v.wire.fail(w, *turn.Failure)
	case asked.Stream:
		// The only error is a client that hung up, which nobody has to be told.
		_ = v.wire.stream(w, body, &turn)
	default:
		v.wire.whole(w, asked.Model, &turn)
	}
}

// Models of the gateways that cross lanes: what clients ask for.
const (
	crossModel    = "crossed"  // one that refuses what it has no place for
	lenientModel  = "lenient"  // the same with drop_params
	reasonerModel = "reasoner" // one that is known to think
	returnerModel = "returner" // one of a vendor that wants its thoughts back
)

// startCross starts a gateway before a scripted vendor, for clients of the other
// dialect.
func startCross(t *testing.T, wire wire, play func(n int, body string) (vendorTurn, error)) (*gatewaytest.Gateway, *crossVendor) {
	t.Helper()
	v := startCrossVendor(t, wire, play)
	plain, reasoner, returner := "openai/gpt-4o-mini", "openai/gpt-5-mini", "moonshot/kimi-k2-thinking"
	if _, ok := wire.(anthropicWire); ok {
		plain, reasoner, returner = "anthropic/"+vendorModel, "anthropic/"+vendorModel, "anthropic/"+vendorModel
	}
	lenient := v.model(lenientModel, plain)
	lenient.params["drop_params"] = true
	gw := startModels(t, nil, v.model(crossModel, plain), lenient, v.model(reasonerModel, reasoner), v.model(returnerModel, returner))
	return gw, v
}

// crossEntry is an entry of model_list.
type crossEntry struct {
	name   string
	params object
}

// model is the entry of a model of this vendor.
func (v *crossVendor) model(name, upstream string) crossEntry {
	base := v.URL
	if v.wire.path() == (openAIWire{}).path() {
		base += "/v1"
	}
	return crossEntry{name, object{"model": upstream, "api_base": base, "api_key": vendorCredential}}
}

// startModels starts a gateway that serves models and does not retry.
func startModels(t *testing.T, fallbacks []object, entries ...crossEntry) *gatewaytest.Gateway {
	t.Helper()
	var models []object
	for _, e := range entries {
		models = append(models, object{"model_name": e.name, "litellm_params": e.params})
	}
	return gatewaytest.Start(t, gatewaytest.Options{Config: writeConfig(t, object{
		"model_list":        models,
		"general_settings":  object{"master_key": masterKey},
		"security_settings": object{"valid_api_keys": []string{clientKey}},
		"router_settings":   object{"num_retries": 0, "fallbacks": fallbacks},
	})})
}

// want compares the members of the n-th request with JSON texts; "" is a member
// that must not be there.
func (v *crossVendor) want(t *testing.T, n int, members map[string]string) {
	t.Helper()
	seen := v.requests()
	if n >= len(seen) {
		t.Fatalf("the vendor got %d calls, want %d at least", len(seen), n+1)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal([]byte(seen[n].Body), &got); err != nil {
		t.Fatalf("call %d: %v: %s", n, err, seen[n].Body)
	}
	for name, text := range members {
		if have, want := plainJSON(t, string(got[name])), plainJSON(t, text); have != want {
			t.Errorf("call %d: %s is\n%s\nwant\n%s", n, name, have, want)
		}
	}
}

// plainJSON renders JSON text in one way, with its numbers as they are; "" stays.
func plainJSON(t *testing.T, text string) string {
	t.Helper()
	if text == "" {
		return ""
	}
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return asJSON(t, v)
}

// transcript is what the n-th request says, one line for each message, for
// comparison. The one image of the tests is PIXEL.
func (v *crossVendor) transcript(t *testing.T, n int) []string {
	t.Helper()
	seen := v.requests()
	if n >= len(seen) {
		t.Fatalf("the vendor got %d calls, want %d at least", len(seen), n+1)
	}
	lines, err := v.wire.transcript([]byte(seen[n].Body))
	if err != nil {
		t.Fatalf("call %d: %v: %s", n, err, seen[n].Body)
	}
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(line, tinyImage, "PIXEL")
	}
	return lines
}

// wantTranscript compares the n-th request with lines.
func (v *crossVendor) wantTranscript(t *testing.T, n int, lines ...string) {
	t.Helper()
	if diff := cmp.Diff(lines, v.transcript(t, n)); diff != "" {
		t.Errorf("call %d (-want +got):\n%s", n, diff)
	}
}

// wantCalls is how many conversations have reached the vendor.
func (v *crossVendor) wantCalls(t *testing.T, want int) {
	t.Helper()
	if seen := v.requests(); len(seen) != want {
		t.Errorf("the vendor got %d calls, want %d", len(seen), want)
	}
}

// wantLog stops the gateway and checks that the log has as many calls as the
// vendor, all with the usage that it reports.
func (v *crossVendor) wantLog(t *testing.T, gw *gatewaytest.Gateway) {
	t.Helper()
	lines := gw.Log()
	if len(lines) != len(v.requests()) {
		t.Errorf("%d log lines for %d calls", len(lines), len(v.requests()))
	}
	const input = vendorInput + vendorCacheRead + vendorCacheWrite
	for i, l := range lines {
		if l.Status != "success" || l.InputTokens != input || l.OutputTokens != vendorOutput ||
			l.CacheReadTokens != vendorCacheRead || l.CacheWriteTokens != vendorCacheWrite || l.UsageEstimated {
			t.Errorf("line %d: %s, tokens %d in, %d out, %d read, %d written (estimated: %v), want %d, %d, %d, %d", i, l.Status,
				l.InputTokens, l.OutputTokens, l.CacheReadTokens, l.CacheWriteTokens, l.UsageEstimated,
				input, vendorOutput, vendorCacheRead, vendorCacheWrite)
		}
	}
}

// TestScriptedVendors lets the SDKs judge the mocks: without a gateway between
// them a script has to arrive as it was written.
func TestScriptedVendors(t *testing.T) {
	t.Parallel()
	turn := vendorTurn{Thinking: "Let me think.", Text: twoCalls.Text, Calls: twoCalls.Calls}
	for way, call := range openAIWays {
		t.Run("OpenAI "+way, func(t *testing.T) {
			t.Parallel()
			v := startCrossVendor(t, openAIWire{}, inOrder(turn))
			client := newOpenAI(v.URL + "/v1")
			m := call(t, &client, askOpenAI("m", "hi"))
			c := firstChoice(t, m)
			if diff := cmp.Diff(turn.Calls, toolCalls(c)); diff != "" || c.Message.Content != turn.Text || c.FinishReason != "tool_calls" {
				t.Errorf("%s\n%s", openAIGist(t, m), diff)
			}
			checkOpenAIUsage(t, m)
		})
	}
	for way, call := range anthropicWays {
		t.Run("Anthropic "+way, func(t *testing.T) {
			t.Parallel()
			v := startCrossVendor(t, anthropicWire{}, inOrder(turn))
			client := newAnthropic(v.URL)
			m := call(t, &client, askAnthropic("m", "hi"))
			if len(m.Content) != 4 || m.Content[0].Thinking != turn.Thinking || m.Content[0].Signature != vendorSignature ||
				anthropicText(m) != turn.Text || m.StopReason != anthropic.StopReasonToolUse {
				t.Errorf("%s", anthropicGist(t, m))
			}
			checkAnthropicUsage(t, m)
		})
	}
}
