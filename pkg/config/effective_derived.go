package config

import (
	"cmp"
	"strconv"
	"strings"
)

// derive fills in what no key says: what is worked out of other keys, of the
// environment or of the vendors' customs.
func derive(root *branch, cfg *Config, o Options) {
	global := root.find("litellm_settings")
	router := root.find("router_settings")
	router.fill("routing_strategy", text(cfg.Routing.Strategy), root.find("load_balancing_settings", "routing_strategy"))
	router.fill("num_retries", leaf(strconv.Itoa(cfg.Routing.Retries), number), global.find("num_retries"))
	router.fill("cooldown_time", text(formatDuration(cfg.Routing.Cooldown)), global.find("cooldown_time"))
	router.fill("timeout", text(formatDuration(first(defaultTimeout, cfg.Document.LiteLLMSettings.RequestTimeout))), global.find("request_timeout"))
	root.find("general_settings").fill("data_dir", text(cfg.DataDir), nil)
	if cfg.LogFile != "" {
		root.find("log_settings").fill("file", text(cfg.LogFile), nil)
	}
	root.find("cache_settings").comesFrom(&branch{children: cacheOrigins(root)})
	root.find("security_settings").fill("max_budget", budgetBranch(cfg), global.find("max_budget"))
	for _, form := range secondForms {
		to := strings.Split(form.to, ".")
		if from := firstWritten(root, form.from); from != nil {
			root.find(to[:len(to)-1]...).fill(to[len(to)-1], leaf(from.text, from.form), from)
		}
	}
	vendors := o.vendors()
	for i, entry := range root.find("model_list").entries() {
		if i < len(cfg.Document.ModelList) {
			deriveModel(entry, modelAt(cfg, indexed("model_list", i)), vendors, o)
			named := entry.find("litellm_params", "litellm_credential_name")
			entry.child("litellm_params").comesFrom(root.credential(named))
		}
	}
}

// firstWritten is the first of some values that somebody has set, or nil.
func firstWritten(root *branch, paths ...string) *branch {
	for _, path := range paths {
		if b := root.find(strings.Split(path, ".")...); b != nil && b.isWritten() {
			return b
		}
	}
	return nil
}

// cacheOrigins are the values of other sections that cache_settings have where they do
// not say otherwise.
func cacheOrigins(root *branch) []*branch {
	var origins []*branch
	for name, from := range map[string]*branch{
		"type":             firstWritten(root, "litellm_settings.cache", "general_settings.cache"),
		"cache_ttl":        firstWritten(root, "litellm_settings.cache_params.ttl", "general_settings.cache_seconds"),
		"cache_key_prefix": firstWritten(root, "litellm_settings.cache_params.namespace"),
	} {
		if from != nil {
			origins = append(origins, &branch{name: name, origin: from.origin})
		}
	}
	return origins
}

// budgetBranch is the gateway's own budget; not set where there is none.
func budgetBranch(cfg *Config) *branch {
	if cfg.GatewayBudget == nil {
		return &branch{}
	}
	return leaf(cfg.GatewayBudget.Limit.String(), number)
}

// credential finds the values of a credential by its name, or nil.
func (b *branch) credential(name *branch) *branch {
	for _, entry := range b.find("credential_list").entries() {
		if name != nil && entry.id == name.text {
			return entry.find("credential_values")
		}
	}
	return nil
}

// comesFrom says of what nobody has written in a part that it was taken from another.
func (b *branch) comesFrom(values *branch) {
	if b == nil || values == nil {
		return
	}
	for _, value := range values.children {
		if own := b.child(value.name); own != nil && !own.isWritten() {
			own.origin = value.origin
		}
	}
}

// modelAt finds the deployment that an entry has become; nil where it serves nothing.
func modelAt(cfg *Config, path string) *Model {
	for i := range cfg.Models {
		if cfg.Models[i].Path == path {
			return &cfg.Models[i]
		}
	}
	return nil
}

// deriveModel fills in the id, the credential and the address of a deployment, and puts
// the provider in front of its model.
func deriveModel(entry *branch, m *Model, vendors vendorList, o Options) {
	if m == nil {
		return
	}
	entry.id = m.Group
	info := entry.child("model_info")
	if info == nil {
		info = &branch{name: "model_info", kind: objectKind}
		entry.children = append(entry.children, info)
	}
	info.kind = objectKind
	info.fill("id", text(m.ID), nil)
	v, params := vendors.named(m.Provider), entry.child("litellm_params")
	if v == nil || params == nil {
		return
	}
	if model := params.child("model"); model != nil && model.text != m.Provider+"/"+m.UpstreamModel {
		model.raw, model.text = model.text, m.Provider+"/"+m.UpstreamModel
	}
	if !m.APIKey.Empty() {
		variable, _ := o.firstEnv(v.KeyVars)
		params.fill("api_key", &branch{kind: scalarKind, hidden: true, secret: m.APIKey}, o.inVariable(variable))
	}
	if m.APIBase != "" {
		variable, base, problem := o.variableBase(v)
		if base == "" || problem != "" {
			variable = ""
		}
		params.fill("api_base", text(m.APIBase), o.inVariable(variable))
	}
}

// inVariable stands for a value in a variable: the file's own, or the environment's.
func (o Options) inVariable(name string) *branch {
	if name == "" {
		return nil
	}
	b := &branch{kind: scalarKind, origin: Origin{Position: Position{File: "$" + name}}}
	if at, ok := o.trace.places[join(environmentSection, name)]; ok {
		b.origin = Origin{Position: at}
	}
	return b
}

// fill sets a value that is not set; it comes from where from comes from, which may be
// nil.
func (b *branch) fill(name string, value, from *branch) {
	if b == nil {
		return
	}
	old := b.child(name)
	if old != nil && old.kind != nullKind {
		return
	}
	if old == nil {
		old = &branch{}
		b.children = append(b.children, old)
	}
	id := old.id
	*old = *value
	old.name, old.id, old.made = name, cmp.Or(id, value.id), true
	if from != nil && from.kind != nullKind {
		old.origin = from.origin
	}
}

// entries are the items of a list; none where there is no list.
func (b *branch) entries() []*branch {
	if b == nil || b.kind != listKind {
		return nil
	}
	return b.children
}

func leaf(text string, written form) *branch {
	return &branch{kind: scalarKind, text: text, form: written}
}

func text(s string) *branch {
	if s == "" {
		return &branch{}
	}
	return leaf(s, quoted)
}
