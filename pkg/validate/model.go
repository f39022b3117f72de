package validate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Target is a model to probe, with what is known of it.
type Target struct {
	// Name is what it is called by.
	Name string
	// Provider and Model are the vendor's id and its name for the model; "" where that
	// is not known.
	Provider, Model string
	// Mode is chat, completion or embedding; "" where it is not known.
	Mode string
	// Deployments are the ids of those that serve it; none where that is not known.
	Deployments []string

	own  llm.Dialect
	kind kind
}

// modelRun makes the probes of one model, one after the other.
type modelRun struct {
	*prober
	target *Target
	named  []string // probes, where some were
	out    Model
	// dead is the probe that has shown that others would fare no better, or "".
	dead string
	// works says that a probe went well.
	works bool
}

// probeModel makes the probes of a model.
func (p *prober) probeModel(ctx context.Context, t *Target, named []string) Model {
	m := &modelRun{prober: p, target: t, named: named, out: Model{Name: t.Name, Status: Passed}}
	if len(t.Deployments) == 1 {
		m.out.Deployment = t.Deployments[0]
	}
	if len(named) == 0 && t.kind == kindOther {
		m.out.Status, m.out.Message = Skipped, "not probed: there is no probe for models of the mode "+clip(t.Mode)
		m.note(&issue{code: CodeNotProbed, severity: Info, message: m.out.Message}, "")
		return m.out
	}
	for _, s := range probesFor(named, t.kind, t.own) {
		if m.step(ctx, &s); t.kind == kindEmbedding && s.name != ProbeEmbeddings && len(named) == 0 {
			// The first probe has shown what kind of model it is.
			m.out.Probes, m.out.findings, m.dead = nil, nil, ""
			for _, s := range probesFor(nil, t.kind, t.own) {
				m.step(ctx, &s)
			}
			break
		}
	}
	m.conclude()
	return m.out
}

// step makes one probe.
func (m *modelRun) step(ctx context.Context, s *spec) {
	switch {
	case ctx.Err() != nil:
		m.skip(s.name, "interrupted")
		return
	case m.dead != "" && len(m.named) == 0:
		m.skip(s.name, "not tried, because "+m.dead+" failed")
		return
	}
	t := m.probe(ctx, s, m.target.Name)
	if len(m.named) == 0 && len(m.out.Probes) == 0 && embeds(t, m.target.Name) {
		m.target.kind = kindEmbedding
	}
	if s.optional && m.works && len(m.named) == 0 && missing(t.HTTPStatus) {
		m.note(&issue{code: CodeNoRoute, severity: Info, message: "the server does not have " + s.path + " for this model"}, s.name)
		m.skip(s.name, "the server does not have it")
		return
	}
	if t.dead {
		m.dead = s.name
	}
	m.works = m.works || t.Status == Passed || t.Status == Warned
	m.foreign(t)
	for _, i := range t.issues {
		m.note(i, s.name)
	}
	m.out.Probes = append(m.out.Probes, t.Probe)
}

// embeds reports whether a model that was asked to talk says that it only embeds, or
// is called so.
func embeds(t *tally, name string) bool {
	return t.Status == Failed && t.HTTPStatus >= 400 && t.HTTPStatus < 500 && strings.Contains(strings.ToLower(t.Error+" "+name), "embed")
}

// skip notes a probe that was not made.
func (m *modelRun) skip(name, why string) {
	m.out.Probes = append(m.out.Probes, Probe{Name: name, Status: Skipped, Message: why})
}

// foreign notes that something else than the model has answered.
func (m *modelRun) foreign(t *tally) {
	if t.Status == Failed {
		return
	}
	if t.deployment != "" {
		m.out.Deployment = t.deployment
		if ids := m.target.Deployments; len(ids) > 0 && !slices.Contains(ids, t.deployment) {
			t.warn(caution(CodeFallback, "the model itself did not answer: see the log of the gateway for why",
				"another deployment has answered: %s", t.deployment))
		}
	}
	if t.cached {
		t.warn(caution(CodeCached, "set cache_settings.cache_control_headers, so that Cache-Control: no-cache is heeded", "the answer came from the gateway's cache"))
	}
}

// warn adds a warning to what the runs came to.
func (t *tally) warn(i *issue) {
	t.issues = append(t.issues, i)
	if t.Status == Passed {
		t.Status, t.Message = Warned, i.message
	}
}

// note makes a finding of an issue.
func (m *modelRun) note(i *issue, probe string) {
	f := Finding{Code: i.code, Severity: i.severity, Subject: m.target.Name, Message: i.message, Hint: i.hint}
	if probe != "" {
		f.Probes = []string{probe}
	}
	m.out.findings = mergeFinding(m.out.findings, f)
}

// conclude says in one line how the model did.
func (m *modelRun) conclude() {
	o := &m.out
	o.Message = "Model " + o.Name + " accessible"
	done := false
	for i := range o.Probes {
		p := &o.Probes[i]
		done = done || p.Status != Skipped
		if p.Status == Skipped || p.Status <= o.Status {
			continue
		}
		o.Status = p.Status
		if p.Status != Failed {
			continue
		}
		o.Error = p.Error
		if p.HTTPStatus >= 300 {
			o.Message = fmt.Sprintf("Model access failed: %d", p.HTTPStatus)
		} else {
			o.Message = "Model access error: " + p.Name + ": " + p.Message
			if o.Error == "" {
				o.Error = p.Message
			}
		}
	}
	if !done {
		o.Status, o.Message = Skipped, "not probed"
		if len(o.Probes) > 0 {
			o.Message = o.Probes[0].Message
		}
	}
}
