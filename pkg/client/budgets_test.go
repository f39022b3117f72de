package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/client"
)

func TestBudgets(t *testing.T) {
	t.Parallel()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		switch r.URL.Path {
		case adminapi.BudgetInfo:
			if r.URL.Query().Get("name") == "none" {
				fmt.Fprint(w, `[]`)
				return
			}
			fallthrough
		case adminapi.BudgetList:
			fmt.Fprint(w, `[{"name":"team","limit_usd":1.50,"spent_usd":0}]`)
		default:
			fmt.Fprint(w, `{"name":"team","limit_usd":1.50,"accounts":["key a"]}`)
		}
	}))
	t.Cleanup(server.Close)
	c, err := client.New(client.Options{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	one := func(b *adminapi.Budget, err error) {
		t.Helper()
		if err != nil || b.Name != "team" || b.Limit != "1.50" {
			t.Errorf("answer = %+v, %v", b, err)
		}
	}
	ctx := t.Context()
	one(c.NewBudget(ctx, adminapi.NewBudget{Name: "team", BudgetSettings: adminapi.BudgetSettings{MaxBudget: adminapi.Some(json.Number("1.50")), Keys: adminapi.Some([]string{"a"})}}))
	one(c.BudgetInfo(ctx, "a & b"))
	one(c.UpdateBudget(ctx, adminapi.UpdateBudget{Name: "team", NewName: adminapi.Some("x"), BudgetSettings: adminapi.BudgetSettings{SoftBudget: adminapi.None[json.Number](), AddKeys: []string{"b"}}}))
	one(c.ResetBudget(ctx, "team"))
	one(c.DeleteBudget(ctx, "team"))
	if list, err := c.ListBudgets(ctx); err != nil || len(list) != 1 {
		t.Errorf("list = %+v, %v", list, err)
	}
	if _, err := c.BudgetInfo(ctx, "none"); !isForeign(err) {
		t.Errorf("info of none = %v", err)
	}
	want := []string{
		`POST /budget/new {"max_budget":1.50,"keys":["a"],"name":"team"}` + "\n",
		"GET /budget/info?name=a+%26+b ",
		`POST /budget/update {"soft_budget":null,"add_keys":["b"],"name":"team","new_name":"x"}` + "\n",
		`POST /budget/reset {"name":"team"}` + "\n",
		`POST /budget/delete {"name":"team"}` + "\n",
		"GET /budget/list ",
		"GET /budget/info?name=none ",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func isForeign(err error) bool {
	var foreign *client.ForeignError
	return errors.As(err, &foreign)
}
