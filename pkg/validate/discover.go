package validate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
)

// discover asks the gateway how it is and which models the key sees; false where
// no model is to be probed.
func (s *session) discover(ctx context.Context) (targets []Target, ok bool) {
	if s.asks(ProbeHealth) && !s.health(ctx) {
		return nil, false
	}
	exact := len(s.opts.Models) > 0 && !slices.ContainsFunc(s.opts.Models, isPattern)
	var names []string
	if s.asks(ProbeModels) || s.asksModels() && !exact {
		if names, ok = s.models(ctx, exact); !ok {
			return nil, false
		}
	}
	if !s.asksModels() || ctx.Err() != nil {
		return nil, false
	}
	names = s.limit(s.choose(names))
	targets = make([]Target, len(names))
	for i, name := range names {
		targets[i] = s.describe(name)
	}
	return targets, true
}

// limit bounds how many models are probed.
func (s *session) limit(names []string) []string {
	f := Finding{Code: CodeTooMany, Severity: Warning, Subject: areaGateway}
	switch {
	case len(names) > MaxModels:
		f.Message = fmt.Sprintf("there are %d models: only the first %d are probed", len(names), MaxModels)
		f.Hint = "choose the ones that matter with --model"
		names = names[:MaxModels]
	case len(names) == 0 && len(s.opts.Models) == 0:
		f.Code, f.Message, f.Hint = CodeNoModels, "there is no model to probe", "name one with --model"
	default:
		return names
	}
	s.report.add(f)
	return names
}

func isPattern(name string) bool { return strings.Contains(name, "*") }

// models asks which models the key sees; false where nothing more can be asked.
// optional says that the models to probe are known without the list.
func (s *session) models(ctx context.Context, optional bool) ([]string, bool) {
	g := s.get(ctx, "/v1/models", nil)
	if ctx.Err() != nil {
		return nil, false
	}
	c := Check{Area: areaGateway, Name: ProbeModels, Status: Passed, Duration: g.took, Error: g.said(s.prober)}
	f := Finding{Severity: Error, Subject: areaGateway, Probes: []string{ProbeModels}, Code: CodeModels}
	names, err := listed(g.text)
	switch {
	case g.away != nil:
		c.Message = "no answer"
		if g.late {
			c.Message = "timed out after " + HealthTimeout.String()
		}
		f.Code, f.Hint = CodeUnreachable, "see whether the gateway runs at "+s.opts.Client.URL()
		s.report.Outcome = Unreachable
	case denied(g.status):
		c.Message = statusText(g.status)
		f.Code, f.Hint = CodeKeyRefused, hintKey
		s.report.Outcome = KeyRefused
	case missing(g.status):
		c.Message = statusText(g.status)
		f.Hint = "this does not look like a gateway; if it is one, name the models with --model"
	case g.err != nil:
		c.Message = statusText(g.status)
		f.Hint = "see the log of the gateway"
	case err != nil:
		c.Message, c.Error = "the answer is no list of models", s.prober.clean(string(g.text))
		f.Hint = "see what answers at " + s.opts.Client.URL() + ": it does not look like a gateway"
	case len(names) == 0:
		c.Message, f.Code = "the key sees no model", CodeNoModels
		f.Hint = "give the key models, or the configuration a model_list"
	default:
		c.Message, f.Code = fmt.Sprintf("the key sees %d", len(names)), ""
	}
	return names, s.concludeModels(c, f, optional)
}

// concludeModels notes how asking for the models went; false where nothing more can
// be asked.
func (s *session) concludeModels(c Check, f Finding, optional bool) bool {
	if f.Code == "" {
		s.check(c)
		return true
	}
	c.Status = Failed
	f.Message = c.Message
	if c.Error != "" {
		f.Message += ": " + c.Error
	}
	s.report.add(f)
	s.check(c)
	switch {
	case s.report.Connection == nil, s.report.Outcome == Unreachable && s.report.Connection.Status != Failed:
		s.report.Connection = &Check{Status: Failed, Message: connectError, Error: f.Message, Duration: c.Duration}
	case s.seen.noHealth > 0 && !optional:
		// Neither health nor models: nothing shows that this is a gateway.
		s.report.Connection = &Check{Status: Failed, Message: fmt.Sprintf(healthFailed, s.seen.noHealth), Error: f.Message, Duration: c.Duration}
	}
	return optional && s.report.Outcome == Finished
}

// errNoList is an answer that is no list of models.
var errNoList = errors.New("it is no list of models")

// maxName is how long a name of a model may be, in bytes.
const maxName = 300

// listed reads a list of models: OpenAI's and Anthropic's have the ids in one place.
func listed(text []byte) ([]string, error) {
	var list struct {
		Data *[]struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoList, err)
	}
	if list.Data == nil {
		var empty struct {
			Object string `json:"object"`
		}
		if json.Unmarshal(text, &empty) == nil && empty.Object == "list" {
			return nil, nil // null, as some servers write an empty list
		}
		return nil, errNoList
	}
	var names nameSet
	for _, m := range *list.Data {
		if m.ID != "" && len(m.ID) <= maxName && !strings.ContainsFunc(m.ID, unicode.IsControl) {
			names.add(m.ID)
		}
	}
	return names.list, nil
}

// nameSet are names in the order in which they came, each once.
type nameSet struct {
	list []string
	has  map[string]bool
}

func (n *nameSet) add(name string) {
	if n.has == nil {
		n.has = make(map[string]bool)
	}
	if !n.has[name] {
		n.has[name] = true
		n.list = append(n.list, name)
	}
}

// choose picks the models to probe: all that are listed, or those that were asked for.
// A name that was asked for need not be listed: a pattern may serve it.
func (s *session) choose(names []string) []string {
	if len(s.opts.Models) == 0 {
		return s.withoutPatterns(names)
	}
	var chosen nameSet
	for _, wanted := range s.opts.Models {
		if !isPattern(wanted) {
			chosen.add(wanted)
			continue
		}
		found := false
		for _, name := range names {
			if matches(wanted, name) {
				found = true
				chosen.add(name)
			}
		}
		if !found {
			s.report.add(Finding{
				Code: CodeUnmatched, Severity: Error, Subject: wanted, Message: "no model that the key sees has such a name",
				Hint: "GET /v1/models lists those that it sees",
			})
		}
	}
	return s.withoutPatterns(chosen.list)
}

// withoutPatterns leaves out what cannot be called, and says so.
func (s *session) withoutPatterns(names []string) (models []string) {
	patterns := 0
	for _, name := range names {
		if !isPattern(name) {
			models = append(models, name)
			continue
		}
		if patterns++; patterns <= maxNotes {
			s.report.add(Finding{
				Code: CodePattern, Severity: Info, Subject: name, Message: "a pattern cannot be called",
				Hint: "name a model of it with --model",
			})
		}
	}
	return models
}

// maxNotes bounds findings of one kind.
const maxNotes = 50

// matches reports whether a name fits a pattern, in which each * stands for anything.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == name
	}
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	rest := name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			return false
		}
		rest = after
	}
	return true
}

// describe tells what the gateway's health says of a model.
func (s *session) describe(name string) Target {
	t := Target{Name: name}
	exact := slices.ContainsFunc(s.seen.endpoints, func(e endpoint) bool { return e.Group == name })
	for i := range s.seen.endpoints {
		e := &s.seen.endpoints[i]
		if e.Group != name && (exact || !isPattern(e.Group) || !matches(e.Group, name)) {
			continue
		}
		if t.Provider == "" {
			t.Provider, t.Model, t.Mode = e.vendor(), e.upstream(), e.Mode
		}
		if e.ModelID != "" {
			t.Deployments = append(t.Deployments, e.ModelID)
		}
	}
	return t
}

// vendor is who serves a deployment: what the gateway says, or what stands before the
// slash in the name.
func (e *endpoint) vendor() string {
	if e.Provider != "" {
		return e.Provider
	}
	vendor, _, _ := strings.Cut(e.Model, "/")
	return vendor
}

func (e *endpoint) upstream() string {
	if _, model, ok := strings.Cut(e.Model, "/"); ok {
		return model
	}
	return e.Model
}

// claude begins what hosts call Anthropic's models by, or stands in it.
const claude = "claude"

// classify works out the kind of a model and the dialect that is its own.
func (s *session) classify(ctx context.Context, t *Target) {
	t.kind = kindOf(t)
	t.own = llm.OpenAI
	name := strings.ToLower(t.Name + " " + t.Model)
	switch t.Provider {
	case "anthropic":
		t.own = llm.Anthropic
	case "", "bedrock", "vertex_ai", "azure_ai":
		if strings.Contains(name, claude) {
			t.own = llm.Anthropic
		}
	case "echo":
		if strings.Contains(name, "speaks-anthropic") {
			t.own = llm.Anthropic
		}
	}
	if t.own == llm.Anthropic && s.opts.Targets == nil && !s.speaksAnthropic(ctx) {
		t.own = llm.OpenAI
	}
}

// kindOf tells the kind of a model by what the gateway or the catalogue knows.
func kindOf(t *Target) kind {
	mode := catalog.Mode(t.Mode)
	if known, err := catalog.Default(); mode == "" && err == nil {
		if m, ok := known.Lookup(t.Provider, t.Model); ok && t.Provider != "" {
			mode = m.Mode
		} else if found := known.Find(t.Name); t.Provider == "" && len(found) > 0 {
			mode = found[0].Mode
		}
	}
	switch mode {
	case catalog.ModeEmbedding:
		return kindEmbedding
	case catalog.ModeCompletion:
		return kindCompletion
	case "", catalog.ModeChat, catalog.ModeResponses:
		return kindChat
	default:
		t.Mode = string(mode)
		return kindOther
	}
}

// speaksAnthropic finds out, once, whether the server has Anthropic's dialect: it
// lists models in Anthropic's form to those who ask for it, or it has the path.
func (s *session) speaksAnthropic(ctx context.Context) bool {
	if s.seen.messages != nil {
		return *s.seen.messages
	}
	header := http.Header{"Anthropic-Version": {anthropicVersion}}
	g := s.get(ctx, "/v1/models", header)
	var list struct {
		Data []struct {
			Type string `json:"type"`
		} `json:"data"`
	}
	speaks := g.err == nil && json.Unmarshal(g.text, &list) == nil && len(list.Data) > 0 && list.Data[0].Type == "model"
	if !speaks {
		// A request without a model is refused before it costs anything.
		ctx, cancel := context.WithTimeout(ctx, HealthTimeout)
		defer cancel()
		resp, err := s.opts.Client.Send(ctx, client.Request{Method: http.MethodPost, Path: pathMessages, Header: header, Body: []byte("{}")})
		if err == nil {
			speaks = !missing(resp.StatusCode)
			_ = resp.Body.Close() // only its status is of interest
		}
	}
	s.seen.messages = &speaks
	return speaks
}
