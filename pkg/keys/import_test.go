package keys_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

// imported is a key to import whose secret is "sk-imported-N".
func imported(t *testing.T, n int, settings string) keys.Imported {
	t.Helper()
	return keys.Imported{
		Settings: *set(t, settings), Token: keys.Sum(fmt.Sprintf("sk-imported-%d", n)).String(), Name: "sk-...wxyz",
	}
}

func TestImportTakesAllThatAreNew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.CreateTeam(t.Context(), me, "Blue", "team_blue"); err != nil {
		t.Fatal(err)
	}
	first := imported(t, 1, `{"key_alias":"one","team_id":"team_blue","models":["all-proxy-models"],"rpm_limit":5,"max_budget":"7.5"}`)
	first.Expires = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	first.CreatedAt = time.Date(2019, 1, 1, 0, 0, 0, 0, time.FixedZone("x", 3600))
	first.Notes = map[string]json.RawMessage{"user_id": json.RawMessage(`"u1"`)}
	second := imported(t, 2, `{}`)
	second.Name, second.Token = "", strings.ToUpper(second.Token)
	added, skipped, err := d.Import(t.Context(), me, []keys.Imported{first, second})
	if err != nil || len(added) != 2 || len(skipped) != 0 {
		t.Fatalf("Import = %d, %d, %v", len(added), len(skipped), err)
	}
	r := d.find("sk-imported-1")
	if r.Alias != "one" || r.TeamID != "team_blue" || r.Models != nil || r.Limits.RPM != 5 || r.Budget.Limit != 7_500_000_000 ||
		r.Expires != first.Expires || !r.CreatedAt.Equal(first.CreatedAt) || r.Name != "sk-…wxyz" || r.Metadata != `{"user_id":"u1"}` {
		t.Errorf("the first: %+v", r)
	}
	if r := d.find("sk-imported-2"); r.Name != "sk-…" {
		t.Errorf("the second: %+v", r)
	}
	added, skipped, err = d.Import(t.Context(), me, []keys.Imported{imported(t, 1, `{}`), imported(t, 3, `{}`)})
	if err != nil || len(added) != 1 || len(skipped) != 1 || skipped[0] != first.Token {
		t.Errorf("again: %d added, skipped %v, %v", len(added), skipped, err)
	}
	added, skipped, err = d.Import(t.Context(), me, []keys.Imported{imported(t, 1, `{}`)})
	if err != nil || len(added) != 0 || len(skipped) != 1 {
		t.Errorf("nothing new: %d added, skipped %v, %v", len(added), skipped, err)
	}
}

func TestImportTakesNoneWhereOneIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.make(`{"key_alias":"taken"}`)
	static := keys.Imported{Token: keys.Sum(staticSecret).String()}
	both := imported(t, 9, `{"duration":"1d"}`)
	both.Expires = d.now
	late := imported(t, 9, `{}`)
	late.Expires = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name         string
		bad          keys.Imported
		kind         llm.Kind
		param, words string
	}{
		{"a secret for a token", keys.Imported{Token: "sk-imported-9"}, llm.InvalidRequest, "keys[1].token", "64 hexadecimal"},
		{"the same token", imported(t, 1, `{}`), llm.InvalidRequest, "keys[1].token", "before"},
		{"the same alias", imported(t, 9, `{"key_alias":"one"}`), llm.InvalidRequest, "keys[1].key_alias", "before"},
		{"an alias that is taken", imported(t, 9, `{"key_alias":"taken"}`), llm.Conflict, "keys[1].key_alias", `the alias "taken"`},
		{"a static key", static, llm.Conflict, "keys[1].token", "configuration"},
		{"no such team", imported(t, 9, `{"team_id":"red"}`), llm.InvalidRequest, "keys[1].team_id", "make it first"},
		{"a limit of 0", imported(t, 9, `{"rpm_limit":0}`), llm.InvalidRequest, "keys[1].rpm_limit", "keys[1]: rpm_limit"},
		{"two ends", both, llm.InvalidRequest, "keys[1].duration", "both"},
		{"an end out of range", late, llm.InvalidRequest, "keys[1].expires", "range"},
	} {
		_, _, err := d.Import(t.Context(), me, []keys.Imported{imported(t, 1, `{"key_alias":"one"}`), tt.bad})
		t.Run(tt.name, func(t *testing.T) { wantError(t, err, tt.kind, tt.param, tt.words) })
	}
	if _, _, err := d.Import(t.Context(), me, nil); err == nil {
		t.Error("Import of nothing = nil")
	}
	if page, err := d.List(t.Context(), keys.Query{Limit: 10}); err != nil || page.Total != 2 {
		t.Errorf("there are %d keys, %v, want none of the imports", page.Total, err)
	}
}

func TestAnImportNeverShowsASecret(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for n, name := range []string{"sk-the-whole-secret-1234", "1234", "sk-...\n\n\n\n", "sk-..." + strings.Repeat("x", 50), "sk-…ab"} {
		k := imported(t, n, `{}`)
		k.Name = name
		added, _, err := d.Import(t.Context(), me, []keys.Imported{k})
		if err != nil {
			t.Fatal(err)
		}
		if got := added[0].Name; len(strings.TrimPrefix(got, "sk-…")) > 4 || strings.ContainsAny(got, "\n") {
			t.Errorf("%q became %q", name, got)
		}
	}
}
