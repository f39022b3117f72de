package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/secret"
)

// credentials reads credential_list.
func (r *resolver) credentials() {
	list := r.cfg.Document.CredentialList
	r.named = make(map[string]*CredentialEntry, len(list))
	for i := range list {
		e, at := &list[i], indexed("credential_list", i)
		if e.CredentialName == "" {
			continue // reported already
		}
		if r.named[e.CredentialName] != nil {
			r.fail(at+".credential_name", CodeDuplicateName, "names are unique", "there is a credential %q already", e.CredentialName)
			continue
		}
		r.named[e.CredentialName] = e
		for _, name := range slices.Sorted(maps.Keys(e.CredentialValues)) {
			if path := join(at+".credential_values", name); name != "api_key" && name != "api_base" {
				r.warn(path, CodeNotEffective, silence, "this has no effect yet: only api_key and api_base of a credential are used")
			}
		}
	}
}

// credential fills in what an entry takes from credential_list. What the entry has of
// its own wins.
func (r *resolver) credential(e *ModelEntry, path string) {
	params := &e.LiteLLMParams
	name := params.LiteLLMCredentialName
	if name == "" {
		return
	}
	path += ".litellm_params.litellm_credential_name"
	c := r.named[name]
	if c == nil {
		known := slices.Sorted(maps.Keys(r.named))
		hint := "add it to credential_list"
		if likely := nearest(name, known); likely != "" {
			hint = didYouMean(likely)
		}
		r.fail(path, CodeUnknownCredential, hint, "there is no credential %q", name)
		return
	}
	params.APIKey = cmp.Or(params.APIKey, c.CredentialValues["api_key"])
	params.APIBase = cmp.Or(params.APIBase, c.CredentialValues["api_base"].Reveal())
}

// organization sends the organization that calls count to.
func (r *resolver) organization(m *Model, names []string) {
	const field = "Openai-Organization"
	if len(names) == 0 || names[0] == "" {
		return
	}
	path := m.Path + ".litellm_params.organization"
	if m.Provider != "openai" {
		r.warn(path, CodeNoEffect, "remove it", "organization has no effect at %s", m.Provider)
		return
	}
	value := secret.New(names[0])
	r.headerSafe(value, path)
	if m.Headers == nil {
		m.Headers = make(map[string]secret.Text, 1)
	}
	m.Headers[field] = value
}

// expand gives the entries that an entry of model_list stands for: itself, or one for
// each organization, or for the model * one for each vendor.
func (r *resolver) expand(e *ModelEntry, path string) []*ModelEntry {
	params := &e.LiteLLMParams
	if params.Model == "*" && params.CustomLLMProvider == "" && strings.Contains(e.ModelName, "*") {
		return r.everyVendor(e, path)
	}
	if len(params.Organization) < 2 {
		own := *e
		return []*ModelEntry{&own}
	}
	entries := make([]*ModelEntry, len(params.Organization))
	for i, name := range params.Organization {
		one := *e
		one.LiteLLMParams.Organization = []string{name}
		one.ModelInfo.ID = ""
		entries[i] = &one
	}
	return entries
}

// everyVendor gives an entry for each vendor that is set up, under the vendor's own name
// and the names of its models. Another entry with the same pattern has its models to
// itself.
func (r *resolver) everyVendor(e *ModelEntry, path string) []*ModelEntry {
	params := &e.LiteLLMParams
	m := &Model{Path: path, Group: e.ModelName}
	if !params.APIKey.Empty() || params.APIBase != "" || params.LiteLLMCredentialName != "" {
		r.leaveOut(m, "", "one credential or address cannot be for all providers")
		return nil
	}
	var entries []*ModelEntry
	for _, v := range r.vendors {
		if !r.opts.isSetUp(&v) || len(v.listed) > 0 {
			continue
		}
		patterns := []string{v.Name + "/*"}
		for _, prefix := range v.ModelPrefixes {
			patterns = append(patterns, prefix+"*")
		}
		for _, pattern := range patterns {
			one := *e
			one.ModelName = strings.Replace(e.ModelName, "*", pattern, 1)
			one.LiteLLMParams.Model = v.Name + "/" + strings.TrimPrefix(pattern, v.Name+"/")
			one.ModelInfo.ID = ""
			if !r.isListed(one.ModelName) {
				entries = append(entries, &one)
			}
		}
	}
	if len(entries) == 0 {
		r.leaveOut(m, "", "no provider for * has a credential in the environment")
	}
	return entries
}

// isListed reports whether an entry has exactly this name.
func (r *resolver) isListed(group string) bool {
	return slices.ContainsFunc(r.cfg.Document.ModelList, func(e ModelEntry) bool { return e.ModelName == group })
}
