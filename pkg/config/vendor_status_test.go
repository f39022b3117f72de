package config

import (
	"strings"
	"testing"
)

func TestVendors(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"OPENAI_API_KEY": "sk-Canary", "ANTHROPIC_BASE_URL": "https://proxy.example.com/", "HOUSE_BASE": "http://u:Canary@h",
		"ACCOUNT": "a1",
	}
	o := Options{LookupEnv: lookup(env), Vendors: []Vendor{
		{Name: "house", KeyVars: []string{"HOUSE_KEY"}, BaseVars: []string{"HOUSE_BASE"}, BaseURL: "https://house.example.com/v1"},
		{Name: "parts", BaseURL: "https://{ACCOUNT}.example.com"},
		{Name: "missing", BaseURL: "https://{NOT_SET}.example.com"},
	}}
	want := map[string][3]string{
		"anthropic": {"", "https://proxy.example.com", "ANTHROPIC_BASE_URL"},
		"openai":    {"OPENAI_API_KEY", "https://api.openai.com/v1", ""},
		"echo":      {"", "", ""},
		"house":     {"", "https://house.example.com/v1", ""},
		"parts":     {"", "https://a1.example.com", ""},
		"missing":   {"", "", ""},
	}
	list := Vendors(o)
	if len(list) != len(want) || list[0].Name != "anthropic" {
		t.Errorf("%d vendors, the first is %s", len(list), list[0].Name)
	}
	for _, s := range list {
		got := [3]string{s.CredentialVar, s.Address, s.AddressVar}
		if got != want[s.Name] || strings.Contains(strings.Join(got[:], ""), "Canary") {
			t.Errorf("%s: %q, want %q", s.Name, got, want[s.Name])
		}
	}
}
