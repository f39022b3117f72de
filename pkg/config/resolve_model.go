package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/llmgw/llmgw/pkg/secret"
)

// models resolves model_list.
func (r *resolver) models() {
	entries := r.cfg.Document.ModelList
	const example = "add an entry, such as {model_name: hello, litellm_params: {model: echo/hello}}"
	ids := idTable{owner: map[string]string{}, count: map[string]int{}}
	for i := range entries {
		path := indexed("model_list", i)
		for _, e := range r.expand(&entries[i], path) {
			r.credential(e, path)
			m := r.model(e, path)
			if r.isLeftOut(path) {
				continue
			}
			r.identify(&m, e.ModelInfo.ID, ids)
			r.cfg.Models = append(r.cfg.Models, m)
		}
	}
	switch {
	case len(entries) == 0:
		r.warn("model_list", CodeNoModels, example, "no model can be called: model_list is empty")
	case len(r.cfg.Models) == 0:
		r.warn("model_list", CodeNoModels, example, "no model can be called: every entry is left out")
	}
}

// leaveOut takes a deployment out of service, and says so.
func (r *resolver) leaveOut(m *Model, provider, reason string) {
	if r.isLeftOut(m.Path) {
		return
	}
	r.cfg.Inactive = append(r.cfg.Inactive, Inactive{Path: m.Path, Group: m.Group, Provider: provider, Reason: reason})
	r.warn(m.Path, CodeNotImplemented, "leave the entry out to silence this", "%s: this deployment of %q is left out", reason, m.Group)
}

// isLeftOut reports whether the deployment of a path, the latest one, is out of
// service.
func (r *resolver) isLeftOut(path string) bool {
	n := len(r.cfg.Inactive)
	return n > 0 && r.cfg.Inactive[n-1].Path == path
}

// model resolves one entry.
func (r *resolver) model(e *ModelEntry, path string) Model {
	params, info := &e.LiteLLMParams, &e.ModelInfo
	m := Model{
		Path: path, Group: e.ModelName,
		Mode: info.Mode, BaseModel: info.BaseModel,
		MaxInputTokens: info.MaxInputTokens, MaxOutputTokens: cmp.Or(info.MaxOutputTokens, info.MaxTokens),
		Params:     slices.Concat(params.Params, params.ExtraBody),
		Terms:      mergeTerms(params.Prices.terms(), info.Prices.terms()),
		DropParams: deref(params.DropParams, r.cfg.Document.LiteLLMSettings.DropParams),
		Headers:    r.headers(params.ExtraHeaders, path+".litellm_params.extra_headers"),
	}
	r.timing(&m, params)
	r.provider(&m, e)
	r.pattern(&m)
	return m
}

// timing resolves time limits and retries: the entry's own, else the router's,
// else litellm_settings', else the default.
func (r *resolver) timing(m *Model, params *LiteLLMParams) {
	router, global := &r.cfg.Document.RouterSettings, &r.cfg.Document.LiteLLMSettings
	m.Timeout = first(defaultTimeout, params.Timeout, router.Timeout, global.RequestTimeout)
	m.StreamTimeout = first(m.Timeout, params.StreamTimeout, router.StreamTimeout)
	m.Retries = int(first(defaultRetries, params.NumRetries, router.NumRetries, global.NumRetries))
}

// first returns what the first pointer that is set points to, else fallback.
func first[T any](fallback T, candidates ...*T) T {
	for _, p := range candidates {
		if p != nil {
			return *p
		}
	}
	return fallback
}

// deref is first for a single candidate.
func deref[T any](p *T, fallback T) T { return first(fallback, p) }

// pattern checks the "*" of a group's name against that of the provider's.
func (r *resolver) pattern(m *Model) {
	group, upstream := strings.Count(m.Group, "*"), strings.Count(m.UpstreamModel, "*")
	switch {
	case group > 1:
		r.leaveOut(m, "", "a pattern with more than one * is not built yet")
	case upstream > 1:
		r.fail(m.Path+".litellm_params.model", CodeBadValue, "keep one", "there is more than one * in the provider's name")
	case upstream > group:
		r.fail(m.Path+".litellm_params.model", CodeConflict, "put a * into model_name too, or name one model",
			"the * stands for nothing: model_name is no pattern")
	}
}

// idTable knows the ids of deployments that are taken.
type idTable struct {
	owner map[string]string // id -> path of the entry that has it
	count map[string]int    // made id -> how many entries it was made for
}

// identify gives the model its id: the written one, which nobody else may have,
// or one made of what the entry is. The credential is no part of it, so that
// the id gives nothing away and outlives a rotation.
func (r *resolver) identify(m *Model, written string, ids idTable) {
	m.ID = written
	if written == "" {
		m.ID = ids.free(m)
	} else if other, taken := ids.owner[written]; taken {
		r.fail(m.Path+".model_info.id", CodeDuplicateName, "ids are unique", "%s has the id %q already", other, written)
	}
	ids.owner[m.ID] = m.Path
}

// free makes an id that no entry before has. Entries that differ in nothing but
// their credential are numbered in the order of the file.
func (t idTable) free(m *Model) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{m.Group, m.Provider, m.UpstreamModel, m.APIBase, m.Mode}, "\x00")))
	base := m.Group + "-" + hex.EncodeToString(sum[:4])
	for {
		t.count[base]++
		id := base
		if n := t.count[base]; n > 1 {
			id = fmt.Sprintf("%s-%d", base, n)
		}
		if t.owner[id] == "" {
			return id
		}
	}
}

// forbiddenHeaders are set by the HTTP client itself.
var forbiddenHeaders = []string{
	"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// headers checks extra_headers and gives them their canonical names.
func (r *resolver) headers(written map[string]secret.Text, path string) map[string]secret.Text {
	if len(written) == 0 {
		return nil
	}
	headers := make(map[string]secret.Text, len(written))
	for _, name := range slices.Sorted(maps.Keys(written)) {
		at, value := join(path, name), written[name]
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		_, twice := headers[canonical]
		switch {
		case twice:
			r.fail(at, CodeDuplicateKey, "keep one", "this header field is set before, in other letters")
		case !headerName.MatchString(name):
			r.fail(at, CodeBadValue, "use letters, digits and -", "no header field can be called so")
		case slices.Contains(forbiddenHeaders, canonical):
			r.fail(at, CodeConflict, "remove it", "the gateway sets this header field itself")
		case strings.ContainsFunc(value.Reveal(), unicode.IsControl):
			r.fail(at, CodeBadSecret, "keep it on one line", "the value has a control character in it")
		default:
			headers[canonical] = value
		}
	}
	return headers
}

// headerName is a token of RFC 9110, section 5.6.2.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
