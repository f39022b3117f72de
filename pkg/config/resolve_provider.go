package config

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/secret"
)

// provider finds out at which vendor a model is, under which name, where, and
// with which credential.
func (r *resolver) provider(m *Model, e *ModelEntry) {
	path := m.Path + ".litellm_params"
	base, host, ok := r.apiBase(e.LiteLLMParams.APIBase, path+".api_base")
	if !ok || e.LiteLLMParams.Model == "" {
		return // reported already
	}
	v, model, ok := r.vendor(e.LiteLLMParams.Model, host, path+".model")
	if !ok {
		return
	}
	m.Provider, m.UpstreamModel, m.APIBase = v.name, model, base
	if m.Mode != "" && !slices.Contains(v.modes, m.Mode) {
		r.fail(m.Path+".model_info.mode", "write "+strings.Join(v.modes, " or "), "%s has no models of the mode %q", v.name, m.Mode)
	}
	if v.base == "" {
		return // no address, no credential
	}
	r.address(m, v, path)
	r.credential(m, v, e.LiteLLMParams.APIKey, path)
}

// vendor tells the vendor of a model and the vendor's name for it: by the part
// before the first slash, else by how the name begins, else by the address.
func (r *resolver) vendor(model, host, path string) (vendor, string, bool) {
	prefix, rest, hasPrefix := strings.Cut(model, "/")
	if v, ok := vendorNamed(prefix); ok && hasPrefix && rest != "" {
		return v, rest, true
	}
	if later := laterVendor(model, host); later != "" || hasPrefix {
		r.noVendor(model, later, path)
		return vendor{}, "", false
	}
	if v, ok := vendorOfModel(model); ok {
		return v, model, true
	}
	if v, ok := vendorOfHost(host); ok {
		return v, model, true
	}
	r.noVendor(model, "", path)
	return vendor{}, "", false
}

// noVendor says what to write instead of a model whose provider is not there.
func (r *resolver) noVendor(model, later, path string) {
	prefix, _, hasPrefix := strings.Cut(model, "/")
	if hasPrefix && slices.Contains(strings.Fields(laterVendors), prefix) {
		later = prefix
	}
	hint := "write PROVIDER/MODEL with one of: " + vendorNames() +
		"; for another server with OpenAI's API write openai/MODEL and its api_base"
	switch {
	case later != "":
		r.fail(path, hint, "the provider %s of %q is not supported by this version of llmgw", later, model)
	case hasPrefix:
		r.fail(path, hint, "the provider %q is not known", prefix)
	default:
		r.fail(path, hint, "the name %q does not tell its provider", model)
	}
}

// apiBase checks a written address and gives it without a slash at its end, and
// its host. The address is never quoted: it may hold a password.
func (r *resolver) apiBase(text, path string) (base, host string, ok bool) {
	if text == "" {
		return "", "", true
	}
	u, problem := parseBase(text)
	if problem != "" {
		r.fail(path, "write one such as https://api.example.com/v1", "the address %s", problem)
		return "", "", false
	}
	if r.isOwn(u) {
		r.fail(path, "write the provider's address", "this is the gateway's own address: it would call itself")
		return "", "", false
	}
	return strings.TrimRight(u.String(), "/"), u.Hostname(), true
}

// parseBase parses a provider's address and says what is wrong with it.
func parseBase(text string) (u *url.URL, problem string) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, "is no URL"
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, "does not begin with http:// or https://"
	case u.Hostname() == "":
		return nil, "has no host"
	case u.User != nil:
		return nil, "has a user or password in it"
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, "has a query or fragment in it"
	default:
		return u, ""
	}
}

// isOwn reports whether an address is the gateway's own: a loopback host and the
// port the gateway listens on.
func (r *resolver) isOwn(u *url.URL) bool {
	_, port, err := net.SplitHostPort(r.cfg.Listen)
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
	return err == nil && port != "0" && loopback && u.Port() == port
}

// address decides where the model is: the written address, else the vendor's
// own variable, else the vendor's own address.
func (r *resolver) address(m *Model, v vendor, path string) {
	if m.APIBase == "" {
		m.APIBase = r.vendorBase(v)
	}
	u, err := url.Parse(m.APIBase)
	if err != nil {
		return // parsed before
	}
	switch {
	case v.name == "anthropic" && strings.HasSuffix(u.Path, "/v1"):
		r.warn(path+".api_base", "leave /v1 out", "Anthropic's address does not end in /v1, which is added to it")
		m.APIBase = strings.TrimSuffix(m.APIBase, "/v1")
	case v.name == "openai" && strings.Trim(u.Path, "/") == "":
		r.warn(path+".api_base", "add /v1 if the server has it", "addresses of servers with OpenAI's API usually end in /v1")
	}
}

// vendorBase is the vendor's address where the file has none. A variable that
// points back at the gateway is not used: clients of the gateway set it so.
func (r *resolver) vendorBase(v vendor) string {
	variable, text := r.opts.firstEnv(v.baseVars)
	if text == "" {
		return v.base
	}
	at := Problem{Severity: Warning, Position: Position{File: "$" + variable}, Hint: "unset it, or write api_base"}
	u, problem := parseBase(text)
	switch {
	case problem != "":
		at.Message = "the address " + problem + " and is not used"
	case r.isOwn(u):
		at.Message = "this is the gateway's own address and is not used"
	default:
		return strings.TrimRight(u.String(), "/")
	}
	if !slices.Contains(r.problems, at) {
		r.add(at)
	}
	return v.base
}

// credential decides which credential is used: the written one, else the
// vendor's usual variable.
func (r *resolver) credential(m *Model, v vendor, written secret.Text, path string) {
	m.APIKey = written
	if !written.Empty() {
		r.headerSafe(written, path+".api_key")
		return
	}
	name, value := r.opts.firstEnv(v.keyVars)
	if value != "" {
		m.APIKey = secret.New(value)
		r.headerSafe(m.APIKey, "$"+name)
		return
	}
	if m.APIBase == v.base && !r.reported(path+".api_key") {
		r.warn(path, "set api_key, or export "+v.keyVars[0], "there is no credential for %s: calls will be refused there", v.name)
	}
}
