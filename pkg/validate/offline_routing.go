package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/config"
)

// routing finds what may surprise in the way from a name to a deployment.
func (in *inspection) routing() []Finding {
	return slices.Concat(in.unserved(), in.cycles(), in.shadowed())
}

// unserved finds models of which every deployment is left out. Reading the
// configuration has warned of each deployment by itself.
func (in *inspection) unserved() (found []Finding) {
	var seen []string
	for i := range in.Config.Inactive {
		name := in.Config.Inactive[i].Group
		if slices.Contains(seen, name) || slices.ContainsFunc(in.Config.Models, func(m config.Model) bool { return m.Group == name }) {
			continue
		}
		seen = append(seen, name)
		f := Finding{
			Code: CodeNoDeployment, Severity: Warning, Subject: name, Message: "every deployment of it is left out: calls for it are refused",
			Hint: "give it a deployment that this version can call", File: in.Config.File,
		}
		for j := range in.Config.Models {
			if p := &in.Config.Models[j]; isPattern(p.Group) && matches(p.Group, name) {
				f.Message = "every deployment of it is left out: the pattern " + p.Group + " serves it, by " + p.Provider
				break
			}
		}
		found = append(found, f)
	}
	return found
}

// cycles finds groups that fall back to each other. Each is tried once, so that they
// do no harm; they are no help against what befalls them both.
func (in *inspection) cycles() (found []Finding) {
	next := make(map[string][]string)
	var groups []string
	for _, f := range in.Config.Routing.Fallbacks {
		if f.Group != "*" && !slices.Contains(groups, f.Group) {
			groups = append(groups, f.Group)
		}
		next[f.Group] = append(next[f.Group], f.To...)
	}
	reported := make(map[string]bool)
	for _, g := range groups {
		if reported[g] {
			continue
		}
		ring := []string{g}
		for _, other := range reach(next, g) {
			if other != g && slices.Contains(reach(next, other), g) {
				ring = append(ring, other)
			}
		}
		if len(ring) == 1 {
			continue
		}
		for _, name := range ring {
			reported[name] = true
		}
		found = append(found, Finding{
			Code: CodeFallbackCycle, Severity: Info, Subject: "fallbacks", Message: "these models fall back to each other: " + strings.Join(ring, ", "),
			Hint: "each is tried once for a call; nothing needs to be done if that was meant", File: in.Config.File,
		})
	}
	return found
}

// reach lists what can be reached from a group by way of fallbacks.
func reach(next map[string][]string, from string) []string {
	var seen []string
	for queue := next[from]; len(queue) > 0; queue = queue[1:] {
		if name := queue[0]; !slices.Contains(seen, name) {
			seen = append(seen, name)
			queue = append(queue, next[name]...)
		}
	}
	return seen
}

// shadowed finds names that their own entry takes from a pattern which leads
// elsewhere.
func (in *inspection) shadowed() (found []Finding) {
	models := in.Config.Models
	for i := range models {
		m := &models[i]
		if isPattern(m.Group) || slices.ContainsFunc(models[:i], func(o config.Model) bool { return o.Group == m.Group }) {
			continue
		}
		for j := range models {
			p := &models[j]
			if !isPattern(p.Group) || p.Group == "*" || !matches(p.Group, m.Group) || p.Provider == m.Provider {
				continue
			}
			found = append(found, Finding{
				Code: CodeShadowed, Severity: Info, Subject: m.Path + " (" + m.Group + ")",
				Message: fmt.Sprintf("calls for %s go to %s, not to %s, where the pattern %s would lead", m.Group, m.Provider, p.Provider, p.Group),
				Hint:    "nothing needs to be done if that was meant", File: in.Config.File,
			})
			break
		}
	}
	return found
}
