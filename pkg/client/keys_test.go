package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/client"
)

// oneKey is a key as a server writes it.
const oneKey = `{"key_id":"key_1","token":"ab","key_name":"sk-…wxyz","source":"store","models":[],"spend":0.10}`

func TestKeyRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		call   func(context.Context, *client.Client) (any, error)
		want   string // method, path and body
		answer string
		result any
	}{
		{
			"generate", func(ctx context.Context, c *client.Client) (any, error) {
				a, err := c.GenerateKey(ctx, adminapi.GenerateRequest{KeySettings: adminapi.KeySettings{
					Alias: adminapi.Some("ci"), RPM: adminapi.Some[int64](60), MaxBudget: adminapi.Some(json.Number("1.50")),
				}})
				return a.Secret + " " + a.ID, err
			},
			`POST /key/generate {"key_alias":"ci","rpm_limit":60,"max_budget":1.50}`,
			`{"key":"sk-new",` + oneKey[1:], "sk-new key_1",
		},
		{
			"info", func(ctx context.Context, c *client.Client) (any, error) {
				k, err := c.KeyInfo(ctx, "a b&c")
				return k.ID + " " + k.Spend.String(), err
			},
			`GET /key/info?key=a+b%26c`, `{"key":"a b&c","info":` + oneKey + `}`, "key_1 0.10",
		},
		{
			"update", func(ctx context.Context, c *client.Client) (any, error) {
				k, err := c.UpdateKey(ctx, adminapi.UpdateRequest{
					Key: "ci", KeySettings: adminapi.KeySettings{RPM: adminapi.None[int64](), Models: adminapi.Some([]string{"a"})},
				})
				return k.ID, err
			},
			`POST /key/update {"models":["a"],"rpm_limit":null,"key":"ci"}`, oneKey, "key_1",
		},
		{
			"regenerate", func(ctx context.Context, c *client.Client) (any, error) {
				a, err := c.RegenerateKey(ctx, adminapi.RegenerateRequest{Key: "ci", GracePeriod: "24h"})
				return a.Secret, err
			},
			`POST /key/regenerate {"key":"ci","grace_period":"24h"}`, `{"key":"sk-2",` + oneKey[1:], "sk-2",
		},
		{
			"block", func(ctx context.Context, c *client.Client) (any, error) {
				k, err := c.BlockKey(ctx, "ci")
				return k.ID, err
			},
			`POST /key/block {"key":"ci"}`, oneKey, "key_1",
		},
		{
			"unblock", func(ctx context.Context, c *client.Client) (any, error) {
				k, err := c.UnblockKey(ctx, "ci")
				return k.ID, err
			},
			`POST /key/unblock {"key":"ci"}`, oneKey, "key_1",
		},
		{
			"delete", func(ctx context.Context, c *client.Client) (any, error) {
				return c.DeleteKeys(ctx, adminapi.DeleteRequest{Keys: []string{"ci", "key_2"}})
			},
			`POST /key/delete {"keys":["ci","key_2"]}`, `{"deleted_keys":["ci","key_2"]}`,
			[]string{"ci", "key_2"},
		},
		{
			"import", func(ctx context.Context, c *client.Client) (any, error) {
				a, err := c.ImportKeys(ctx, adminapi.ImportRequest{Keys: []adminapi.ImportedKey{{Token: "ab"}}})
				return a.Skipped, err
			},
			`POST /key/import {"keys":[{"token":"ab"}]}`, `{"imported":[],"skipped":["ab"]}`,
			[]string{"ab"},
		},
		{
			"new team", func(ctx context.Context, c *client.Client) (any, error) {
				team, err := c.NewTeam(ctx, adminapi.NewTeam{Alias: "a"})
				return team.ID, err
			},
			`POST /team/new {"team_alias":"a"}`, `{"team_id":"t1","team_alias":"a"}`, "t1",
		},
		{
			"team info", func(ctx context.Context, c *client.Client) (any, error) {
				team, err := c.TeamInfo(ctx, "t1")
				return team.Alias, err
			},
			`GET /team/info?team_id=t1`, `{"team_id":"t1","team_info":{"team_id":"t1","team_alias":"a"}}`, "a",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got string
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = strings.TrimSpace(r.Method + " " + r.RequestURI + " " + string(body))
				fmt.Fprint(w, tt.answer)
			})
			result, err := tt.call(t.Context(), c)
			if err != nil || got != tt.want {
				t.Errorf("asked %s, %v, want %s", got, err, tt.want)
			}
			if diff := cmp.Diff(tt.result, result); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// pages serves a list of n keys; total is what it says of its pages, 0 the truth.
func pages(n, total int) (handler http.HandlerFunc, asked *[]string) {
	asked = new([]string)
	return func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.RawQuery)
		var page, size int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		_, _ = fmt.Sscan(r.URL.Query().Get("size"), &size)
		answer := adminapi.ListAnswer{Keys: []adminapi.Key{}, TotalCount: n, Page: page, TotalPages: (n + size - 1) / size}
		if total > 0 {
			answer.TotalPages = total
		}
		for i := (page - 1) * size; i < min(page*size, n); i++ {
			answer.Keys = append(answer.Keys, adminapi.Key{ID: strconv.Itoa(i)})
		}
		_ = json.NewEncoder(w).Encode(answer)
	}, asked
}

func TestListKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ keys, says, pages int }{
		{0, 0, 1},
		{1, 0, 1},
		{100, 0, 1},
		{101, 0, 2},
		{250, 0, 3},
		{150, 99, 3}, // an empty page ends the list, whatever the server says
	} {
		handler, asked := pages(tt.keys, tt.says)
		keys, err := serve(t, handler).ListKeys(t.Context())
		if err != nil || keys == nil || len(keys) != tt.keys || len(*asked) != tt.pages {
			t.Errorf("%d keys: got %d with %v, %v", tt.keys, len(keys), *asked, err)
		}
		if want := "page=1&return_full_object=true&size=100"; (*asked)[0] != want {
			t.Errorf("asked %s, want %s", (*asked)[0], want)
		}
	}
}

func TestKeysStopsWhenNobodyWantsMore(t *testing.T) {
	t.Parallel()
	handler, asked := pages(250, 0)
	for key, err := range serve(t, handler).Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if key.ID == "50" {
			break
		}
	}
	if len(*asked) != 1 {
		t.Errorf("asked %v", *asked)
	}
}

func TestListsThatFail(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := serve(t, answer(403, `{"error":{"message":"not you"}}`))
	_, keys := c.ListKeys(ctx)
	_, teams := c.ListTeams(ctx)
	_, team := c.FindTeam(ctx, "a")
	_, info := c.KeyInfo(ctx, "a")
	_, teamInfo := c.TeamInfo(ctx, "a")
	_, deleted := c.DeleteKeys(ctx, adminapi.DeleteRequest{})
	_, generated := c.GenerateKey(ctx, adminapi.GenerateRequest{})
	for _, err := range []error{keys, teams, team, info, teamInfo, deleted, generated} {
		if !errors.Is(err, client.ErrForbidden) || err.Error() != "not you" {
			t.Errorf("err = %v", err)
		}
	}
	endless := serve(t, answer(200, `{"keys":[{"key_id":"a"}],"total_pages":1000000}`))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := 0
	for _, err := range endless.Keys(ctx) {
		if n++; n == 3 {
			cancel()
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	}
	if n != 4 {
		t.Errorf("the list went on to %d", n)
	}
}

func TestFindTeam(t *testing.T) {
	t.Parallel()
	c := serve(t, answer(200, `[{"team_id":"t1","team_alias":"a"},{"team_id":"a","team_alias":"b"},`+
		`{"team_id":"t3","team_alias":"c"},{"team_id":"t4","team_alias":"c"}]`))
	for name, want := range map[string]string{"t1": "t1", "a": "a", "b": "a"} {
		team, err := c.FindTeam(t.Context(), name)
		if err != nil || team.ID != want {
			t.Errorf("%s: %v, %v, want %s", name, team, err, want)
		}
	}
	if _, err := c.FindTeam(t.Context(), "x"); !errors.Is(err, client.ErrNotFound) || err.Error() != `there is no team "x"` {
		t.Errorf("err = %v", err)
	}
	if _, err := c.FindTeam(t.Context(), "c"); err == nil || !strings.Contains(err.Error(), "t3, t4") {
		t.Errorf("err = %v", err)
	}
}
