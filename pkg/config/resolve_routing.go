package config

import (
	"cmp"
	"slices"
	"strings"
)

// routing resolves how groups are found and what follows when they fail.
func (r *resolver) routing() {
	doc := &r.cfg.Document
	router, global := &doc.RouterSettings, &doc.LiteLLMSettings
	r.cfg.Routing = Routing{
		Strategy:         cmp.Or(router.RoutingStrategy, doc.LoadBalancingSettings.RoutingStrategy, defaultStrategy),
		Retries:          int(first(defaultRetries, router.NumRetries, global.NumRetries)),
		Cooldown:         first(defaultCooldown, router.CooldownTime, global.CooldownTime),
		Aliases:          router.ModelGroupAlias,
		Fallbacks:        router.Fallbacks,
		DefaultFallbacks: router.DefaultFallbacks,
	}
	if router.DisableCooldowns {
		r.cfg.Routing.Cooldown = 0
	}
	part := "router_settings"
	r.aliases(part + ".model_group_alias")
	r.fallbacks(router.Fallbacks, part+".fallbacks")
	r.fallbacks(router.ContextWindowFallbacks, part+".context_window_fallbacks")
	r.fallbacks(router.ContentPolicyFallbacks, part+".content_policy_fallbacks")
	r.targets(router.DefaultFallbacks, "", part+".default_fallbacks")
	part = "litellm_settings"
	r.fallbacks(global.Fallbacks, part+".fallbacks")
	r.fallbacks(global.ContextWindowFallbacks, part+".context_window_fallbacks")
	r.fallbacks(global.ContentPolicyFallbacks, part+".content_policy_fallbacks")
	r.targets(global.DefaultFallbacks, "", part+".default_fallbacks")
	if len(router.Fallbacks) == 0 {
		r.cfg.Routing.Fallbacks = global.Fallbacks
	}
	if len(router.DefaultFallbacks) == 0 {
		r.cfg.Routing.DefaultFallbacks = global.DefaultFallbacks
	}
}

// aliases checks that each alias is a new name for a group that there is.
func (r *resolver) aliases(path string) {
	for _, a := range r.cfg.Routing.Aliases {
		at := join(path, a.Name)
		switch {
		case a.Group == "":
			// Reported already, or a key without a value.
		case !r.hasGroup(a.Group):
			r.fail(at, CodeUnknownGroup, r.groupHint(a.Group), "the alias leads to %q, and there is no such model_name", a.Group)
		case r.hasGroup(a.Name):
			r.fail(at, CodeDuplicateName, "choose another name", "there is a model_name %q already", a.Name)
		}
	}
}

// fallbacks checks one list of fallbacks.
func (r *resolver) fallbacks(list Fallbacks, path string) {
	for i, f := range list {
		at := r.fallbackPath(path, i, f.Group)
		if f.Group != "*" && !r.serves(f.Group) {
			r.fail(at, CodeUnknownGroup, r.groupHint(f.Group), "there is no model_name %q to fall back from", f.Group)
		}
		r.targets(f.To, f.Group, at)
	}
}

// fallbackPath is where a fallback was written: in a list of maps or in a map.
func (r *resolver) fallbackPath(path string, i int, group string) string {
	if at := join(indexed(path, i), group); r.places[at] != (Position{}) {
		return at
	}
	return join(path, group)
}

// targets checks the groups that are fallen back to.
func (r *resolver) targets(groups []string, from, path string) {
	for i, to := range groups {
		switch {
		case to == "":
		case to == from:
			r.fail(indexed(path, i), CodeConflict, "remove it", "%q falls back to itself", to)
		case !r.serves(to):
			r.fail(indexed(path, i), CodeUnknownGroup, r.groupHint(to), "there is no model_name %q to fall back to", to)
		}
	}
}

// hasGroup reports whether there is a group with exactly this name, be it one that is
// left out.
func (r *resolver) hasGroup(name string) bool {
	return slices.Contains(r.groups(), name)
}

// groups lists the names and patterns of all groups.
func (r *resolver) groups() []string {
	var names []string
	seen := map[string]bool{"": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for i := range r.cfg.Models {
		add(r.cfg.Models[i].Group)
	}
	for i := range r.cfg.Inactive {
		add(r.cfg.Inactive[i].Group)
	}
	return names
}

// serves reports whether a call for the name finds a group: by name, alias or
// pattern.
func (r *resolver) serves(name string) bool {
	return slices.ContainsFunc(r.groups(), func(group string) bool { return matches(group, name) }) ||
		slices.ContainsFunc(r.cfg.Routing.Aliases, func(a Alias) bool { return a.Name == name })
}

// matches reports whether a group's name or pattern fits a model's name.
func matches(pattern, name string) bool {
	before, after, isPattern := strings.Cut(pattern, "*")
	if !isPattern || pattern == name {
		return pattern == name
	}
	return len(name) >= len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
}

// groupHint lists the groups there are, the nearest alone where one is near.
func (r *resolver) groupHint(name string) string {
	if r.full() {
		return "" // the search takes a while in a long list that nobody reads
	}
	names := r.groups()
	if likely := nearest(name, names); likely != "" {
		return didYouMean(likely)
	}
	const shown = 10
	if len(names) > shown {
		return "names there are: " + strings.Join(names[:shown], ", ") + ", …"
	}
	return "names there are: " + strings.Join(names, ", ")
}
