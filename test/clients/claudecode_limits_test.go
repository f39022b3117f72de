package clients

import (
	"net/http"
	"os"
	"testing"
	"time"
)

const (
	// limitedTask is what a task of Claude Code may take under tight limits, and
	// longestRefusal how long one call of it may be refused.
	limitedTask    = 10 * time.Minute
	longestRefusal = 120 * time.Second
)

// TestClaudeCodeUnderTokenLimits does a task under the chapter's limits, which are
// smaller than a single call of Claude Code: such calls pass alone, one a minute. What
// it is told to wait must not be more than 60 s: Claude Code gives up at 61. That takes
// minutes, so it is done with LLMGW_SOAK=1.
func TestClaudeCodeUnderTokenLimits(t *testing.T) {
	if os.Getenv("LLMGW_SOAK") == "" {
		t.Skip("takes minutes; LLMGW_SOAK=1 does it")
	}
	t.Parallel()
	for _, tt := range []struct {
		name   string
		limits object
	}{
		{"tpm 10000", object{"limits": []object{{"api_key": clientKey, "rpm": 100, "tpm": 10000, "rpd": 10000}}}},
		{"default_limits", object{"default_limits": object{"rpm": 10, "tpm": 1000, "rpd": 100}}},
		{"tpm 10000 by the clock", object{"strategy": "fixed_window", "default_limits": object{"rpm": 100, "tpm": 10000}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := setStage(t, writeConfig(t, object{
				"model_list": []object{{
					"model_name": claudeModel,
					"litellm_params": object{
						"model": "anthropic/" + vendorModel, "api_key": "os.environ/ANTHROPIC_API_KEY",
					},
				}},
				"general_settings":    object{"master_key": masterKey},
				"security_settings":   object{"valid_api_keys": []string{clientKey}},
				"rate_limit_settings": tt.limits,
			}), clientKey)
			s.claude.setenv("ANTHROPIC_BASE_URL", s.tap.URL)
			s.claude.setenv("ANTHROPIC_AUTH_TOKEN", clientKey)
			begun := time.Now()
			res := s.claude.runFor(t, limitedTask, "Try the tool, please.")
			took := time.Since(begun)
			if res.IsError || res.Result != s.lastWord {
				t.Errorf("claude says %q (error: %v), want %q", res.Result, res.IsError, s.lastWord)
			}
			if text, err := os.ReadFile(s.witness); err != nil || string(text) != "tool-ran\n" {
				t.Errorf("the tool wrote %q, %v", text, err)
			}
			s.checkRefusals(t, took)
		})
	}
}

// checkRefusals looks in the log how long calls were refused.
func (s *stage) checkRefusals(t *testing.T, took time.Duration) {
	t.Helper()
	var since time.Time
	var longest time.Duration
	passed, refused := 0, 0
	for _, l := range s.gateway.Log() {
		switch l.HTTPStatus {
		case http.StatusOK:
			passed++
			if !since.IsZero() {
				longest = max(longest, l.Timestamp.Sub(since))
			}
			since = time.Time{}
		case http.StatusTooManyRequests:
			refused++
			if since.IsZero() {
				since = l.Timestamp
			}
		default:
			t.Errorf("%s answers %d: %s", l.Endpoint, l.HTTPStatus, l.Error)
		}
	}
	if longest > longestRefusal || !since.IsZero() {
		t.Errorf("a call was refused for %v, and in the end for good: %v", longest, !since.IsZero())
	}
	if passed < 2 || refused == 0 {
		t.Errorf("%d calls passed, %d were refused: the limits were not met", passed, refused)
	}
	t.Logf("the task took %v; %d calls passed, %d were refused, one of them for %v", took.Round(time.Second), passed, refused, longest.Round(time.Second))
}
