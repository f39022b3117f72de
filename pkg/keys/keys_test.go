package keys

import (
	"strings"
	"testing"
)

func TestKeyAllows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		key    Key
		model  string
		allows bool
	}{
		{"no list allows all", Key{}, "claude-sonnet-4", true},
		{"exact", Key{Models: []string{"claude-sonnet-4"}}, "claude-sonnet-4", true},
		{"other", Key{Models: []string{"claude-sonnet-4"}}, "claude-opus-4", false},
		{"no prefix match without a star", Key{Models: []string{"claude"}}, "claude-sonnet-4", false},
		{"star at the end", Key{Models: []string{"claude-*"}}, "claude-sonnet-4", true},
		{"star crosses slashes", Key{Models: []string{"openai/*"}}, "openai/org/model", true},
		{"star in the middle crosses slashes", Key{Models: []string{"a*z"}}, "a/b/z", true},
		{"star in the middle", Key{Models: []string{"gpt-*-mini"}}, "gpt-5-nano", false},
		{"star alone", Key{Models: []string{"*"}}, "anything", true},
		{"malformed pattern matches only itself", Key{Models: []string{"[a*"}}, "[a*", true},
		{"malformed pattern", Key{Models: []string{"[a*"}}, "a", false},
		{"admin", Key{Models: []string{"nothing"}, Role: Admin}, "gpt-5", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.key.Allows(tt.model); got != tt.allows {
				t.Errorf("Allows(%q) with %q = %v, want %v", tt.model, tt.key.Models, got, tt.allows)
			}
		})
	}
}

func TestMaskShowsNoMoreThanFourCharacters(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", "s", "sk-short", "sk-team-a-key-123", "sk-" + strings.Repeat("x", 100) + "last"} {
		masked := Mask(secret)
		shown := strings.TrimPrefix(masked, "sk-…")
		if len(shown) > 4 || len(secret) < 12 && shown != "" {
			t.Errorf("Mask(%q) = %q shows too much", secret, masked)
		}
	}
}

func TestStaticIDIsStableAndHidesTheSecret(t *testing.T) {
	t.Parallel()
	a, b := StaticID(Sum("sk-team-a-key-123")), StaticID(Sum("sk-team-b-key-456"))
	if a == b || a != StaticID(Sum("sk-team-a-key-123")) {
		t.Errorf("ids %q and %q", a, b)
	}
	if strings.Contains(a, "team") {
		t.Errorf("id %q gives the secret away", a)
	}
}

func BenchmarkSum(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Sum("sk-litellm-master-key-123456")
	}
}
