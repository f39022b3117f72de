package sse

import (
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Emitter collects the events of a translated stream and keeps their grammar:
// one Begin, parts that do not overlap and are counted from 0. Decoders write to
// it, EventStream reads. Not safe for concurrent use.
type Emitter struct {
	queue []queued
	next  int
	text  []byte   // of all queued deltas
	begin llm.Meta // as it was when the answer began: what is read goes on
	begun bool
	open  llm.PartKind // 0 where no part is open
	parts int          // begun so far
}

// queued is an event whose text stands in Emitter.text.
type queued struct {
	event      llm.Event
	part       llm.StreamPart
	start, end int
}

// Begin begins the answer; only the first call does something.
func (e *Emitter) Begin(m *llm.Meta) {
	if !e.begun {
		e.begun = true
		e.begin = *m
		e.add(llm.Begin, llm.StreamPart{}).event.Meta = &e.begin
	}
}

// Open begins a part of the kind, having ended the one that is open. callID and
// name are for tool calls.
func (e *Emitter) Open(kind llm.PartKind, callID, name string) {
	e.Close()
	e.open = kind
	e.parts++
	e.add(llm.PartBegin, llm.StreamPart{CallID: callID, Name: name})
}

// Kind is what the open part is; 0 where none is open.
func (e *Emitter) Kind() llm.PartKind { return e.open }

// Text adds the JSON string v to the open part, having begun one of the kind if
// that is another. An empty string, or what is no string, adds nothing and begins
// nothing; the result says whether something was added.
func (e *Emitter) Text(kind llm.PartKind, v []byte) bool {
	start := len(e.text)
	text, ok := toplevel.AppendUnquoted(e.text, v)
	if !ok || len(text) == start {
		return false
	}
	if e.open != kind {
		e.Open(kind, "", "")
	}
	e.text = text
	e.span(llm.PartDelta, start)
	return true
}

// Delta adds the JSON string v to the open part; an empty one adds nothing.
func (e *Emitter) Delta(v []byte) bool {
	start := len(e.text)
	text, ok := toplevel.AppendUnquoted(e.text, v)
	if !ok || len(text) == start || e.open == 0 {
		return false
	}
	e.text = text
	e.span(llm.PartDelta, start)
	return true
}

// Plain adds text that is not quoted to the open part.
func (e *Emitter) Plain(text []byte) {
	if len(text) == 0 || e.open == 0 {
		return
	}
	start := len(e.text)
	e.text = append(e.text, text...)
	e.span(llm.PartDelta, start)
}

// Signature gives the signature of the open part: the JSON string v.
func (e *Emitter) Signature(v []byte) {
	start := len(e.text)
	text, ok := toplevel.AppendUnquoted(e.text, v)
	if !ok || len(text) == start || e.open != llm.PartThinking {
		return
	}
	e.text = text
	e.span(llm.PartSignature, start)
}

// Close ends the open part, if there is one.
func (e *Emitter) Close() {
	if e.open != 0 {
		e.add(llm.PartEnd, llm.StreamPart{})
		e.open = 0
	}
}

func (e *Emitter) span(kind llm.EventKind, start int) {
	q := e.add(kind, llm.StreamPart{})
	q.start, q.end = start, len(e.text)
}

func (e *Emitter) add(kind llm.EventKind, part llm.StreamPart) *queued {
	part.Index, part.Kind = max(0, e.parts-1), e.open
	e.queue = append(e.queue, queued{event: llm.Event{Kind: kind}, part: part})
	return &e.queue[len(e.queue)-1]
}

// pop takes the oldest event; false where there is none. What it returned before
// is not valid any more.
func (e *Emitter) pop() (llm.Event, bool) {
	if e.next == len(e.queue) {
		e.queue, e.next, e.text = e.queue[:0], 0, e.text[:0]
		return llm.Event{}, false
	}
	q := &e.queue[e.next]
	e.next++
	if q.event.Kind != llm.Begin {
		q.part.Text = e.text[q.start:q.end]
		q.event.Part = &q.part
	}
	q.event.More = e.next < len(e.queue)
	return q.event, true
}
