package gateway_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/llmgw/llmgw/pkg/cache"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/ratelimit"
)

// shelf is a cache.Store without limits, which can be out of order.
type shelf struct {
	broken bool

	mu      sync.Mutex // guards entries
	entries map[cache.Key]*cache.Entry
}

func (s *shelf) Get(_ context.Context, k cache.Key) (*cache.Entry, bool, error) {
	if s.broken {
		return nil, false, errors.New("out of order")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries[k]
	return e, ok, nil
}

func (s *shelf) Set(_ context.Context, k cache.Key, e *cache.Entry) error {
	if s.broken {
		return errors.New("out of order")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[k] = e
	return nil
}

// caching is a setup whose answers are cached.
func caching(p llm.Provider, scope cache.Scope) setup {
	s := serving(p)
	s.cache = &shelf{entries: map[cache.Key]*cache.Entry{}}
	s.cachePolicy = &gateway.CachePolicy{Scope: scope, Streams: true, Control: true, MaxEntry: 1 << 20}
	s.keys = map[string]*keys.Key{
		"sk-red-one":  {ID: "key_r1", Team: "red"},
		"sk-red-two":  {ID: "key_r2", Team: "red"},
		"sk-blue-one": {ID: "key_b1", Team: "blue"},
		"sk-alone":    {ID: "key_a"},
	}
	return s
}

func TestAHitCostsARequestAndNothingElse(t *testing.T) {
	t.Parallel()
	p := plays(answers(used(1000, 10)))
	s := caching(p, cache.ScopeTeam)
	s.limits = ratelimit.Limits{RPM: 10, TPM: 100_000}
	b := dollars("b", "1", true)
	s.budgets = append(s.budgets, b)
	l := newLab(t, s)

	miss := l.send(t.Context(), message)
	before, _ := l.spent(b)
	hit := l.send(t.Context(), message)
	after, held := l.spent(b)

	miss.want(t, 200, wholeBody)
	hit.want(t, 200, wholeBody)
	if miss.facts.Cache != "miss" || hit.facts.Cache != "hit" || hit.record.Cache != "hit" {
		t.Errorf("cache = %s, %s, record %s", miss.facts.Cache, hit.facts.Cache, hit.record.Cache)
	}
	if miss.facts.Age >= 0 || hit.facts.Age < 0 {
		t.Errorf("age = %v and %v, want none and some", miss.facts.Age, hit.facts.Age)
	}
	if len(p.attempts()) != 1 || before != after || held != 0 || hit.record.Usage.Total() != 0 || hit.record.Cost != 0 {
		t.Errorf("attempts %d, spent %v then %v, held %v, record %+v", len(p.attempts()), before, after, held, hit.record)
	}
	if len(hit.limits) == 0 || hit.limits[0].Left() != 8 {
		t.Errorf("limits = %+v, want 8 requests left of 10", hit.limits)
	}
	if hit.record.StopReason != "end_turn" {
		t.Errorf("stop reason = %q", hit.record.StopReason)
	}
}

func TestAHitIsRefusedByTheRequestLimit(t *testing.T) {
	t.Parallel()
	s := caching(plays(answers(used(1, 1))), cache.ScopeTeam)
	s.limits = ratelimit.Limits{RPM: 1}
	l := newLab(t, s)
	first, second := l.send(t.Context(), message), l.send(t.Context(), message)
	first.want(t, 200, "")
	second.want(t, 429, "1 requests per minute")
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scope         cache.Scope
		first, second string
		want          string
	}{
		{cache.ScopeTeam, "sk-red-one", "sk-red-two", "hit"},
		{cache.ScopeTeam, "sk-red-one", "sk-blue-one", "miss"},
		{cache.ScopeTeam, "sk-alone", "sk-test", "miss"},
		{cache.ScopeTeam, "sk-alone", "sk-alone", "hit"},
		{cache.ScopeKey, "sk-red-one", "sk-red-two", "miss"},
		{cache.ScopeKey, "sk-red-one", "sk-red-one", "hit"},
		{cache.ScopeGlobal, "sk-red-one", "sk-blue-one", "hit"},
		{"", "sk-red-one", "sk-red-two", "miss"}, // nobody's is safest
	} {
		t.Run(strings.Join([]string{string(tt.scope), tt.first, tt.second}, " "), func(t *testing.T) {
			t.Parallel()
			l := newLab(t, caching(plays(answers(used(1, 1))), tt.scope))
			l.send(t.Context(), message, with(tt.first))
			if r := l.send(t.Context(), message, with(tt.second)); r.facts.Cache != tt.want {
				t.Errorf("cache = %s, want %s", r.facts.Cache, tt.want)
			}
		})
	}
}

func TestCacheControl(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, control string
		ignored       bool   // by the policy
		this, next    string // this call's value, after one was stored; that of the next
		stored        int    // attempts in all
	}{
		{"nothing", "", false, "hit", "hit", 1},
		{"no-cache reads nothing and stores", "No-Cache", false, "bypass", "hit", 2},
		{"no-store does neither", "no-store", false, "bypass", "hit", 2},
		{"ignored where the policy says so", "no-store", true, "hit", "hit", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plays(answers(used(1, 1)))
			s := caching(p, cache.ScopeTeam)
			s.cachePolicy.Control = !tt.ignored
			l := newLab(t, s)
			l.send(t.Context(), message)
			this := l.send(t.Context(), message, header("Cache-Control", tt.control))
			next := l.send(t.Context(), message)
			if this.facts.Cache != tt.this || next.facts.Cache != tt.next || len(p.attempts()) != tt.stored {
				t.Errorf("cache = %s, then %s, with %d attempts, want %s, %s, %d",
					this.facts.Cache, next.facts.Cache, len(p.attempts()), tt.this, tt.next, tt.stored)
			}
			if tt.ignored && this.facts.Age >= 0 {
				t.Errorf("age = %v, want none", this.facts.Age)
			}
		})
	}
}

func TestNoStoreKeepsNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t, caching(plays(answers(used(1, 1))), cache.ScopeTeam))
	l.send(t.Context(), message, header("Cache-Control", "no-store"))
	if r := l.send(t.Context(), message); r.facts.Cache != "miss" {
		t.Errorf("cache = %s, want miss", r.facts.Cache)
	}
}

func TestWhatIsStored(t *testing.T) {
	t.Parallel()
	stream := body(`"stream":true,`)
	good := streams(text("a"), text("b"), ended(used(5, 5)))
	for _, tt := range []struct {
		name   string
		body   string
		reply  reply
		change func(*setup)
		stored bool
	}{
		{"a whole answer", message, answers(used(1, 1)), nil, true},
		{"a stream that ended", stream, good, nil, true},
		{"a stream that broke", stream, streams(text("a"), broken(llm.ErrUnexpectedEOF)), nil, false},
		{"a stream that failed", stream, streams(text("a"), failed(llm.Overloaded)), nil, false},
		{"a refusal", message, refuses(400, 0), nil, false},
		{"an answer that is too large", message, answers(used(1, 1)), func(s *setup) { s.cachePolicy.MaxEntry = 10 }, false},
		{"a stream where streams are not cached", stream, good, func(s *setup) { s.cachePolicy.Streams = false }, false},
		{"a cache out of order", message, answers(used(1, 1)), func(s *setup) { s.cache = &shelf{broken: true} }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plays(tt.reply)
			s := caching(p, cache.ScopeTeam)
			if tt.change != nil {
				tt.change(&s)
			}
			l := newLab(t, s)
			first, second := l.send(t.Context(), tt.body), l.send(t.Context(), tt.body)
			if stored := len(p.attempts()) == 1; stored != tt.stored || (second.facts.Cache == "hit") != tt.stored {
				t.Errorf("attempts = %d, cache = %s, want stored %v", len(p.attempts()), second.facts.Cache, tt.stored)
			}
			if tt.stored && (first.body != second.body || first.status != second.status) {
				t.Errorf("the cached answer is %d %q, want %d %q", second.status, second.body, first.status, first.body)
			}
		})
	}
}

// A client that leaves before the end has not had an answer that could be kept.
func TestAStreamGivenUpIsNotStored(t *testing.T) {
	t.Parallel()
	p := plays(streams(text("a"), text("b"), ended(used(5, 5))))
	l := newLab(t, caching(p, cache.ScopeTeam))
	text := body(`"stream":true,`)
	c := l.call(text)
	a := l.gateway.Handle(t.Context(), c)
	if _, err := a.Stream.Next(); err != nil {
		t.Fatal(err)
	}
	if err := a.Stream.Close(); err != nil {
		t.Fatal(err)
	}
	c.Release(errors.New("broken pipe"))
	if r := l.send(t.Context(), text); r.facts.Cache != "miss" {
		t.Errorf("cache = %s, want miss", r.facts.Cache)
	}
}

func TestWhatMakesAnotherKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		body   string
		change func(*gateway.Call)
		want   string
	}{
		{"the same", message, with("sk-test"), "hit"},
		{"another user", strings.Replace(message, `"max_tokens"`, `"metadata":{"user_id":"u2"},"max_tokens"`, 1), with("sk-test"), "miss"},
		{"another question", strings.Replace(message, "hi", "ho", 1), with("sk-test"), "miss"},
		{"another beta", message, header("Anthropic-Beta", "new"), "miss"},
		{"another version", message, header("Anthropic-Version", "2099"), "miss"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, caching(plays(answers(used(1, 1))), cache.ScopeTeam))
			l.send(t.Context(), message)
			if r := l.send(t.Context(), tt.body, tt.change); r.facts.Cache != tt.want {
				t.Errorf("cache = %s, want %s", r.facts.Cache, tt.want)
			}
		})
	}
}

// The vendor's user metadata does not change an answer.
func TestUserMetadataIsLeftOutOfTheKey(t *testing.T) {
	t.Parallel()
	l := newLab(t, caching(plays(answers(used(1, 1))), cache.ScopeTeam))
	l.send(t.Context(), body(`"metadata":{"user_id":"one"},`))
	if r := l.send(t.Context(), body(`"metadata":{"user_id":"two"},`)); r.facts.Cache != "hit" {
		t.Errorf("cache = %s, want hit", r.facts.Cache)
	}
}

func TestCountTokensIsNotCached(t *testing.T) {
	t.Parallel()
	l := newLab(t, caching(plays(answers(used(1, 0))), cache.ScopeTeam))
	l.send(t.Context(), message, counting)
	if r := l.send(t.Context(), message, counting); r.facts.Cache != "bypass" {
		t.Errorf("cache = %s, want bypass", r.facts.Cache)
	}
}
