package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/llmgw/llmgw/pkg/secret"
)

// address decides where the model is: the written address, else the vendor's
// own variable, else the vendor's own address.
func (r *resolver) address(m *Model, v *Vendor, path string) {
	own := r.opts.ownBase(v)
	if m.APIBase == "" {
		m.APIBase = r.variableBase(v)
	}
	if m.APIBase == "" {
		m.APIBase = own
	} else if m.APIBase != own {
		m.APIBase = completeBase(m.APIBase, own, v.Path)
	}
	if m.APIBase == "" {
		if !r.reported(path + ".api_base") {
			r.fail(path+".api_base", CodeMissingKey, addressHint(v), "the address of %s is not known", v.Name)
		}
		return
	}
	u, err := url.Parse(m.APIBase)
	if err != nil {
		return // parsed before
	}
	switch {
	case v.Name == "anthropic" && strings.HasSuffix(u.Path, "/v1"):
		r.warn(path+".api_base", CodeLooseValue, "leave /v1 out", "Anthropic's address does not end in /v1, which is added to it")
		m.APIBase = strings.TrimSuffix(m.APIBase, "/v1")
	case usuallyV1(v) && strings.Trim(u.Path, "/") == "":
		r.warn(path+".api_base", CodeLooseValue, "add /v1 if the server has it", "addresses of servers with OpenAI's API usually end in /v1")
	}
}

// usuallyV1 reports whether a vendor's name stands for any server with OpenAI's API.
func usuallyV1(v *Vendor) bool { return v.Name == "openai" || v.BaseURL == "" && v.Path == "" }

// addressHint says how a vendor's address can be told.
func addressHint(v *Vendor) string {
	ways := []string{"write api_base"}
	if len(v.BaseVars) > 0 {
		ways = append(ways, "export "+v.BaseVars[0])
	}
	for _, place := range placeholder.FindAllStringSubmatch(v.BaseURL, -1) {
		name, _, _ := strings.Cut(place[1], "|")
		ways = append(ways, "export "+name)
	}
	return strings.Join(ways, ", or ")
}

// completeBase adds to an address what vendors' manuals leave out: everything to
// the vendor's own host, and path to any other. Path may be the end of an address,
// or, with a slash in front, all of it.
func completeBase(base, own, path string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base // parsed before
	}
	written := strings.TrimRight(u.Path, "/")
	if o, err := url.Parse(own); err == nil && written == "" && u.Scheme == o.Scheme && u.Host == o.Host {
		return own
	}
	switch whole := strings.HasPrefix(path, "/"); {
	case path == "", strings.HasSuffix(written, "/"+strings.TrimPrefix(path, "/")):
		return base
	case !whole:
		return base + "/" + path
	case strings.HasPrefix(path, written+"/"):
		return base + strings.TrimPrefix(path, written)
	default:
		return base
	}
}

// variableBase is the address in a variable of the vendor's, "" where there is
// none. What is wrong with it is reported once.
func (r *resolver) variableBase(v *Vendor) string {
	variable, base, problem := r.opts.variableBase(v)
	if problem != "" {
		at := Problem{
			Severity: Warning, Code: CodeBadURL, Position: Position{File: "$" + variable}, Message: problem + " and is not used",
			Hint: "unset it, or write api_base",
		}
		if !slices.Contains(r.problems, at) {
			r.add(at)
		}
	}
	return base
}

// variableBase reads the address in a vendor's variable. One that points back at the
// gateway is not used: clients of the gateway set it so.
func (o Options) variableBase(v *Vendor) (variable, base, problem string) {
	variable, text := o.firstEnv(v.BaseVars)
	if text == "" {
		return "", "", ""
	}
	u, problem := parseBase(text)
	switch {
	case problem != "":
		return variable, "", "the address " + problem
	case o.isOwn(u):
		return variable, "", "this is the gateway's own address"
	default:
		return variable, strings.TrimRight(u.String(), "/"), ""
	}
}

// ownBase is the vendor's own address; "" where it has none, or a part of it is in
// a variable that is not set.
func (o Options) ownBase(v *Vendor) string {
	base, ok := o.expand(v.BaseURL, "")
	if _, problem := parseBase(base); !ok || problem != "" {
		return ""
	}
	return base
}

// vendorHeaders adds the fields that the vendor wants; what the file says wins.
func (r *resolver) vendorHeaders(m *Model, v *Vendor) {
	for name, template := range v.Headers {
		value, ok := r.opts.expand(template, m.APIKey.Reveal())
		if _, written := m.Headers[name]; !ok || written {
			continue
		}
		if value = strings.TrimSpace(value); strings.ContainsFunc(value, unicode.IsControl) {
			r.fail(m.Path+".litellm_params", CodeBadValue, "correct the variable that it is made of", "the header field %s would have a control character in it", name)
			continue
		}
		if m.Headers == nil {
			m.Headers = make(map[string]secret.Text, len(v.Headers))
		}
		m.Headers[name] = secret.New(value)
	}
}

// placeholder is a place in a template: {key}, or {A|B} for variables.
var placeholder = regexp.MustCompile(`\{([A-Za-z0-9_|]+)\}`)

// expand fills in a template. It reports whether there was a value for each place.
func (o Options) expand(template, key string) (text string, ok bool) {
	ok = true
	text = placeholder.ReplaceAllStringFunc(template, func(place string) string {
		names := strings.Trim(place, "{}")
		value := key
		if names != "key" {
			_, value = o.firstEnv(strings.Split(names, "|"))
		}
		ok = ok && value != ""
		return value
	})
	return text, ok
}
