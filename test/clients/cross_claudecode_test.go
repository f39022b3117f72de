package clients

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// crossStage is what a run of Claude Code meets where the model is not Claude:
// client, tap, gateway, and a vendor that speaks OpenAI's dialect.
type crossStage struct {
	claude  *claudeCode
	tap     *tap
	gateway *gatewaytest.Gateway
	vendor  *crossVendor
}

// setCrossStage puts Claude Code before a vendor's model that plays a script.
func setCrossStage(t *testing.T, model string, play func(s *crossStage) func(n int, body string) (vendorTurn, error)) *crossStage {
	t.Helper()
	s := &crossStage{claude: newClaudeCode(t)}
	s.vendor = startCrossVendor(t, openAIWire{}, play(s))
	s.gateway = startModels(t, nil, s.vendor.model(claudeModel, "openai/"+model))
	s.tap = startTap(t, s.gateway.URL())
	s.claude.setenv("ANTHROPIC_BASE_URL", s.tap.URL)
	s.claude.setenv("ANTHROPIC_AUTH_TOKEN", clientKey)
	return s
}

// witnesses are the files that the tools of the task write: Bash and Write.
func (s *crossStage) witnesses() (bash, write string) {
	return filepath.Join(s.claude.work, "witness"), filepath.Join(s.claude.work, "note.txt")
}

// noteText is what the tool Write has to write.
const noteText = "Zürich – 天気\n\t\"quoted\" 1.0\n"

// toolTask plays the task: a thought, a word and two calls at once, and when both
// results have come back, a last word.
func toolTask(t *testing.T, lastWord string) func(*crossStage) func(int, string) (vendorTurn, error) {
	return func(s *crossStage) func(int, string) (vendorTurn, error) {
		bash, write := s.witnesses()
		command := asJSON(t, object{"command": "echo tool-ran > " + bash, "description": "Try the tool"})
		file := asJSON(t, object{"file_path": write, "content": noteText})
		return func(_ int, body string) (vendorTurn, error) {
			var req chatRequest
			if err := json.Unmarshal([]byte(body), &req); err != nil {
				return vendorTurn{}, err
			}
			has := func(name string) bool {
				return slices.ContainsFunc(req.Tools, func(tool chatTool) bool { return tool.Function.Name == name })
			}
			switch results := slices.ContainsFunc(req.Messages, func(m chatMessage) bool { return m.Role == "tool" }); {
			case results:
				return vendorTurn{Thinking: "That went well.", Text: lastWord}, nil
			case has("Bash") && has("Write"):
				return vendorTurn{Thinking: "Which tools do I have?", Text: "I try both tools.", Calls: []vendorCall{
					{"call_bash", "Bash", command}, {"call_write", "Write", file},
				}}, nil
			default:
				return vendorTurn{Text: "A side question."}, nil
			}
		}
	}
}

// TestClaudeCodeOnAnOpenAIModel lets Claude Code do a task with two tools on a
// model that is not Claude. The vendor is as strict as vendors are: nothing of
// Anthropic's dialect may reach it.
func TestClaudeCodeOnAnOpenAIModel(t *testing.T) {
	t.Parallel()
	const lastWord = "Both tools have run, all is well."
	// gpt-5-mini thinks as much as Claude Code wants, gpt-4.1 does not think.
	for model, thinks := range map[string]bool{"gpt-4.1": false, "gpt-5-mini": true} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			s := setCrossStage(t, model, toolTask(t, lastWord))
			res := s.claude.run(t, "Try the tools, please.")

			if res.IsError || res.Result != lastWord {
				t.Errorf("claude says %q (error: %v), want %q", res.Result, res.IsError, lastWord)
			}
			bash, write := s.witnesses()
			for path, want := range map[string]string{bash: "tool-ran\n", write: noteText} {
				if text, err := os.ReadFile(path); err != nil || string(text) != want {
					t.Errorf("the tool wrote %q, %v, want %q", text, err, want)
				}
			}
			s.checkCrossing(t, thinks)
			s.checkCrossLog(t, model, res.SessionID)
		})
	}
}

// checkCrossing looks at what the client got and at what the vendor got.
func (s *crossStage) checkCrossing(t *testing.T, thinks bool) {
	t.Helper()
	for i, x := range s.tap.posts() {
		if x.Status != http.StatusOK {
			t.Errorf("call %d (%s) ended with %d: %s", i, x.Path, x.Status, x.Failure)
		}
	}
	seen := s.vendor.requests()
	if len(seen) < 2 {
		t.Fatalf("the vendor got %d calls, want two at least", len(seen))
	}
	for i, r := range seen {
		// Claude Code's first instruction is for Anthropic's billing.
		if strings.Contains(r.Body, "x-anthropic-billing-header") {
			t.Errorf("call %d: Anthropic's billing attribution reached another vendor", i)
		}
		if names := anthropicHeaders(r.Header); len(names) > 0 || r.Header.Get("X-Api-Key") != "" {
			t.Errorf("call %d: headers %v reached another vendor", i, names)
		}
		if r.Header.Get("Authorization") != "Bearer "+vendorCredential || strings.Contains(r.Body, clientKey) {
			t.Errorf("call %d: not with the gateway's own credential", i)
		}
	}
	if asked := strings.Contains(seen[len(seen)-1].Body, `"reasoning_effort":"`); asked != thinks {
		t.Errorf("the vendor was asked to think: %v, want %v", asked, thinks)
	}
	last := s.vendor.transcript(t, len(seen)-1)
	at := slices.IndexFunc(last, func(line string) bool {
		return strings.HasPrefix(line, "assistant: I try both tools. | call call_bash Bash ")
	})
	if at < 0 || len(last) < at+3 || !strings.HasPrefix(last[at+1], "tool call_bash: ") || !strings.HasPrefix(last[at+2], "tool call_write: ") {
		t.Errorf("the last call lacks the tools' results in their order:\n%s", strings.Join(last, "\n"))
	}
}

// checkCrossLog stops the gateway and compares its request log with the calls.
func (s *crossStage) checkCrossLog(t *testing.T, model, session string) {
	t.Helper()
	s.vendor.wantLog(t, s.gateway)
	for i, l := range s.gateway.Log() {
		if l.Model != claudeModel || l.UpstreamModel != model || session == "" || l.SessionID != session {
			t.Errorf("line %d: model %s as %s, session %q, want %q", i, l.Model, l.UpstreamModel, l.SessionID, session)
		}
	}
}

// TestClaudeCodeAfterABrokenStream asks again where the vendor's stream breaks,
// which it does only where it sees that the answer is not whole.
func TestClaudeCodeAfterABrokenStream(t *testing.T) {
	t.Parallel()
	const lastWord = "Now it is whole."
	s := setCrossStage(t, "gpt-4.1", func(*crossStage) func(int, string) (vendorTurn, error) {
		return inOrder(vendorTurn{Text: "Half an ans", Cut: true}, vendorTurn{Text: lastWord})
	})
	res := s.claude.run(t, "Say something.")
	if res.IsError || res.Result != lastWord {
		t.Errorf("claude says %q (error: %v), want %q", res.Result, res.IsError, lastWord)
	}
	s.vendor.wantCalls(t, 2)
}

// TestClaudeCodeOnALongPrompt understands that the prompt does not fit another
// vendor's model, in whatever words that vendor says so.
func TestClaudeCodeOnALongPrompt(t *testing.T) {
	t.Parallel()
	s := setCrossStage(t, "gpt-4.1", func(*crossStage) func(int, string) (vendorTurn, error) {
		return func(int, string) (vendorTurn, error) {
			return vendorTurn{Failure: &vendorFailure{
				Status: http.StatusBadRequest, Kind: "invalid_request_error", Code: "context_length_exceeded",
				Message: "This model's maximum context length is 1047576 tokens. However, your messages resulted in 1100000 tokens.",
			}}, nil
		}
	})
	res := s.claude.run(t, "Say something.")
	if !res.IsError || !strings.HasPrefix(strings.ToLower(res.Result), "prompt is too long") {
		t.Errorf("claude says %q (error: %v), want that the prompt is too long", res.Result, res.IsError)
	}
}
