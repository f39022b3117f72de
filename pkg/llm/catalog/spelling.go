package catalog

import "strings"

// plainName takes off everything that names the way to a model instead of the
// model.
func plainName(provider, model string) string {
	name := model
	if own := strings.TrimPrefix(model, provider); len(own) < len(model) && strings.HasPrefix(own, "/") {
		name = own[1:]
	}
	switch provider {
	case "bedrock":
		return bedrockName(name)
	case "vertex_ai", "gemini":
		name = googleName(name)
	default:
		if i := vendorPrefix(provider, name); i > 0 {
			name, _ = cutVersion(name[i:])
		}
		if strings.HasPrefix(name, "ft:") {
			name = withoutTuner(name)
		}
	}
	if at := strings.LastIndexByte(name, '@'); provider != "vertex_ai" && at > 0 && dateLen(name[at+1:]) > 0 {
		name = name[:at] + "-" + name[at+1:]
	}
	return name
}

// otherSpellings are further ways in which the vendor writes a plain name.
func otherSpellings(provider, name string) []string {
	switch provider {
	case "fireworks_ai":
		if !strings.Contains(name, "/") {
			return []string{"accounts/fireworks/models/" + name}
		}
	case "bedrock":
		return otherGeographies(name)
	case "vertex_ai":
		if i := len(name) - len("-20250514"); i > 0 && name[i] == '-' && dateLen(name[i+1:]) > 0 {
			return []string{name[:i] + "@" + name[i+1:]}
		}
		if at := strings.LastIndexByte(name, '@'); at > 0 && dateLen(name[at+1:]) > 0 {
			return []string{name[:at] + "-" + name[at+1:]}
		}
	}
	return nil
}

// otherGeographies are a name of Bedrock's with another geography, which costs the
// same, and without any, which may cost less: the last resort, and the first one of
// "global", which costs no more. The government's regions have prices of their own.
func otherGeographies(name string) []string {
	geography, rest, ok := strings.Cut(name, ".")
	if !ok || !strings.Contains(rest, ".") || !isRegion(geography) || geography == "us-gov" {
		return nil
	}
	if geography == "global" {
		return []string{rest}
	}
	return []string{"eu." + rest, "us." + rest, "apac." + rest, rest}
}

// bedrockName takes off the operation ("converse/", "invoke/"), everything of an
// ARN but what it names, and the context window behind a version (":0:200k").
// docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html and
// inference-profiles-support.html, read 2026-11.
func bedrockName(name string) string {
	for _, operation := range [...]string{"converse/", "invoke/", "converse_like/"} {
		name = strings.TrimPrefix(name, operation)
	}
	if strings.HasPrefix(name, "arn:") {
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	if i := strings.LastIndexByte(name, ':'); i > 0 && strings.HasSuffix(name, "k") && digits(name[i+1:len(name)-1]) {
		name = name[:i]
	}
	return name
}

// googleName takes off the path of a model: "publishers/anthropic/models/…",
// "models/…".
func googleName(name string) string {
	if rest, ok := strings.CutPrefix(name, "publishers/"); ok {
		if _, model, ok := strings.Cut(rest, "/models/"); ok {
			return model
		}
	}
	return strings.TrimPrefix(name, "models/")
}

// vendorPrefix returns the length of "<provider>." at the start of the name,
// with a region before it, else 0.
func vendorPrefix(provider, name string) int {
	if rest, ok := strings.CutPrefix(name, provider); ok && strings.HasPrefix(rest, ".") {
		return len(provider) + 1
	}
	region, rest, ok := strings.Cut(name, ".")
	if !ok || !isRegion(region) {
		return 0
	}
	if rest, ok := strings.CutPrefix(rest, provider); ok && strings.HasPrefix(rest, ".") {
		return len(region) + 1 + len(provider) + 1
	}
	return 0
}

// isRegion reports whether s looks like the part of the world of an inference
// profile: "us", "apac", "global", "us-gov".
func isRegion(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == ""
}

// base is what is left of a name without what changes while the model does not.
type base struct {
	// name has no date, dated still has it.
	name, dated string
	// version is what Bedrock writes behind both, "" for none.
	version string
}

// fits reports whether both have one version, or one of them none.
func (b base) fits(asked base) bool {
	return b.version == asked.version || b.version == "" || asked.version == ""
}

func baseOf(provider, name string) base {
	b := base{dated: name}
	if provider == "bedrock" {
		b.dated, b.version = cutVersion(name)
	}
	b.name = withoutDate(b.dated)
	if provider == "vertex_ai" || provider == "gemini" {
		b.name = withoutRevision(b.name)
	}
	return b
}

// withoutRevision takes off the number of a stable version of Google's:
// "gemini-2.0-flash-001", "mistral-small-2503@001".
// cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions, read 2026-11.
func withoutRevision(name string) string {
	i := len(name) - len("-001")
	if i <= 0 || !digits(name[i+1:]) || name[i+1] != '0' {
		return name
	}
	if name[i] == '@' || name[i] == '-' && strings.HasPrefix(name, "gemini-") {
		return name[:i]
	}
	return name
}

// cutVersion cuts Bedrock's version off: "-v1", "-v1:0", "-v2:0:200k".
// docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html, read 2026-11.
func cutVersion(name string) (rest, version string) {
	head, _, _ := strings.Cut(name, ":")
	i := strings.LastIndex(head, "-v")
	if i <= 0 || !digits(head[i+2:]) {
		return name, ""
	}
	return name[:i], head[i+1:]
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
