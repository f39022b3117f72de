package echo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestInstanceFitsTheSchema(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		``:     `{}`,
		`{}`:   `{}`,
		`true`: `null`,
		`{"type":"object","properties":{"b":{"type":"boolean"},"a":{"type":"number"}}}`: `{"a":1,"b":true}`,
		`{"type":["string","null"]}`:                           `"echo"`,
		`{"type":"string","minLength":6}`:                      `"echooo"`,
		`{"type":"string","format":"date"}`:                    `"2026-01-02"`,
		`{"type":"integer","minimum":5}`:                       `5`,
		`{"type":"integer","minimum":-5}`:                      `1`,
		`{"type":"array","items":{"type":"integer"}}`:          `[1]`,
		`{"items":{"type":"integer"},"minItems":3}`:            `[1,1,1]`,
		`{"type":"array"}`:                                     `[]`,
		`{"enum":["x","y"]}`:                                   `"x"`,
		`{"const":{"k":1}}`:                                    `{"k":1}`,
		`{"anyOf":[{"type":"null"},{"type":"string"}]}`:        `null`,
		`{"oneOf":[{"type":"string"}]}`:                        `"echo"`,
		`{"allOf":[{"type":"string"}]}`:                        `"echo"`,
		`{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}`: `"echo"`,
		`{"$ref":"https://elsewhere"}`:                         `null`,
		`{"properties":{"k\"ey":{"type":"string"}}}`:           `{"k\"ey":"echo"}`,
		`{"properties":{"n":{"$ref":"#"}}}`:                    strings.Repeat(`{"n":`, 7) + "null" + strings.Repeat("}", 7),
	} {
		if got := instance(json.RawMessage(raw)); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func FuzzInstance(f *testing.F) {
	for _, s := range []string{
		`{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"$ref":"#"}}}`,
		`{"type":"array","minItems":1000000,"items":{"type":"array","minItems":1000000,"items":{}}}`,
		`{"minimum":1e400,"type":"number"}`, `{"enum":[1.0]}`, `{"const":null}`, `{"minLength":99999999999,"type":"string"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		got := instance(raw)
		if !json.Valid([]byte(got)) {
			t.Errorf("%s gives %s", raw, got)
		}
		if most := maxNodes*(maxQuote+20) + maxNodes*len(raw)*2; len(got) > most {
			t.Errorf("%d bytes of schema give %d bytes", len(raw), len(got))
		}
	})
}

// FuzzVendor sends any body anywhere: the answer is JSON, or frames of it.
func FuzzVendor(f *testing.F) {
	paths := []string{pathMessages, pathCountTokens, pathChat, pathCompletions, pathEmbeddings}
	for i := range paths {
		for _, body := range []string{
			`{"model":"hello","messages":[{"role":"user","content":"hi"}],"prompt":"a","input":["a"]}`,
			`{"model":"thinking,long-5,cached","stream":true,"max_tokens":3,"messages":[{"role":"user","content":[{"type":"text","text":"\ud800"}]}],"prompt":["a"],"n":2}`,
			`{"model":"tools,parallel","tools":[{"type":"function","name":"a\"b","input_schema":{},"function":{"name":"x","parameters":{}}}],"messages":[],"stream":true}`,
			`{"model":"broken-tool-args","tool_choice":{"type":"any"},"tools":[{"name":"","input_schema":null}],"messages":[{"role":"tool","content":null}]}`,
			`{"model":"stream-error,cut-1","stream":true,"prompt":[[1,2],[3]],"messages":[{"role":"user"}]}`, `[]`, `{"model":3}`, ``,
		} {
			f.Add(uint8(i), []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, where uint8, body []byte) {
		if bytes.Contains(body, []byte("stall")) || bytes.Contains(body, []byte("delay")) || bytes.Contains(body, []byte("pace")) {
			return
		}
		req := (&http.Request{
			URL: &url.URL{Path: paths[int(where)%len(paths)]}, Body: io.NopCloser(bytes.NewReader(body)),
		}).WithContext(t.Context())
		resp, err := vendor{}.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err != nil || len(got) == 1<<20 {
			return // cut, as asked, or too long to look at
		}
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
			if !json.Valid(got) {
				t.Errorf("%s\ngives %s", body, got)
			}
			return
		}
		for line := range strings.Lines(string(got)) {
			data, ok := strings.CutPrefix(line, "data: ")
			if ok && data != "[DONE]\n" && !json.Valid([]byte(data)) {
				t.Errorf("%s\ngives the frame %s", body, data)
			}
		}
	})
}
