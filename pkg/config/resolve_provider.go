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
	path, params := m.Path+".litellm_params", &e.LiteLLMParams
	base, host, ok := r.apiBase(params.APIBase, path+".api_base")
	if !ok || params.Model == "" {
		return // reported already
	}
	at, name := path+".model", params.Model
	if own := params.CustomLLMProvider; own != "" && !strings.HasPrefix(name, own+"/") {
		at, name = path+".custom_llm_provider", own+"/"+name
	}
	v, model := r.vendor(m, name, host, at)
	if v == nil {
		return
	}
	m.Provider, m.UpstreamModel, m.APIBase = v.Name, model, base
	r.mode(m, v)
	if r.isLeftOut(m.Path) || len(v.KeyVars) == 0 && v.BaseURL == "" && !v.Keyless {
		return // no address, no credential
	}
	r.address(m, v, path)
	r.apiKey(m, v, params.APIKey, path)
	r.vendorHeaders(m, v)
	r.organization(m, params.Organization)
}

// chatModes are the modes of models that take part in conversations or embed, which
// every version can call.
var chatModes = []string{"chat", "completion", "embedding"}

// mode checks model_info.mode against what the vendor has. The table of vendors
// may be behind: who writes a mode knows better.
func (r *resolver) mode(m *Model, v *Vendor) {
	path := m.Path + ".model_info.mode"
	switch {
	case len(v.Modes) == 0:
		r.leaveOut(m, v.Name, v.Name+" has no models that this version of llmgw can call")
	case m.Mode == "" || slices.Contains(v.Modes, m.Mode):
	case m.Mode == "responses":
		m.Mode = ""
		r.warn(path, CodeNotImplemented, silence, "responses is not built yet: the provider's other endpoints are used")
	case !slices.Contains(chatModes, m.Mode):
		r.leaveOut(m, v.Name, "the mode "+m.Mode+" is not built yet")
	case v.onlyModes:
		r.fail(path, CodeConflict, "write "+strings.Join(v.Modes, " or "), "%s has no models of the mode %q", v.Name, m.Mode)
	default:
		r.warn(path, CodeLooseValue, "leave it out if that was not meant", "%s is not known to have models of the mode %q", v.Name, m.Mode)
	}
}

// vendor tells the vendor of a model and the vendor's name for it: by the part
// before the first slash, else by the address, else by how the name begins. It
// returns nil where it has reported that there is none, or left the deployment out.
func (r *resolver) vendor(m *Model, model, host, path string) (*Vendor, string) {
	prefix, rest, hasPrefix := strings.Cut(model, "/")
	if v := r.vendors.named(prefix); v != nil && hasPrefix && rest != "" {
		return v, rest
	}
	later := laterVendor(model, host)
	if hasPrefix && slices.Contains(strings.Fields(laterVendors), prefix) {
		later = prefix
	}
	if later != "" {
		r.leaveOut(m, later, "the provider "+later+" is not built yet")
		return nil, ""
	}
	if hasPrefix {
		r.noVendor(model, path)
		return nil, ""
	}
	if v := r.vendors.ofHost(host); v != nil {
		return v, model
	}
	if v := r.vendors.ofModel(model); v != nil {
		return v, model
	}
	if v := r.vendorInCatalog(m, model); v != nil || r.isLeftOut(m.Path) {
		return v, model
	}
	r.noVendor(model, path)
	return nil, ""
}

// vendorInCatalog finds the vendor of a bare name that the catalogue knows exactly, with
// one vendor only. Where that one is not built yet, it leaves the deployment out.
func (r *resolver) vendorInCatalog(m *Model, model string) *Vendor {
	var providers []string
	for _, known := range r.cfg.Catalog.Find(model) {
		if known.Name == model {
			providers = append(providers, known.Provider)
		}
	}
	if len(providers) != 1 {
		return nil
	}
	if v := r.vendors.named(providers[0]); v != nil {
		return v
	}
	r.leaveOut(m, providers[0], "the provider "+providers[0]+" is not built yet")
	return nil
}

// noVendor says what to write instead of a model whose provider is not known.
func (r *resolver) noVendor(model, path string) {
	prefix, _, hasPrefix := strings.Cut(model, "/")
	const others = "for another server with OpenAI's API write openai/MODEL and its api_base"
	names := r.vendors.names()
	hint := "write PROVIDER/MODEL; " + others
	switch near := nearest(prefix, slices.Concat(names, strings.Fields(laterVendors))); {
	case hasPrefix && near != "":
		hint = fmt.Sprintf("did you mean %s? %s", near, others)
	case len(names) <= fewNames:
		hint = "write PROVIDER/MODEL with one of: " + strings.Join(names, ", ") + "; " + others
	}
	if hasPrefix {
		r.fail(path, CodeUnknownProvider, hint, "the provider %q is not known", prefix)
		return
	}
	r.fail(path, CodeUnknownProvider, hint, "the name %q does not tell its provider", model)
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
		r.fail(path, CodeBadURL, "write one such as https://api.example.com/v1", "the address %s", problem)
		return "", "", false
	}
	if r.opts.isOwn(u) {
		r.fail(path, CodeBadURL, "write the provider's address", "this is the gateway's own address: it would call itself")
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

// apiKey decides which credential is used: the written one, else the vendor's usual
// variable.
func (r *resolver) apiKey(m *Model, v *Vendor, written secret.Text, path string) {
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
		r.warn(path, CodeNoCredential, "set api_key, or export "+v.KeyVars[0], "there is no credential for %s: calls will be refused there", v.Name)
	}
}
