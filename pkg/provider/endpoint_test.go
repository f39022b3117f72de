package provider

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                           "https://fallback.example/v1",
		"http://127.0.0.1:8080/x/1":  "http://127.0.0.1:8080/x/1",
		"https://h.example?api=1#f":  "https://h.example/?api=1",
		"ftp://h.example":            "",
		"h.example/v1":               "",
		"https:///v1":                "",
		"https://u:CANARY@h.example": "",
		"https://h\x7fCANARY":        "",
	} {
		got, err := ParseBaseURL(raw, "https://fallback.example/v1")
		switch {
		case want == "" && err == nil:
			t.Errorf("%q was taken as %s", raw, got)
		case want == "" && strings.Contains(err.Error(), "CANARY"):
			t.Errorf("the error shows the URL: %v", err)
		case want != "" && (err != nil || got.String() != want):
			t.Errorf("%q: got %v, %v, want %s", raw, got, err, want)
		}
	}
}

func TestWithQuery(t *testing.T) {
	t.Parallel()
	base, err := ParseBaseURL("https://h.example/v1?api-version=1", "")
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"":                               "api-version=1",
		"beta=true":                      "api-version=1&beta=true",
		"a=%20b&&c":                      "api-version=1&a=%20b&c",
		"key=CANARY&beta=true":           "api-version=1&beta=true",
		"%6Bey=CANARY":                   "api-version=1",
		"API_KEY=CANARY&access_token=C":  "api-version=1",
		"x=1 HTTP/1.1\r\nA: b&beta=true": "api-version=1&beta=true",
		"x=#":                            "api-version=1",
	} {
		if got := WithQuery(base, query).RawQuery; got != want {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	}
	if base.RawQuery != "api-version=1" {
		t.Error("the shared URL was changed")
	}
}

func FuzzWithQuery(f *testing.F) {
	for _, s := range []string{"beta=true", "key=x&a=b", "%6b%65y=1", "a=\r\n", "&&&", "%zz=1"} {
		f.Add(s)
	}
	base, err := ParseBaseURL("https://h.example/v1", "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		u := WithQuery(base, query)
		if uri := u.RequestURI(); !isPrintable(uri) {
			t.Errorf("%q gives the request URI %q", query, uri)
		}
		for name := range u.Query() {
			if namesCredential(name) {
				t.Errorf("%q passes the credential %q", query, name)
			}
		}
	})
}

func TestFixedHeader(t *testing.T) {
	t.Parallel()
	got, err := FixedHeader("", llm.Header{"x-extra": {"1", "2"}, "accept": {"*/*"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"Accept": {"*/*"}, "Content-Type": {"application/json"}, "User-Agent": {"llmgw"}, "X-Extra": {"1", "2"},
	}
	if diff := cmp.Diff(want, map[string][]string(got)); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	for _, bad := range []llm.Header{
		{"Content-Length": {"1"}},
		{"transfer-encoding": {"chunked"}},
		{"Host": {"x"}},
		{"Connection": {"close"}},
		{"A B": {"1"}},
		{"": {"1"}},
		{"X-A": {"CANARY\r\nX-B: 1"}},
		{"X-A": {"CANARY "}},
		{"X-\u00e4": {"1"}},
	} {
		if _, err := FixedHeader("", bad); err == nil {
			t.Errorf("%q was taken", bad)
		} else if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("the error shows a value: %v", err)
		}
	}
}

func TestCheckCredential(t *testing.T) {
	t.Parallel()
	for key, ok := range map[string]bool{"": true, "sk-1": true, "sk-1\n": false, " sk": false, "s\x00k": false} {
		if err := CheckCredential(secret.New(key)); (err == nil) != ok {
			t.Errorf("%q: got %v", key, err)
		}
	}
}
