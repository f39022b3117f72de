package dialect

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// ErrHead is what Patch reports where Edits.Head was not read from the body.
var ErrHead = errors.New("the head does not belong to the body")

// Patch appends body to dst with the edits made and the shape's controls cut
// out; every other byte stays as it is. Returns ErrHead where e.Head does not
// belong to body. Safe for concurrent use.
func (s *Shape) Patch(dst, body []byte, e llm.Edits) ([]byte, error) {
	if e.Head == nil && e.Model == "" && e.MaxOutput == 0 && !e.IncludeUsage && len(e.Defaults) == 0 {
		return append(dst, body...), nil
	}
	if e.Head == nil || !toplevel.Belongs(e.Head.Fields, body) {
		return dst, ErrHead
	}
	p := patch{shape: s, edits: e, body: body, fields: e.Head.Fields}
	p.dst = slices.Grow(dst, len(body)+growth(&e))
	p.limitSet = e.MaxOutput == 0 || s.AddLimit == ""
	p.modelSet = e.Model == ""
	p.usageSet = !e.IncludeUsage || !s.Usage
	for i := range p.fields {
		p.edit(i)
	}
	p.add()
	p.copyTo(len(body))
	return p.dst, nil
}

// growth is what the edits add to a body at most, roughly.
func growth(e *llm.Edits) int {
	const members = 160 // names and punctuation of all that may be added
	n := members + len(e.Model)
	for _, d := range e.Defaults {
		n += len(d.Name) + len(d.Value) + len(`,"":`)
	}
	return n
}

// patch is one pass through a body: everything before at has been dealt with.
type patch struct {
	shape    *Shape
	edits    llm.Edits
	body     []byte
	fields   []llm.Field
	dst      []byte
	at       int
	members  int // written so far
	modelSet bool
	limitSet bool
	usageSet bool
}

// edit decides what becomes of the member i.
func (p *patch) edit(i int) {
	name := p.fields[i].Name.Of(p.body)
	if p.isControl(name) {
		p.drop(i)
		return
	}
	p.members++
	v := p.fields[i].Value
	switch {
	case p.edits.Model != "" && string(name) == "model":
		p.copyTo(v.Start)
		p.dst = toplevel.AppendString(p.dst, p.edits.Model)
		p.at, p.modelSet = v.End, true
	case p.isLimit(name, v):
		p.copyTo(v.Start)
		p.dst = strconv.AppendInt(p.dst, p.edits.MaxOutput, 10)
		p.at, p.limitSet = v.End, true
	case !p.usageSet && string(name) == StreamOptionsMember:
		p.includeUsage(v)
	}
}

func (p *patch) isControl(name []byte) bool {
	plain := toplevel.Plain(name)
	for _, c := range p.shape.Controls {
		if string(name) == c || !plain && toplevel.Resembles(name, c) {
			return true
		}
	}
	return false
}

// isLimit reports whether the member carries the output limit that is to be
// replaced. A null is as good as absent: it is filled only where its name is the
// one that would be added, and only if no other member sets the limit, since
// vendors refuse two limits.
func (p *patch) isLimit(name []byte, v llm.Span) bool {
	if p.edits.MaxOutput == 0 || !isOneOf(name, p.shape.Limits) {
		return false
	}
	if !toplevel.IsNull(v.Of(p.body)) {
		return true
	}
	return string(name) == p.shape.AddLimit && !p.limited()
}

// limited reports whether the body sets an output limit.
func (p *patch) limited() bool {
	for i := range p.fields {
		if isOneOf(p.fields[i].Name.Of(p.body), p.shape.Limits) && !toplevel.IsNull(p.fields[i].Value.Of(p.body)) {
			return true
		}
	}
	return false
}

const usageOption = `{"include_usage":true}`

// includeUsage sets include_usage inside the stream options at v.
func (p *patch) includeUsage(v llm.Span) {
	options := v.Of(p.body)
	// Something else than an object is left for the provider to refuse.
	p.usageSet = true
	if toplevel.IsNull(options) {
		p.replace(v, usageOption)
		return
	}
	if !toplevel.IsObject(options) {
		return
	}
	first := true
	for m := toplevel.Object(options); m.Next(); first = false {
		if string(m.Name()) == IncludeUsageMember {
			p.replace(llm.Span{Start: v.Start + m.Span().Start, End: v.Start + m.Span().End}, "true")
			return
		}
	}
	text := `"include_usage":true`
	if !first {
		text += ","
	}
	p.replace(llm.Span{Start: v.Start + 1, End: v.Start + 1}, text)
}

// add adds what the body does not have, behind its last member.
func (p *patch) add() {
	p.copyTo(p.lastEnd())
	if !p.modelSet {
		p.member("model")
		p.dst = toplevel.AppendString(p.dst, p.edits.Model)
	}
	if !p.limitSet {
		p.member(p.limitName())
		p.dst = strconv.AppendInt(p.dst, p.edits.MaxOutput, 10)
	}
	if !p.usageSet {
		p.member(StreamOptionsMember)
		p.dst = append(p.dst, usageOption...)
	}
	for i := range p.edits.Defaults {
		if d := &p.edits.Defaults[i]; !p.has(i) {
			p.member(d.Name)
			p.dst = append(p.dst, d.Value...)
		}
	}
}

// limitName is the name for a limit that is added: that of a default for it, so
// that a model which takes only one of the names gets that one.
func (p *patch) limitName() string {
	for _, d := range p.edits.Defaults {
		if slices.Contains(p.shape.Limits, d.Name) {
			return d.Name
		}
	}
	return p.shape.AddLimit
}

// has reports whether the patched body has a member like default i already: its
// own, one of the edits, or an earlier default.
func (p *patch) has(i int) bool {
	name := p.edits.Defaults[i].Name
	switch {
	case name == "model" && p.edits.Model != "",
		name == StreamOptionsMember && p.shape.Usage && p.edits.IncludeUsage,
		slices.Contains(p.shape.Limits, name) && p.edits.MaxOutput != 0:
		return true
	}
	for j := range p.fields {
		if toplevel.Resembles(p.fields[j].Name.Of(p.body), name) {
			return true
		}
	}
	return slices.ContainsFunc(p.edits.Defaults[:i], func(d llm.Default) bool { return d.Name == name })
}

// lastEnd is where members are added: behind the last value, or the brace.
func (p *patch) lastEnd() int {
	if n := len(p.fields); n > 0 {
		return p.fields[n-1].Value.End
	}
	return bytes.IndexByte(p.body, '{') + 1
}

// member begins a new member.
func (p *patch) member(name string) {
	if p.members > 0 {
		p.dst = append(p.dst, ',')
	}
	p.members++
	p.dst = append(toplevel.AppendString(p.dst, name), ':')
}

// drop leaves out member i and one comma: the one before it, or, where nothing
// has been kept before it, the one behind it.
func (p *patch) drop(i int) {
	f := p.fields[i]
	switch {
	case p.members > 0:
		p.replace(llm.Span{Start: p.fields[i-1].Value.End, End: f.Value.End}, "")
	case i+1 < len(p.fields):
		p.replace(llm.Span{Start: f.Name.Start - 1, End: p.fields[i+1].Name.Start - 1}, "")
	default:
		p.replace(llm.Span{Start: f.Name.Start - 1, End: f.Value.End}, "")
	}
}

func (p *patch) replace(s llm.Span, text string) {
	p.copyTo(s.Start)
	p.dst = append(p.dst, text...)
	p.at = s.End
}

// copyTo copies the body up to end, unless that has been dealt with.
func (p *patch) copyTo(end int) {
	if end > p.at {
		p.dst = append(p.dst, p.body[p.at:end]...)
		p.at = end
	}
}

// isOneOf is slices.Contains without making a string of name.
func isOneOf(name []byte, names []string) bool {
	return slices.Contains(names, string(name))
}
