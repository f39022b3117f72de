package keys_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/store/sqlite"
)

// The secrets of the configuration that desks know.
const (
	staticSecret = "sk-static-key-of-the-configuration"
	masterSecret = "sk-master-key-of-the-configuration"
)

// desk is a manager on a database of its own.
type desk struct {
	*keys.Manager
	t      *testing.T
	now    time.Time
	events []keys.Event
	synced int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "llmgw.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{t: t, now: time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)}
	static := keys.Record{ID: keys.StaticID(keys.Sum(staticSecret)), Hash: keys.Sum(staticSecret), Name: keys.Mask(staticSecret), Static: true}
	d.Manager = keys.NewManager(keys.ManagerOptions{
		Store: store, Now: func() time.Time { return d.now },
		Period: func(s string) error {
			if s == "fortnightly" {
				return errors.New("no period")
			}
			return nil
		},
		Static:   func() []keys.Record { return []keys.Record{static} },
		Reserved: func(h keys.Hash) bool { return h == keys.Sum(masterSecret) },
		Changed:  func(context.Context) { d.synced++ },
		Audit:    func(e keys.Event) { d.events = append(d.events, e) },
	})
	return d
}

// me is who asks in these tests.
var me = keys.Actor{ID: "master", UID: -1}

// set reads settings as the API has them.
func set(t *testing.T, text string) *keys.Settings {
	t.Helper()
	s := new(keys.Settings)
	if err := json.Unmarshal([]byte(text), &s.KeySettings); err != nil {
		t.Fatal(err)
	}
	return s
}

// make makes a key that must be possible.
func (d *desk) make(settings string) (keys.Record, string) {
	d.t.Helper()
	r, secret, err := d.Generate(d.t.Context(), me, "", set(d.t, settings))
	if err != nil {
		d.t.Fatal(err)
	}
	return r, secret.Reveal()
}

func (d *desk) find(name string) keys.Record {
	d.t.Helper()
	r, err := d.Find(d.t.Context(), name)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// wantError checks kind, parameter and words of an error.
func wantError(t *testing.T, err error, kind llm.Kind, param, words string) {
	t.Helper()
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || e.Kind != kind || e.Param != param || !strings.Contains(e.Message, words) {
		t.Errorf("error = %v (param %q), want %v about %q with %q", err, param, kind, param, words)
	}
}

func TestGenerateMakesASecretThatIsNotKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r, secret := d.make(`{}`)
	if len(secret) != len("sk-")+32 || !strings.HasPrefix(secret, "sk-") || !strings.HasPrefix(r.ID, "key_") {
		t.Errorf("secret %q, id %q", secret, r.ID)
	}
	if r.Hash != keys.Sum(secret) || r.Name != "sk-…"+secret[len(secret)-4:] || r.CreatedAt != d.now {
		t.Errorf("record = %+v", r)
	}
	stored := d.find(secret)
	if text, err := json.Marshal(stored); err != nil || strings.Contains(string(text), secret[3:]) {
		t.Errorf("the record has the secret: %s, %v", text, err)
	}
	other, _ := d.make(`{}`)
	if other.ID == r.ID || other.Hash == r.Hash {
		t.Error("two keys are the same")
	}
}

func TestGenerateKeepsWhatWasChosen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.CreateTeam(t.Context(), me, "Blue", "team_blue"); err != nil {
		t.Fatal(err)
	}
	s := set(t, `{"key_alias":"CI build","team_id":"Blue","models":["claude-*","gpt-5","claude-*"],"rpm_limit":60,"tpm_limit":1000,
		"rpd_limit":5000,"max_parallel_requests":4,"max_budget":12.5,"budget_duration":"30d","duration":"2w","metadata":{"b":1.0,"a":"<x>"}}`)
	s.Notes = map[string]json.RawMessage{"user_id": json.RawMessage(`"u1"`)}
	r, _, err := d.Generate(t.Context(), me, "sk-chosen-by-somebody", s)
	if err != nil {
		t.Fatal(err)
	}
	budget := keys.Terms{ID: r.Budget.ID, Limit: 12_500_000_000, Period: "30d", Hard: true}
	want := keys.Record{
		ID: r.ID, Hash: keys.Sum("sk-chosen-by-somebody"), Alias: "CI build", Name: "sk-…body", TeamID: "team_blue",
		Models: []string{"claude-*", "gpt-5"}, Limits: keys.Limits{RPM: 60, TPM: 1000, RPD: 5000, Parallel: 4}, Budget: &budget,
		Expires: d.now.AddDate(0, 0, 14), Metadata: `{"a":"<x>","b":1.0,"user_id":"u1"}`, CreatedAt: d.now, UpdatedAt: d.now,
		Revision: r.Revision,
	}
	if diff := cmp.Diff(want, d.find("CI build")); diff != "" {
		t.Errorf("the key (-want +got):\n%s", diff)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.make(`{"key_alias":"taken"}`)
	for _, tt := range []struct {
		name, secret, settings string
		kind                   llm.Kind
		param, words           string
	}{
		{"a secret without its prefix", "my-own-key-is-the-best", `{}`, llm.InvalidRequest, "key", "begins with sk-"},
		{"a short secret", "sk-short", `{}`, llm.InvalidRequest, "key", "16 to 256"},
		{"a long secret", "sk-" + strings.Repeat("x", 300), `{}`, llm.InvalidRequest, "key", "16 to 256"},
		{"a secret with a blank", "sk-with a blank in it", `{}`, llm.InvalidRequest, "key", "cannot be sent"},
		{"a secret with umlauts", "sk-schlüssel-für-alle", `{}`, llm.InvalidRequest, "key", "cannot be sent"},
		{"a static key's secret", staticSecret, `{}`, llm.Conflict, "key", "stands in the configuration"},
		{"the master key", masterSecret, `{}`, llm.Conflict, "key", "stands in the configuration"},
		{"an alias that is taken", "", `{"key_alias":"taken"}`, llm.Conflict, "key_alias", "another key has this alias"},
		{"an alias like a secret", "", `{"key_alias":"sk-12345678"}`, llm.InvalidRequest, "key_alias", "like a key's secret"},
		{"an alias like an id", "", `{"key_alias":"key_12345678"}`, llm.InvalidRequest, "key_alias", "id or hash"},
		{"an alias like a hash", "", `{"key_alias":"` + strings.Repeat("ab", 32) + `"}`, llm.InvalidRequest, "key_alias", "id or hash"},
		{"the master's alias", "", `{"key_alias":"master"}`, llm.InvalidRequest, "key_alias", "master key's"},
		{"a long alias", "", `{"key_alias":"` + strings.Repeat("x", 129) + `"}`, llm.InvalidRequest, "key_alias", "128 bytes"},
		{"an alias over two lines", "", `{"key_alias":"a\nb"}`, llm.InvalidRequest, "key_alias", "letters"},
		{"an alias with a blank at its end", "", `{"key_alias":"a "}`, llm.InvalidRequest, "key_alias", "blank"},
		{"a team there is not", "", `{"team_id":"red"}`, llm.InvalidRequest, "team_id", `no team "red"`},
		{"an empty model", "", `{"models":["a",""]}`, llm.InvalidRequest, "models", "models[1] is empty"},
		{"a model with a control character", "", `{"models":["a\u0007"]}`, llm.InvalidRequest, "models", "models[0]"},
		{"the models of a team", "", `{"models":["all-team-models"]}`, llm.InvalidRequest, "models", "list the models"},
		{"a limit of 0", "", `{"rpm_limit":0}`, llm.InvalidRequest, "rpm_limit", "1 or more"},
		{"a negative limit", "", `{"max_parallel_requests":-1}`, llm.InvalidRequest, "max_parallel_requests", "1 or more"},
		{"a limit beyond counting", "", `{"tpm_limit":9000000000000000000}`, llm.InvalidRequest, "tpm_limit", "at most"},
		{"a budget of 0", "", `{"max_budget":0}`, llm.InvalidRequest, "max_budget", "above 0"},
		{"a budget that rounds to 0", "", `{"max_budget":1e-12}`, llm.InvalidRequest, "max_budget", "above 0"},
		{"a negative budget", "", `{"max_budget":-5}`, llm.InvalidRequest, "max_budget", "above 0"},
		{"a budget out of range", "", `{"max_budget":1e30}`, llm.InvalidRequest, "max_budget", "above 0"},
		{"a period there is not", "", `{"max_budget":1,"budget_duration":"fortnightly"}`, llm.InvalidRequest, "budget_duration", "no period"},
		{"a period without a budget", "", `{"budget_duration":"daily"}`, llm.InvalidRequest, "budget_duration", "needs a max_budget"},
		{"no duration", "", `{"duration":"soon"}`, llm.InvalidRequest, "duration", "whole number with a unit"},
		{"a duration of 0", "", `{"duration":"0d"}`, llm.InvalidRequest, "duration", "whole number with a unit"},
		{"a duration of centuries", "", `{"duration":"400000d"}`, llm.InvalidRequest, "duration", "100 years"},
		{"very many months", "", `{"duration":"4000000000mo"}`, llm.InvalidRequest, "duration", "100 years"},
		{"very much metadata", "", `{"metadata":{"a":"` + strings.Repeat("x", 20_000) + `"}}`, llm.InvalidRequest, "metadata", "16384 bytes"},
	} {
		_, _, err := d.Generate(t.Context(), me, tt.secret, set(t, tt.settings))
		if err == nil {
			t.Errorf("%s: Generate = nil", tt.name)
			continue
		}
		t.Run(tt.name, func(t *testing.T) { wantError(t, err, tt.kind, tt.param, tt.words) })
		if tt.secret != "" && strings.Contains(err.Error(), tt.secret) {
			t.Errorf("%s: the error has the secret: %v", tt.name, err)
		}
	}
	if page, err := d.List(t.Context(), keys.Query{Limit: 10}); err != nil || page.Total != 2 {
		t.Errorf("there are %d keys, %v, want the first and the static one", page.Total, err)
	}
	if _, _, err := d.Generate(t.Context(), me, "sk-chosen-by-somebody", set(t, `{}`)); err != nil {
		t.Fatal(err)
	}
	_, _, err := d.Generate(t.Context(), me, "sk-chosen-by-somebody", set(t, `{}`))
	wantError(t, err, llm.Conflict, "key", "belongs to another key")
}

func TestUpdateChangesWhatIsNamed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r, _ := d.make(`{"key_alias":"a","rpm_limit":1,"tpm_limit":2,"max_budget":10,"budget_duration":"daily","duration":"1d","models":["m"],"metadata":{"x":1}}`)
	made := d.now
	d.now = d.now.Add(time.Hour)
	budget := *r.Budget
	for _, tt := range []struct {
		settings string
		want     func(*keys.Record)
	}{
		{`{}`, func(*keys.Record) {}},
		{`{"rpm_limit":5}`, func(r *keys.Record) { r.Limits.RPM = 5 }},
		{`{"tpm_limit":null}`, func(r *keys.Record) { r.Limits.TPM = 0 }},
		{`{"max_budget":20}`, func(r *keys.Record) { b := budget; b.Limit = 20 * llm.USD; r.Budget = &b }},
		{`{"budget_duration":"Monthly"}`, func(r *keys.Record) { b := *r.Budget; b.Period = "monthly"; r.Budget = &b }},
		{`{"budget_duration":null}`, func(r *keys.Record) { b := *r.Budget; b.Period = "total"; r.Budget = &b }},
		{`{"max_budget":null}`, func(r *keys.Record) { r.Budget = nil }},
		{`{"budget_duration":null}`, func(*keys.Record) {}},
		{`{"key_alias":"b"}`, func(r *keys.Record) { r.Alias = "b" }},
		{`{"key_alias":null}`, func(r *keys.Record) { r.Alias = "" }},
		{`{"models":["all-proxy-models","x"]}`, func(r *keys.Record) { r.Models = nil }},
		{`{"duration":null}`, func(r *keys.Record) { r.Expires = time.Time{} }},
		{`{"duration":"90m"}`, func(r *keys.Record) { r.Expires = d.now.Add(90 * time.Minute) }},
		{`{"duration":"1mo"}`, func(r *keys.Record) { r.Expires = d.now.AddDate(0, 1, 0) }},
		{`{"metadata":{"y":2}}`, func(r *keys.Record) { r.Metadata = `{"y":2}` }},
		{`{"metadata":null}`, func(r *keys.Record) { r.Metadata = "" }},
		{`{"blocked":true}`, func(r *keys.Record) { r.Blocked = true }},
		{`{"blocked":null}`, func(r *keys.Record) { r.Blocked = false }},
	} {
		want := r
		tt.want(&want)
		want.UpdatedAt, want.CreatedAt = d.now, made
		got, err := d.Update(t.Context(), me, r.ID, set(t, tt.settings))
		if err != nil {
			t.Fatalf("%s: %v", tt.settings, err)
		}
		want.Revision = got.Revision
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.settings, diff)
		}
		if diff := cmp.Diff(want, d.find(r.ID)); diff != "" {
			t.Errorf("%s as stored (-want +got):\n%s", tt.settings, diff)
		}
		r = got
	}
	notes := set(t, `{}`)
	notes.Notes = map[string]json.RawMessage{"tags": json.RawMessage(`["a"]`)}
	if got, err := d.Update(t.Context(), me, r.ID, notes); err != nil || got.Metadata != `{"tags":["a"]}` {
		t.Errorf("notes: %q, %v", got.Metadata, err)
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r, first := d.make(`{"key_alias":"a"}`)
	rotate := func(o keys.Rotation) (keys.Record, string) {
		t.Helper()
		got, secret, err := d.Rotate(t.Context(), me, "a", o)
		if err != nil {
			t.Fatal(err)
		}
		return got, secret.Reveal()
	}
	r2, second := rotate(keys.Rotation{Grace: "24h"})
	if r2.ID != r.ID || r2.Hash != keys.Sum(second) || r2.Previous != keys.Sum(first) || r2.GraceUntil != d.now.Add(24*time.Hour) {
		t.Errorf("with grace: %+v", r2)
	}
	if d.find(first).ID != r.ID || d.find(second).ID != r.ID {
		t.Error("both secrets name the key during the grace")
	}
	_, _, err := d.Rotate(t.Context(), me, "a", keys.Rotation{Secret: second})
	wantError(t, err, llm.Conflict, "new_key", "key's secret already")
	_, _, err = d.Rotate(t.Context(), me, "a", keys.Rotation{Secret: first})
	wantError(t, err, llm.Conflict, "new_key", "was before")
	_, _, err = d.Rotate(t.Context(), me, "a", keys.Rotation{Grace: "soon"})
	wantError(t, err, llm.InvalidRequest, "grace_period", "whole number")
	_, _, err = d.Rotate(t.Context(), me, "a", keys.Rotation{Secret: "x"})
	wantError(t, err, llm.InvalidRequest, "new_key", "begins with sk-")

	r3, third := rotate(keys.Rotation{Secret: "sk-chosen-by-somebody"})
	if third != "sk-chosen-by-somebody" || !r3.Previous.IsZero() || !r3.GraceUntil.IsZero() || r3.Name != "sk-…body" {
		t.Errorf("without grace: %+v", r3)
	}
	for _, old := range []string{first, second} {
		_, err := d.Find(t.Context(), old)
		wantError(t, err, llm.NotFound, "key", "there is no key sk-…"+old[len(old)-4:])
		if strings.Contains(err.Error(), old) {
			t.Errorf("the error has the secret: %v", err)
		}
	}
}

func TestBlockAndUnblock(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r, secret := d.make(`{}`)
	for _, name := range []string{r.ID, secret, r.Hash.String(), strings.ToUpper(r.Hash.String())} {
		if got, err := d.Block(t.Context(), me, name); err != nil || !got.Blocked || !d.find(r.ID).Blocked {
			t.Errorf("Block(%s) = %+v, %v", name, got, err)
		}
		if got, err := d.Unblock(t.Context(), me, name); err != nil || got.Blocked || d.find(r.ID).Blocked {
			t.Errorf("Unblock(%s) = %+v, %v", name, got, err)
		}
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, _ := d.make(`{"key_alias":"a"}`)
	b, _ := d.make(`{}`)
	wantError(t, d.Delete(t.Context(), me, nil), llm.InvalidRequest, "keys", "no key is named")
	wantError(t, d.Delete(t.Context(), me, []string{"a", "nobody"}), llm.NotFound, "key", `"nobody"`)
	d.find("a")
	// One key under two names is one key.
	if err := d.Delete(t.Context(), me, []string{"a", a.ID, b.ID}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{a.ID, b.ID} {
		_, err := d.Find(t.Context(), id)
		wantError(t, err, llm.NotFound, "key", id)
	}
}

func TestStaticKeysAreShownAndNotChanged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.make(`{"key_alias":"a"}`)
	id := keys.StaticID(keys.Sum(staticSecret))
	for _, name := range []string{id, staticSecret, keys.Sum(staticSecret).String()} {
		if r := d.find(name); r.ID != id || !r.Static {
			t.Errorf("Find(%s) = %+v", name, r)
		}
		_, err := d.Update(t.Context(), me, name, set(t, `{"rpm_limit":1}`))
		wantError(t, err, llm.Conflict, "key", "change it there")
	}
	_, _, err := d.Rotate(t.Context(), me, id, keys.Rotation{})
	wantError(t, err, llm.Conflict, "key", "change it there")
	_, err = d.Block(t.Context(), me, id)
	wantError(t, err, llm.Conflict, "key", "change it there")
	wantError(t, d.Delete(t.Context(), me, []string{"a", id}), llm.Conflict, "key", "change it there")
	d.find("a")

	for _, tt := range []struct {
		query  keys.Query
		static int
		stored int
		total  int
	}{
		{keys.Query{Limit: 10}, 1, 1, 2},
		{keys.Query{Limit: 1}, 1, 0, 2},
		{keys.Query{Limit: 1, Offset: 1}, 0, 1, 2},
		{keys.Query{Limit: 1, Offset: 2}, 0, 0, 2},
		{keys.Query{Limit: 10, Alias: "a"}, 0, 1, 1},
		{keys.Query{Limit: 10, Team: "x"}, 0, 0, 0},
	} {
		page, err := d.List(t.Context(), tt.query)
		if err != nil {
			t.Fatal(err)
		}
		static, stored := 0, 0
		for _, r := range page.Records {
			if r.Static {
				static++
			} else {
				stored++
			}
		}
		if static != tt.static || stored != tt.stored || page.Total != tt.total {
			t.Errorf("%+v: %d static and %d stored of %d", tt.query, static, stored, page.Total)
		}
	}
}

func TestChangesAreToldOf(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	by := keys.Actor{ID: "socket", UID: 1000, IP: "10.0.0.1"}
	team, err := d.CreateTeam(t.Context(), by, "Blue", "")
	if err != nil {
		t.Fatal(err)
	}
	r, secret, err := d.Generate(t.Context(), by, "", set(t, `{"key_alias":"a","team_id":"Blue","metadata":{"note":"private"}}`))
	if err != nil {
		t.Fatal(err)
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = d.Update(t.Context(), by, "a", set(t, `{"rpm_limit":1,"max_budget":null}`))
	do(err)
	_, _, err = d.Rotate(t.Context(), by, "a", keys.Rotation{})
	do(err)
	_, err = d.Block(t.Context(), by, "a")
	do(err)
	_, err = d.Unblock(t.Context(), by, "a")
	do(err)
	do(d.Delete(t.Context(), by, []string{"a"}))
	_, _, err = d.Import(t.Context(), by, []keys.Imported{{Token: strings.Repeat("ab", 32)}})
	do(err)
	// What fails is no change.
	_, err = d.Block(t.Context(), by, "nobody")
	wantError(t, err, llm.NotFound, "key", "nobody")

	var lines []string
	for _, e := range d.events {
		lines = append(lines, string(e.AppendJSON(nil)))
	}
	common := `{"time":"2026-11-24T12:00:00.000Z","actor":"socket","uid":1000,"client_ip":"10.0.0.1","action":`
	named := `,"key_id":"` + r.ID + `","key_alias":"a","team_id":"` + team.ID + `"`
	want := []string{
		common + `"team.new","team_id":"` + team.ID + `"}`,
		common + `"key.generate"` + named + `,"changed":["key_alias","team_id","metadata"]}`,
		common + `"key.update"` + named + `,"changed":["rpm_limit","max_budget"]}`,
		common + `"key.regenerate"` + named + `}`,
		common + `"key.block"` + named + `}`,
		common + `"key.unblock"` + named + `}`,
		common + `"key.delete"` + named + `}`,
	}
	if diff := cmp.Diff(want, lines[:len(lines)-1]); diff != "" {
		t.Errorf("the audit log (-want +got):\n%s", diff)
	}
	if last := lines[len(lines)-1]; !strings.Contains(last, `"key.import","key_id":"key_`) {
		t.Errorf("the last line is %s", last)
	}
	if all := strings.Join(lines, "\n"); strings.Contains(all, secret.Reveal()) || strings.Contains(all, "private") {
		t.Errorf("the audit log has too much: %s", all)
	}
	if d.synced != len(d.events) {
		t.Errorf("%d changes were told to the gateway, want %d", d.synced, len(d.events))
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made, err := d.CreateTeam(t.Context(), me, "Blue", "")
	if err != nil || !strings.HasPrefix(made.ID, "team_") {
		t.Fatalf("CreateTeam = %+v, %v", made, err)
	}
	if _, err := d.CreateTeam(t.Context(), me, "Red", "red-1"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		alias, id string
		kind      llm.Kind
		param     string
		words     string
	}{
		{"", "", llm.InvalidRequest, "team_alias", "has a name"},
		{"sk-12345678", "", llm.InvalidRequest, "team_alias", "secret"},
		{"Blue", "", llm.Conflict, "team_alias", "already"},
		{"Green", "red-1", llm.Conflict, "team_id", "already"},
		{"Green", "a b", llm.InvalidRequest, "team_id", "letters"},
	} {
		_, err := d.CreateTeam(t.Context(), me, tt.alias, tt.id)
		wantError(t, err, tt.kind, tt.param, tt.words)
	}
	for _, name := range []string{made.ID, "Blue"} {
		if got, err := d.Team(t.Context(), name); err != nil || got.ID != made.ID {
			t.Errorf("Team(%s) = %+v, %v", name, got, err)
		}
	}
	_, err = d.Team(t.Context(), "Green")
	wantError(t, err, llm.NotFound, "team_id", "Green")
	_, err = d.Team(t.Context(), "")
	wantError(t, err, llm.InvalidRequest, "team_id", "no team is named")
}

func TestABrokenStoreIsSaidToBeOne(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "llmgw.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	m := keys.NewManager(keys.ManagerOptions{Store: store, Period: func(string) error { return nil }})
	_, _, err = m.Generate(t.Context(), me, "", new(keys.Settings))
	wantError(t, err, llm.Overloaded, "", "nothing was changed")
	if e := llm.AsError(err); e.Cause == nil || e.RetryAfter == 0 || e.Code != "store_unavailable" {
		t.Errorf("error = %+v", e)
	}
}
