package dialect

import (
	"fmt"
	"slices"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Losses collects what of a request a dialect has no place for. It stands for
// one attempt; the zero value refuses what changes the answer.
type Losses struct {
	// Drop drops everything: drop_params.
	Drop bool
	// Spell gives the client's own name of a parameter; nil keeps names.
	Spell func(name string) string
	// Dropped are the parameters that were left out, in the client's words, each
	// once.
	Dropped []string
}

// Hint leaves out a parameter that changes nothing of what is returned.
func (l *Losses) Hint(name string) {
	if name = l.spell(name); !slices.Contains(l.Dropped, name) {
		l.Dropped = append(l.Dropped, name)
	}
}

// Refuse is for a parameter that changes what is returned: an *llm.Error that
// names it and says why it cannot be kept, or nil where it may be dropped, which
// then is noted.
func (l *Losses) Refuse(name, why string) error {
	if l.Drop {
		l.Hint(name)
		return nil
	}
	name = l.spell(name)
	return &llm.Error{
		Kind: llm.InvalidRequest, Param: name, NoRetry: true,
		Message: fmt.Sprintf("%s: %s (leave it out, or have the gateway drop it with drop_params)", name, why),
	}
}

// Extra deals with the parameters that the vocabulary has no word for: keep
// reports whether the target takes one as it is.
func (l *Losses) Extra(params []llm.Parameter, keep func(*llm.Parameter) bool) error {
	for i := range params {
		p := &params[i]
		switch {
		case keep(p):
		case p.Hint:
			l.Hint(p.Name)
		default:
			if err := l.Refuse(p.Name, "the model that answers has nothing like it"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *Losses) spell(name string) string {
	if l.Spell == nil {
		return name
	}
	return l.Spell(name)
}
