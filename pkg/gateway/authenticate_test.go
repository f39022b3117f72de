package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/router"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	s := serving(plays(answers(used(1, 1))))
	s.keys = map[string]*keys.Key{
		"sk-blocked-key": {ID: "key_b", Name: "sk-…lkey", Blocked: true},
		"sk-expired-key": {ID: "key_e", Name: "sk-…dkey", Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		"sk-future-key":  {ID: "key_f", Name: "sk-…ekey", Team: "blue", Expires: time.Now().Add(time.Hour)},
	}
	l := newLab(t, s)
	conflict := func(c *gateway.Call) { c.Conflict = true }
	for _, tt := range []struct {
		name   string
		change func(*gateway.Call)
		status int
		part   string
		keyID  string
	}{
		{"a known key", with("sk-test"), 200, "hello", "key_test"},
		{"one that has not expired", with("sk-future-key"), 200, "hello", "key_f"},
		{"none", with(""), 401, "carries no API key", ""},
		{"an unknown one", with("sk-somebody-elses"), 401, "sk-…lses is not known", ""},
		{"two different ones", conflict, 401, "two different API keys", ""},
		{"a blocked one", with("sk-blocked-key"), 401, "sk-…lkey is blocked", "key_b"},
		{"an expired one", with("sk-expired-key"), 401, "expired on 2026-01-02T03:04:05Z", "key_e"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := l.send(t.Context(), message, tt.change)
			r.want(t, tt.status, tt.part)
			if r.record.KeyID != tt.keyID {
				t.Errorf("key in the log = %q, want %q", r.record.KeyID, tt.keyID)
			}
			if tt.status == 200 {
				return
			}
			if r.header.Get("X-Should-Retry") != "false" || r.record.ErrorType != "authentication" {
				t.Errorf("x-should-retry = %q, error_type = %q", r.header.Get("X-Should-Retry"), r.record.ErrorType)
			}
			if strings.Contains(r.body, "somebody") {
				t.Error("the answer repeats the secret")
			}
			// Claude Code takes these for messages of its own login.
			if strings.Contains(r.body, "invalid x-api-key") {
				t.Error("the wording is a vendor's")
			}
		})
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	p := plays(answers(used(1, 1)))
	sonnet := grouped("claude-sonnet", deployed("s", p))
	pattern := grouped("claude-*", &router.Deployment{
		ID: "p", ProviderName: "fake", Provider: p, Model: "up-*", Health: &router.Health{},
	})
	s := setup{
		groups: []*router.Group{sonnet, grouped("gpt-4o", deployed("g", p)), pattern},
		keys: map[string]*keys.Key{
			"sk-only-claude": {ID: "key_c", Name: "c", Models: []string{"claude-*"}},
			"sk-only-haiku":  {ID: "key_h", Name: "h", Models: []string{"claude-haiku"}},
			"sk-only-sonnet": {ID: "key_s", Name: "s", Models: []string{"claude-sonnet"}},
		},
		aliases: map[string]*router.Group{"best": sonnet},
	}
	l := newLab(t, s)
	for _, tt := range []struct {
		name, key, model string
		status           int
		parts            []string
	}{
		{"a model", "sk-test", "gpt-4o", 200, nil},
		{"an alias", "sk-test", "best", 200, nil},
		{"an alias of an allowed group", "sk-only-sonnet", "best", 200, nil},
		{"a pattern", "sk-only-claude", "claude-haiku", 200, nil},
		{"one name of a pattern", "sk-only-haiku", "claude-haiku", 200, nil},
		{"another name of the pattern", "sk-only-haiku", "claude-opus", 403, []string{"may not use the model"}},
		{"an unknown one", "sk-test", "gpt-4", 404, []string{"not served", "nearest that this key may use: gpt-4o, claude-"}},
		{"unknown, seen by a narrow key", "sk-only-claude", "gpt-4", 404, []string{"may use: claude-"}},
		{"not for this key", "sk-only-claude", "gpt-4o", 403, []string{"may not use the model", "claude-sonnet"}},
		{"a very long name", "sk-test", strings.Repeat("x", 5000), 404, []string{"xxx…"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := l.send(t.Context(), strings.Replace(message, `"m"`, `"`+tt.model+`"`, 1), with(tt.key))
			r.want(t, tt.status, "")
			for _, part := range tt.parts {
				r.want(t, tt.status, part)
			}
			if strings.Contains(tt.key, "only-claude") && strings.Contains(r.body, "gpt-4o,") {
				t.Errorf("the answer names a model that the key may not use: %s", r.body)
			}
			if len(r.body) > 1000 {
				t.Errorf("the answer has %d bytes, want a bound on what it repeats", len(r.body))
			}
			if tt.status != 200 && r.header.Get("X-Should-Retry") != "false" {
				t.Error("x-should-retry is not false")
			}
		})
	}
}

func TestPatternsFillInTheModel(t *testing.T) {
	t.Parallel()
	p := plays(answers(used(1, 1)))
	l := newLab(t, setup{groups: []*router.Group{grouped("claude-*", &router.Deployment{
		ID: "p", ProviderName: "fake", Provider: p, Model: "vendor-*", Health: &router.Health{},
	})}})
	r := l.send(t.Context(), `{"model":"claude-haiku-4"}`)
	r.want(t, 200, "")
	if got := p.attempts(); got[0].model != "vendor-haiku-4" || got[0].body != `{"model":"vendor-haiku-4"}` {
		t.Errorf("the provider got %+v", got)
	}
	if r.record.UpstreamModel != "vendor-haiku-4" || r.record.Model != "claude-haiku-4" || r.record.Group != "claude-*" {
		t.Errorf("record = %+v", r.record)
	}
}

// A model in the path wins: what the body says must neither be called nor be
// paid at the path's price.
func TestTheModelInThePathReplacesTheBodys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want string }{
		{"another one", `{"model":"expensive"}`, `{"model":"cheap"}`},
		{"none", `{}`, `{"model":"cheap"}`},
		{"the same", `{"model":"cheap"}`, `{"model":"cheap"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plays(answers(used(1, 1)))
			d := deployed("d", p)
			d.Model = "cheap" // the provider's name is the public one, as with a pattern
			l := newLab(t, setup{groups: []*router.Group{grouped("cheap", d)}})
			r := l.send(t.Context(), tt.body, openAI(llm.OpEmbeddings), func(c *gateway.Call) { c.Model = "cheap" })
			r.want(t, 200, "")
			if got := p.attempts()[0].body; got != tt.want {
				t.Errorf("the provider got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWrongOperation(t *testing.T) {
	t.Parallel()
	claude := plays(answers(used(1, 1)))
	claude.dialects = []llm.Dialect{llm.Anthropic}
	mute := plays(answers(used(1, 1)))
	mute.dialects = []llm.Dialect{}
	l := newLab(t, setup{groups: []*router.Group{grouped("m", deployed("a", &chatOnly{claude})), grouped("mute", deployed("b", mute))}})

	r := l.send(t.Context(), `{"model":"m","input":"hi"}`, openAI(llm.OpEmbeddings))
	r.want(t, 400, "does not take embeddings calls, only chat")
	r = l.send(t.Context(), strings.Replace(message, `"m"`, `"mute"`, 1))
	r.want(t, 400, "does not take chat calls")
	if n := len(claude.attempts()) + len(mute.attempts()); n != 0 {
		t.Errorf("%d attempts were made, want 0", n)
	}
}

func TestACandidateWithoutTheOperationIsPassedOver(t *testing.T) {
	t.Parallel()
	chats := plays(answers(used(1, 1)))
	embeds := plays(answers(used(1, 1)))
	l := newLab(t, setup{groups: []*router.Group{grouped("m", deployed("chats", &chatOnly{chats}), deployed("embeds", embeds))}})
	r := l.send(t.Context(), `{"model":"m","input":"hi"}`, openAI(llm.OpEmbeddings))
	r.want(t, 200, "")
	if r.facts.Deployment != "embeds" || len(chats.attempts()) != 0 {
		t.Errorf("deployment = %s, attempts at the other %d", r.facts.Deployment, len(chats.attempts()))
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(plays(answers(used(1, 1)))))
	for _, tt := range []struct{ name, body, part string }{
		{"empty", ``, "not a JSON object"},
		{"no object", `[]`, "not a JSON object"},
		{"no model", `{"max_tokens":1}`, "model is missing"},
		{"the model twice", `{"model":"m","model":"n"}`, "twice"},
		{"an escaped name", `{"model":"m","max\u005ftokens":5}`, "max_tokens must be spelled"},
		{"an address of the client's", `{"model":"m","api_base":"http://evil"}`, "api_base may not be set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := l.send(t.Context(), tt.body)
			r.want(t, 400, tt.part)
			if r.record.ErrorType != "invalid_request" || r.record.KeyID != "key_test" {
				t.Errorf("record = %+v, want the refusal with its key", r.record)
			}
		})
	}
}
