package catalog

import "strings"

// Lookup finds a model by the name that a configuration or a client gives it.
// The first of these spellings that is known counts:
//
//  1. the name as it is;
//  2. without the provider's own prefix ("anthropic/claude-…",
//     "us.anthropic.claude-…-v1:0", whose version goes too), without what a
//     vendor appends to the names of tuned models ("ft:gpt-4o-2024-08-06:org::id"),
//     and with "-" for "@" before a date;
//  3. without a date or "-latest", "@latest", "@default" at its end;
//  4. for a name without a date, or with one that is not known, the newest dated
//     model of that name ("claude-3-7-sonnet-latest").
//
// It never looks at another provider: the same model costs differently
// elsewhere.
func (c *Catalog) Lookup(provider, model string) (*Model, bool) {
	plain := plainName(provider, model)
	undated := withoutDate(plain)
	for _, name := range [...]string{model, plain, undated} {
		if m, ok := c.named[key{provider, name}]; ok {
			return m, true
		}
	}
	m, ok := c.newest[key{provider, undated}]
	return m, ok
}

// Find looks a bare name up with every provider. The result is sorted by
// provider.
func (c *Catalog) Find(model string) []*Model {
	var found []*Model
	for _, provider := range c.Providers() {
		if m, ok := c.Lookup(provider, model); ok {
			found = append(found, m)
		}
	}
	return found
}

// plainName takes off everything that names the way to a model instead of the
// model.
func plainName(provider, model string) string {
	name := strings.TrimPrefix(model, provider+"/")
	if i := vendorPrefix(provider, name); i > 0 {
		name = withoutVersion(name[i:])
	}
	if strings.HasPrefix(name, "ft:") {
		name = withoutTuner(name)
	}
	if at := strings.LastIndexByte(name, '@'); at > 0 && dateLen(name[at+1:]) > 0 {
		name = name[:at] + "-" + name[at+1:]
	}
	return name
}

// vendorPrefix returns the length of "<provider>." at the start of the name,
// with a region of lower-case letters and dashes before it ("us-gov."), else 0.
func vendorPrefix(provider, name string) int {
	prefix := provider + "."
	if strings.HasPrefix(name, prefix) {
		return len(prefix)
	}
	region, rest, ok := strings.Cut(name, ".")
	if !ok || !strings.HasPrefix(rest, prefix) || strings.Trim(region, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return 0
	}
	return len(region) + 1 + len(prefix)
}

// withoutVersion takes off Bedrock's version: "-v1", "-v1:0", "-v2:0:200k".
// docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html, read 2026-11.
func withoutVersion(name string) string {
	head, _, _ := strings.Cut(name, ":")
	i := strings.LastIndex(head, "-v")
	if i <= 0 || !digits(head[i+2:]) {
		return name
	}
	return name[:i]
}

// withoutTuner takes off what follows the base model in the name of a tuned
// one: "ft:gpt-4o-2024-08-06:org:suffix:id".
// developers.openai.com/api/docs/guides/model-optimization, read 2026-11.
func withoutTuner(name string) string {
	base, _, _ := strings.Cut(name[len("ft:"):], ":")
	return name[:len("ft:")+len(base)]
}

// withoutDate takes a date, "-latest", "@latest" or "@default" off the end.
func withoutDate(name string) string {
	for _, suffix := range [...]string{"-latest", "@latest", "@default"} {
		if plain, ok := strings.CutSuffix(name, suffix); ok && plain != "" {
			return plain
		}
	}
	for _, n := range [...]int{len("-20250514"), len("-2024-08-06")} {
		if i := len(name) - n; i > 0 && (name[i] == '-' || name[i] == '@') && dateLen(name[i+1:]) > 0 {
			return name[:i]
		}
	}
	return name
}

// dateLen is the length of s where s is a date of this century, "20250514" or
// "2024-08-06"; else 0.
func dateLen(s string) int {
	switch {
	case !strings.HasPrefix(s, "20"):
		return 0
	case len(s) == len("20250514") && digits(s):
		return len(s)
	case len(s) == len("2024-08-06") && s[4] == '-' && s[7] == '-' && digits(s[:4]+s[5:7]+s[8:]):
		return len(s)
	default:
		return 0
	}
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
