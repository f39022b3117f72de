package router

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

func newGroup(name string, ids ...string) *Group {
	g := &Group{Name: name, Strategy: new(RoundRobin)}
	for _, id := range ids {
		g.Deployments = append(g.Deployments, &Deployment{ID: id, Model: id, Health: &Health{Cooldown: 5 * time.Second}})
	}
	return g
}

// planned writes a plan as ids, repeated ones with an exclamation mark.
func planned(cands []Candidate) string {
	var ids []string
	for _, c := range cands {
		id := c.ID
		if c.Again {
			id += "!"
		}
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

func TestTableFindsTheMostSpecific(t *testing.T) {
	t.Parallel()
	table := NewTable(
		[]*Group{newGroup("*", "all"), newGroup("anthropic/*", "a"), newGroup("anthropic/claude-*", "ac"), newGroup("gpt-4o", "g"), newGroup("x*z", "xz")},
		map[string]*Group{"alias": newGroup("target", "t")},
	)
	tests := []struct{ model, group, rest string }{
		{"gpt-4o", "gpt-4o", ""},
		{"gpt-4o-mini", "*", "gpt-4o-mini"},
		{"anthropic/claude-3", "anthropic/claude-*", "3"},
		{"anthropic/other", "anthropic/*", "other"},
		{"alias", "target", ""},
		{"xz", "*", "xz"},
		{"xyz", "x*z", "y"},
		{"", "", ""},
	}
	for _, tt := range tests {
		g, rest := table.Find(tt.model)
		name := ""
		if g != nil {
			name = g.Name
		}
		if name != tt.group || rest != tt.rest {
			t.Errorf("Find(%q) = %q, %q, want %q, %q", tt.model, name, rest, tt.group, tt.rest)
		}
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	fallback := newGroup("fallback", "f")
	tests := []struct {
		name  string
		group func() *Group
		want  string
	}{
		{"one, no retries", func() *Group { return newGroup("g", "a") }, "a"},
		{"one, two retries", func() *Group { g := newGroup("g", "a"); g.Retries = 2; return g }, "a" + strings.Repeat(" a!", 2)},
		{"every deployment once, whatever the retries", func() *Group { return newGroup("g", "a", "b", "c") }, "a b c"},
		{"more retries than deployments", func() *Group { g := newGroup("g", "a", "b"); g.Retries = 2; return g }, "a b a!"},
		{"then the fallbacks", func() *Group { g := newGroup("g", "a"); g.Fallbacks = []*Group{fallback}; return g }, "a f"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := planned(Plan(nil, tt.group(), "", time.Now())); got != tt.want {
				t.Errorf("plan %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRoundRobinSharesEvenly(t *testing.T) {
	t.Parallel()
	g := newGroup("g", "a", "b", "c")
	firsts := map[string]int{}
	for range 30 {
		firsts[Plan(nil, g, "", time.Now())[0].ID]++
	}
	for _, id := range []string{"a", "b", "c"} {
		if firsts[id] != 10 {
			t.Errorf("%s was first %d of 30 times", id, firsts[id])
		}
	}
}

func TestShuffleTriesEveryDeployment(t *testing.T) {
	t.Parallel()
	g := newGroup("g", "a", "b", "c")
	g.Strategy = Shuffle{}
	firsts := map[string]int{}
	for range 300 {
		plan := Plan(nil, g, "", time.Now())
		firsts[plan[0].ID]++
		ids := strings.Fields(planned(plan))
		slices.Sort(ids)
		if strings.Join(ids, "") != "abc" {
			t.Fatalf("plan %q", planned(plan))
		}
	}
	if len(firsts) != 3 {
		t.Errorf("only %v were ever first", firsts)
	}
}

func TestPatternFillsTheModel(t *testing.T) {
	t.Parallel()
	g := newGroup("anthropic/*", "d")
	g.Deployments[0].Model = "*"
	g.Deployments[0].Lookup = func(model string) Facts { return Facts{PriceSource: "of " + model} }
	c := Plan(nil, g, "claude-3", time.Now())[0]
	if c.Model != "claude-3" || c.Facts.PriceSource != "of claude-3" {
		t.Errorf("candidate %+v", c)
	}
}

func TestCooldown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGroup("g", "a", "b")
		a := g.Deployments[0].Health
		plan := func() string { return planned(Plan(nil, g, "", time.Now())) }
		for range 2 {
			a.Fail(time.Now(), &llm.Error{Kind: llm.Upstream})
		}
		if got := plan(); got != "a b" {
			t.Errorf("after two failures %q", got)
		}
		a.Fail(time.Now(), &llm.Error{Kind: llm.Upstream})
		if got := []string{plan(), plan()}; got[0] != "b a" || got[1] != "b a" {
			t.Errorf("after three failures %q", got)
		}
		if ok, reason := a.Healthy(time.Now()); ok || reason != "upstream" {
			t.Errorf("healthy %v %q", ok, reason)
		}
		wait(5 * time.Second)
		if !a.Ready(time.Now()) {
			t.Error("not ready after the cooldown")
		}
		wait(time.Minute)
		if ok, _ := a.Healthy(time.Now()); !ok {
			t.Error("a failure nobody followed up still counts")
		}
		a.Fail(time.Now(), &llm.Error{Kind: llm.UpstreamAuth})
		if a.Ready(time.Now()) {
			t.Error("refused credentials do not cool at once")
		}
		a.OK()
		if ok, _ := a.Healthy(time.Now()); !ok || !a.Ready(time.Now()) {
			t.Error("not healthy after a good call")
		}
	})
}

// wait lets the bubble's clock run.
func wait(d time.Duration) { <-time.After(d) }

func TestStatesOutliveReloads(t *testing.T) {
	t.Parallel()
	var s States
	h := s.Get("a", time.Second)
	if s.Get("a", time.Minute) != h {
		t.Error("the state was made anew")
	}
	s.Keep(map[string]bool{"b": true})
	if s.Get("a", time.Second) == h {
		t.Error("the state of a deployment that is gone was kept")
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"claude-opus-4", "claude-sonnet-4", "gpt-4o", "echo/hello"}
	if got := Nearest("claude-sonet-4", names, 2); fmt.Sprint(got) != "[claude-sonnet-4 claude-opus-4]" {
		t.Errorf("nearest %v", got)
	}
	if got := Nearest(strings.Repeat("x", 1<<20), names, 10); len(got) != 4 {
		t.Errorf("a hostile name gave %d", len(got))
	}
}

func BenchmarkPlan(b *testing.B) {
	g := newGroup("g", "a", "b")
	g.Retries = 2
	now := time.Now()
	var dst []Candidate
	b.ReportAllocs()
	for b.Loop() {
		dst = Plan(dst[:0], g, "", now)
	}
}
