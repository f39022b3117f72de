package anthropic

import (
	"math"
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// parameters writes what only a call that answers has.
func (e *requestEncoder) parameters() error {
	if e.req.Op == llm.OpCountTokens {
		return nil
	}
	if err := e.refuse(); err != nil {
		return err
	}
	if err := e.sampling(); err != nil {
		return err
	}
	e.stop()
	if e.conv.User != "" {
		e.member("metadata")
		e.dst = append(toplevel.AppendString(append(e.dst, `{"user_id":`...), e.conv.User), '}')
	}
	e.serviceTier()
	if e.req.Stream {
		e.raw("stream", []byte("true"))
	}
	if err := e.losses.Extra(e.conv.Extra, e.keepExtra); err != nil {
		return err
	}
	e.defaults()
	return nil
}

// refuse deals with parameters that the API has nothing like.
func (e *requestEncoder) refuse() error {
	s := &e.conv.Sampling
	for _, p := range []struct {
		name  string
		asked bool
		why   string
	}{
		{"n", e.conv.Choices > 1, "Claude gives one answer for each call"},
		{"logprobs", s.Logprobs, noProbabilities},
		{"top_logprobs", s.TopLogprobs != "" && !equals(s.TopLogprobs, 0), noProbabilities},
		{"logit_bias", hasMembers(s.LogitBias), "Claude has no bias for single tokens"},
	} {
		if !p.asked {
			continue
		}
		if err := e.losses.Refuse(p.name, p.why); err != nil {
			return err
		}
	}
	return nil
}

const noProbabilities = "Claude does not tell the probabilities of its tokens"

func (e *requestEncoder) sampling() error {
	s := e.conv.Sampling
	for _, h := range []struct {
		name string
		n    llm.Number
	}{{"seed", s.Seed}, {"frequency_penalty", s.FrequencyPenalty}, {"presence_penalty", s.PresencePenalty}} {
		if h.n != "" && (h.name == "seed" || !equals(h.n, 0)) {
			e.losses.Hint(h.name)
		}
	}
	if value(s.Temperature) > 1 && !e.thinking.on() {
		if err := e.losses.Refuse("temperature", "Claude takes 0 to 1"); err != nil {
			return err
		}
		s.Temperature = "1"
	}
	// Clients that set all they know send a top_p of 1, which means nothing; newer
	// models refuse it beside a temperature.
	if s.Temperature != "" && equals(s.TopP, 1) {
		s.TopP = ""
	}
	e.number("temperature", s.Temperature)
	e.number("top_p", s.TopP)
	e.number("top_k", s.TopK)
	return nil
}

// number writes a number of the sampling, unless thinking forbids it.
func (e *requestEncoder) number(name string, n llm.Number) {
	switch {
	case n == "":
	case e.thinking.on() && !goesWithThinking(name, n):
		e.losses.Hint(name)
	default:
		e.raw(name, []byte(n))
	}
}

// stop writes the stop sequences. The API refuses those of white space alone.
func (e *requestEncoder) stop() {
	n := 0
	for _, s := range e.conv.Stop {
		if blank(s) {
			e.losses.Hint("stop")
			continue
		}
		if n == 0 {
			e.member("stop_sequences")
			e.dst = append(e.dst, '[')
		}
		e.dst = toplevel.AppendString(comma(e.dst, n), s)
		n++
	}
	if n > 0 {
		e.dst = append(e.dst, ']')
	}
}

// serviceTier writes the tier. OpenAI's default is the vendor's usual service,
// which is what standard_only asks for; its other tiers exist only there.
func (e *requestEncoder) serviceTier() {
	tier := e.conv.ServiceTier
	switch tier {
	case "":
		return
	case "default":
		tier = "standard_only"
	case "auto", "standard_only":
	default:
		e.losses.Hint("service_tier")
		return
	}
	e.member("service_tier")
	e.dst = toplevel.AppendString(e.dst, tier)
}

// keepExtra writes a parameter that the API knows.
func (e *requestEncoder) keepExtra(p *llm.Parameter) bool {
	if p.From != llm.Anthropic || p.Name == "metadata" || e.has(p.Name) {
		return false
	}
	e.raw(p.Name, p.Value)
	return true
}

// defaults adds the deployment's parameters that the body does not have and that
// leave it valid.
func (e *requestEncoder) defaults() {
	for i := range e.req.Edits.Defaults {
		d := &e.req.Edits.Defaults[i]
		if e.has(d.Name) || isLimit(d.Name) || !e.fits(d) {
			continue
		}
		e.raw(d.Name, d.Value)
	}
}

func (e *requestEncoder) fits(d *llm.Default) bool {
	switch d.Name {
	case "temperature", "top_p", "top_k":
		return !e.thinking.on() || goesWithThinking(d.Name, llm.Number(d.Value))
	case "tool_choice":
		return len(e.tools) > 0 && !e.thinking.on()
	case "thinking", "stream":
		// A default of thinking has been planned with; the client decides on a stream.
		return false
	default:
		// What only OpenAI calls so is refused as unknown.
		_, openAI := ownNames[d.Name]
		return !openAI
	}
}

// equals compares a number that the client wrote.
func equals(n llm.Number, want float64) bool { return n != "" && value(n) == want }

// value is the number for comparisons; what is none compares as false.
func value(n llm.Number) float64 {
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

func hasMembers(v []byte) bool {
	m := toplevel.Object(v)
	return m.Next()
}
