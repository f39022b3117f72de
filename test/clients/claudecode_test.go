package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

const (
	// vendorModel is what the vendor calls the model that the client asks for by
	// claudeModel.
	vendorModel = "claude-sonnet-4-20250514"
	claudeModel = "claude-sonnet-4"
	// vendorCredential is the gateway's own credential.
	vendorCredential = "sk-ant-of-the-gateway"
	// chapterKey is a key of the chapter's first configuration.
	chapterKey = "sk-team-a-key-123"
	// claudeTimeout bounds one run of Claude Code, which takes some five seconds.
	claudeTimeout = 90 * time.Second
)

// chapterConfig is the first configuration of the chapter, beside the source tree.
var chapterConfig = filepath.Join("..", "..", "..", "shared", "seed", "1-basic.yaml")

// claudeCode is one installation of Claude Code with a home and a working
// directory of its own.
type claudeCode struct {
	bin, home, work string
	env             []string
}

// newClaudeCode skips the test where Claude Code cannot be installed or kept
// from the network.
func newClaudeCode(t *testing.T) *claudeCode {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Claude Code, which -short does not install")
	}
	if os.Getenv(isolatedEnv) == "" {
		t.Skip("SKIPPED: Claude Code runs only where it cannot reach the network: " + os.Getenv(notIsolatedEnv))
	}
	bin := os.Getenv(claudeEnv)
	if bin == "" {
		t.Skip("SKIPPED: no Claude Code: " + os.Getenv(claudeMissingEnv))
	}
	return &claudeCode{bin: bin, home: t.TempDir(), work: t.TempDir()}
}

// setenv sets a variable for the runs to come.
func (c *claudeCode) setenv(name, value string) { c.env = append(c.env, name+"="+value) }

// useKeyHelper makes Claude Code ask a script for its key.
func (c *claudeCode) useKeyHelper(t *testing.T, key string) {
	t.Helper()
	helper := filepath.Join(c.home, "key-helper")
	if err := os.WriteFile(helper, []byte("#!/bin/sh\necho "+key+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	settings, err := json.Marshal(object{"apiKeyHelper": helper})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(c.home, ".claude")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "settings.json"), settings, 0o600); err != nil {
		t.Fatal(err)
	}
}

// claudeResult is what Claude Code prints with --output-format json.
type claudeResult struct {
	IsError   bool   `json:"is_error"`
	Result    string `json:"result"`
	SessionID string `json:"session_id"`
}

// run lets Claude Code answer one prompt; it may run commands and write files.
func (c *claudeCode) run(t *testing.T, prompt string) claudeResult {
	t.Helper()
	return c.runFor(t, claudeTimeout, prompt)
}

// runFor is run with another bound on the time.
func (c *claudeCode) runFor(t *testing.T, most time.Duration, prompt string) claudeResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.bin, "-p", prompt, "--model", claudeModel,
		"--allowedTools", "Bash,Write", "--output-format", "json")
	cmd.Dir = c.work
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + c.home,
		// Claude Code refuses a temporary directory that another user made.
		"CLAUDE_CODE_TMPDIR=" + c.home,
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
	}, c.env...)
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("claude: %v (%v)\n%s%s", err, ctx.Err(), &stdout, &stderr)
	}
	var res claudeResult
	if err := json.Unmarshal(stdout.Bytes(), &res); err != nil {
		t.Fatalf("claude printed no result: %v (%v)\n%s%s", err, cmd.ProcessState, &stdout, &stderr)
	}
	return res
}

// stage is everything that a run of Claude Code meets: client, tap, gateway and
// vendor, in this order.
type stage struct {
	claude   *claudeCode
	tap      *tap
	gateway  *gatewaytest.Gateway
	vendor   *vendor
	key      string // the client's
	witness  string // the file that the tool writes
	lastWord string
}

// setStage starts a gateway with the configuration at config, or with one of
// its own where that is empty, and puts Claude Code before it.
func setStage(t *testing.T, config, key string) *stage {
	t.Helper()
	s := &stage{claude: newClaudeCode(t), key: key, lastWord: "The tool has run, all is well."}
	s.witness = filepath.Join(s.claude.work, "witness")
	s.vendor = startVendor(t, "echo tool-ran > "+s.witness, s.lastWord)
	if config == "" {
		config = writeConfig(t, object{
			"model_list": []object{{
				"model_name": claudeModel,
				"litellm_params": object{
					"model":    "anthropic/" + vendorModel,
					"api_base": s.vendor.URL,
					"api_key":  "os.environ/ANTHROPIC_API_KEY",
				},
			}},
			"general_settings":  object{"master_key": masterKey},
			"security_settings": object{"valid_api_keys": []string{clientKey}},
		})
	}
	s.gateway = gatewaytest.Start(t, gatewaytest.Options{Config: config, Env: []string{
		"ANTHROPIC_API_KEY=" + vendorCredential,
		// Counts only for a model without an api_base of its own.
		"ANTHROPIC_BASE_URL=" + s.vendor.URL,
	}})
	s.tap = startTap(t, s.gateway.URL())
	return s
}

// TestClaudeCode lets Claude Code do a task with a tool, in each way in which
// people point it at a gateway.
func TestClaudeCode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		config string
		key    string
		point  func(t *testing.T, s *stage)
	}{
		{"base URL and token", "", clientKey, func(_ *testing.T, s *stage) {
			s.claude.setenv("ANTHROPIC_BASE_URL", s.tap.URL)
			s.claude.setenv("ANTHROPIC_AUTH_TOKEN", clientKey)
		}},
		{"anthropic prefix and API key", "", clientKey, func(_ *testing.T, s *stage) {
			s.claude.setenv("ANTHROPIC_BASE_URL", s.tap.URL+"/anthropic")
			s.claude.setenv("ANTHROPIC_API_KEY", clientKey)
		}},
		{"key helper", "", clientKey, func(t *testing.T, s *stage) {
			s.claude.setenv("ANTHROPIC_BASE_URL", s.tap.URL)
			s.claude.useKeyHelper(t, clientKey)
		}},
		{"the chapter's configuration", chapterConfig, chapterKey, func(_ *testing.T, s *stage) {
			s.claude.setenv("ANTHROPIC_BASE_URL", s.tap.URL)
			s.claude.setenv("ANTHROPIC_AUTH_TOKEN", chapterKey)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(tt.config); tt.config != "" && err != nil {
				t.Skipf("SKIPPED: the chapter's configuration is not there: %v", err)
			}
			s := setStage(t, tt.config, tt.key)
			tt.point(t, s)
			s.checkToolTask(t, s.claude.run(t, "Try the tool, please."))
		})
	}
}

// checkToolTask looks at all sides of a run that used the tool.
func (s *stage) checkToolTask(t *testing.T, res claudeResult) {
	t.Helper()
	if res.IsError || res.Result != s.lastWord {
		t.Errorf("claude says %q (error: %v), want %q", res.Result, res.IsError, s.lastWord)
	}
	if text, err := os.ReadFile(s.witness); err != nil || string(text) != "tool-ran\n" {
		t.Errorf("the tool wrote %q, %v", text, err)
	}
	s.checkPassage(t)
	s.checkLog(t, res.SessionID)
}

// checkPassage compares what the client sent with what the vendor got.
func (s *stage) checkPassage(t *testing.T) {
	t.Helper()
	sent, got := s.tap.posts(), s.vendor.requests()
	if len(sent) != len(got) || len(sent) < 2 {
		t.Fatalf("the client sent %d calls, the vendor got %d; want the same, and two at least", len(sent), len(got))
	}
	for i := range sent {
		asked, told := `"model":"`+claudeModel+`"`, `"model":"`+vendorModel+`"`
		if n := strings.Count(sent[i].Body, asked); n != 1 {
			t.Fatalf("call %d names the model %d times", i, n)
		}
		if want := strings.Replace(sent[i].Body, asked, told, 1); got[i].Body != want {
			t.Errorf("call %d: the body changed beyond the model:\nsent %s\ngot  %s", i, want, got[i].Body)
		}
		if want := "/v1/messages?beta=true"; got[i].Path != want {
			t.Errorf("call %d: path %s, want %s", i, got[i].Path, want)
		}
		for _, name := range anthropicHeaders(sent[i].Header) {
			if !slices.Equal(got[i].Header[name], sent[i].Header[name]) {
				t.Errorf("call %d: header %s is %q, want %q", i, name, got[i].Header[name], sent[i].Header[name])
			}
		}
		if got[i].Header.Get("X-Api-Key") != vendorCredential {
			t.Errorf("call %d lacks the gateway's own credential", i)
		}
		if strings.Contains(fmt.Sprint(got[i].Header)+got[i].Body, s.key) {
			t.Errorf("call %d: the client's key reached the vendor", i)
		}
	}
}

// anthropicHeaders are the names of the anthropic-* headers.
func anthropicHeaders(h http.Header) []string {
	var names []string
	for name := range h {
		if strings.HasPrefix(name, "Anthropic-") {
			names = append(names, name)
		}
	}
	return names
}

// checkLog stops the gateway and compares its request log with the calls.
func (s *stage) checkLog(t *testing.T, session string) {
	t.Helper()
	calls := s.vendor.requests()
	lines := s.gateway.Log()
	if len(lines) != len(calls) {
		t.Errorf("%d log lines for %d calls", len(lines), len(calls))
	}
	for i, l := range lines {
		if l.Status != "success" || l.HTTPStatus != http.StatusOK || l.Model != claudeModel || l.UpstreamModel != vendorModel {
			t.Errorf("line %d: %s %d, model %s as %s", i, l.Status, l.HTTPStatus, l.Model, l.UpstreamModel)
		}
		if session == "" || l.SessionID != session {
			t.Errorf("line %d: session %q, want %q", i, l.SessionID, session)
		}
		const input = vendorInput + vendorCacheRead + vendorCacheWrite
		if l.InputTokens != input || l.OutputTokens != vendorOutput || l.CacheReadTokens != vendorCacheRead ||
			l.CacheWriteTokens != vendorCacheWrite || l.UsageEstimated {
			t.Errorf("line %d: tokens %d in, %d out, %d read, %d written (estimated: %v), want %d, %d, %d, %d", i,
				l.InputTokens, l.OutputTokens, l.CacheReadTokens, l.CacheWriteTokens, l.UsageEstimated,
				input, vendorOutput, vendorCacheRead, vendorCacheWrite)
		}
	}
}

// TestClaudeCodeWithAWrongKey fails after one request, and tells the user what
// the gateway says. Without x-should-retry: false Claude Code would ask ten
// times, for minutes; with Anthropic's own wording it would tell the user to
// log in there.
func TestClaudeCodeWithAWrongKey(t *testing.T) {
	t.Parallel()
	s := setStage(t, "", unknownKey)
	s.claude.setenv("ANTHROPIC_BASE_URL", s.tap.URL)
	s.claude.setenv("ANTHROPIC_AUTH_TOKEN", unknownKey)
	res := s.claude.run(t, "Say hello.")

	calls := s.tap.posts()
	if len(calls) != 1 || calls[0].Status != http.StatusUnauthorized {
		t.Fatalf("the client sent %d calls, want one that is refused with 401: %+v", len(calls), calls)
	}
	var refusal struct {
		Error struct{ Type, Message string }
	}
	if err := json.Unmarshal([]byte(calls[0].Failure), &refusal); err != nil {
		t.Fatalf("%v: %s", err, calls[0].Failure)
	}
	if refusal.Error.Type != "authentication_error" || refusal.Error.Message == "" {
		t.Errorf("refusal = %+v", refusal)
	}
	if !res.IsError || !strings.Contains(res.Result, refusal.Error.Message) {
		t.Errorf("claude says %q, want the gateway's %q in it", res.Result, refusal.Error.Message)
	}
	if n := len(s.vendor.requests()); n != 0 {
		t.Errorf("the vendor got %d calls", n)
	}
	lines := s.gateway.Log()
	if len(lines) != 1 || lines[0].HTTPStatus != http.StatusUnauthorized || lines[0].Status != "error" {
		t.Errorf("log = %+v, want one line with 401", lines)
	}
}
