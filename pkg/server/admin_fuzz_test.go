package server

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/llm"
)

// checkDecoded checks what must be true of every body: what is taken is JSON, and
// what is not is told in words.
func checkDecoded(t *testing.T, body []byte, err error) {
	t.Helper()
	if err == nil {
		if len(body) > 0 && !json.Valid(body) {
			t.Errorf("%q was taken, which is no JSON", body)
		}
		return
	}
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || e.Kind != llm.InvalidRequest || e.Message == "" {
		t.Errorf("error = %v, want words", err)
	}
}

func FuzzDecodeKey(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `{"key_alias":"a","rpm_limit":null,"models":["a"],"max_budget":1e2,"metadata":{"a":{"b":[1.0]}}}`,
		`{"blocked":true,"bl\u006fcked":true}`, `{"user_id":"u","tags":[],"guardrails":[1]}`, `{"\ud800":1}`, `{"a":1`, `{"key":"sk-1"} x`,
		`{"rpm_limit":1.5}`, `{"max_budget":"1"}`, `{"KEY":"x"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var req adminapi.GenerateRequest
		kept, err := decode(body, "", &req)
		checkDecoded(t, body, err)
		for name, value := range kept {
			if !json.Valid(value) {
				t.Errorf("the note %s is %q, which is no JSON", name, value)
			}
		}
	})
}

func FuzzDecodeImports(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{}]`, `{}`, `[{"token":"ab","expires":"2027-01-02T03:04:05Z","created_at":null,"key_name":"sk-...wxyz","rpm_limit":5}]`,
		`[{"token":1}]`, `[{"tags":["a"],"metadata":{}},{"token":"x"}`, `[1,2]`, `[{"expires":"soon"}]`, `[[]]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		_, err := decodeImports(list)
		if err != nil {
			checkDecoded(t, nil, err)
		}
	})
}

func FuzzDecodeBudget(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"name":"a","max_budget":1e2,"budget_duration":"30d","hard":false,"alert_threshold":0.8,"keys":["a"],"add_keys":[],"remove_keys":["b"]}`,
		`{"soft_budget":null,"new_name":"b"}`, `{"keys":null}`, `{"keys":[1]}`, `{"tpm_limit":1}`, `{"max_budget":-0}`, `{"max_budget":"1"}`, `{"tags":[1]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var made adminapi.NewBudget
		checkDecoded(t, body, decodePlain(body, &made))
		var changed adminapi.UpdateBudget
		checkDecoded(t, body, decodePlain(body, &changed))
	})
}
