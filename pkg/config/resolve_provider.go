package config

import (
	"fmt"
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
	v, model := r.vendor(e.LiteLLMParams.Model, host, path+".model")
	if v == nil {
		return
	}
	m.Provider, m.UpstreamModel, m.APIBase = v.Name, model, base
	r.mode(m, v)
	if len(v.KeyVars) == 0 && v.BaseURL == "" && !v.Keyless {
		return // no address, no credential
	}
	r.address(m, v, path)
	r.credential(m, v, e.LiteLLMParams.APIKey, path)
	r.vendorHeaders(m, v)
}

// mode checks model_info.mode against what the vendor has. The table of vendors
// may be behind: who writes a mode knows better.
func (r *resolver) mode(m *Model, v *Vendor) {
	path := m.Path + ".model_info.mode"
	switch {
	case len(v.Modes) == 0:
		r.fail(m.Path+".litellm_params.model", "remove the entry", "%s has no models that this version of llmgw can call", v.Name)
	case m.Mode == "" || slices.Contains(v.Modes, m.Mode):
	case v.onlyModes:
		r.fail(path, "write "+strings.Join(v.Modes, " or "), "%s has no models of the mode %q", v.Name, m.Mode)
	default:
		r.warn(path, "leave it out if that was not meant", "%s is not known to have models of the mode %q", v.Name, m.Mode)
	}
}

// vendor tells the vendor of a model and the vendor's name for it: by the part
// before the first slash, else by the address, else by how the name begins. It
// returns nil where it has reported that there is none.
func (r *resolver) vendor(model, host, path string) (*Vendor, string) {
	prefix, rest, hasPrefix := strings.Cut(model, "/")
	if v := r.vendors.named(prefix); v != nil && hasPrefix && rest != "" {
		return v, rest
	}
	if later := laterVendor(model, host); later != "" || hasPrefix {
		r.noVendor(model, later, path)
		return nil, ""
	}
	if v := r.vendors.ofHost(host); v != nil {
		return v, model
	}
	if v := r.vendors.ofModel(model); v != nil {
		return v, model
	}
	r.noVendor(model, "", path)
	return nil, ""
}

// noVendor says what to write instead of a model whose provider is not there.
func (r *resolver) noVendor(model, later, path string) {
	prefix, _, hasPrefix := strings.Cut(model, "/")
	if hasPrefix && slices.Contains(strings.Fields(laterVendors), prefix) {
		later = prefix
	}
	const others = "for another server with OpenAI's API write openai/MODEL and its api_base"
	names := r.vendors.names()
	hint := "write PROVIDER/MODEL; " + others
	switch near := nearest(prefix, names); {
	case hasPrefix && later == "" && near != "":
		hint = fmt.Sprintf("did you mean %s? %s", near, others)
	case len(names) <= fewNames:
		hint = "write PROVIDER/MODEL with one of: " + strings.Join(names, ", ") + "; " + others
	}
	switch {
	case later != "":
		r.fail(path, hint, "the provider %s of %q is not supported by this version of llmgw", later, model)
	case hasPrefix:
		r.fail(path, hint, "the provider %q is not known", prefix)
	default:
		r.fail(path, hint, "the name %q does not tell its provider", model)
	}
}

// fewNames is how many names a message lists.
const fewNames = 5

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
	if r.opts.isOwn(u) {
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
func (o Options) isOwn(u *url.URL) bool {
	_, port, err := net.SplitHostPort(o.Listen)
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
	return err == nil && port != "0" && loopback && u.Port() == port
}

// credential decides which credential is used: the written one, else the
// vendor's usual variable.
func (r *resolver) credential(m *Model, v *Vendor, written secret.Text, path string) {
	m.APIKey = written
	if !written.Empty() {
		r.headerSafe(written, path+".api_key")
		return
	}
	name, value := r.opts.firstEnv(v.KeyVars)
	if value != "" {
		m.APIKey = secret.New(value)
		r.headerSafe(m.APIKey, "$"+name)
		return
	}
	if !v.Keyless && m.APIBase != "" && m.APIBase == r.opts.ownBase(v) && !r.reported(path+".api_key") {
		r.warn(path, "set api_key, or export "+v.KeyVars[0], "there is no credential for %s: calls will be refused there", v.Name)
	}
}
