package echo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Bounds of the numbers in a model's name.
const (
	maxWords  = 100_000
	maxTokens = 10_000_000
	maxEvents = 1_000_000
	maxWait   = 10 * time.Minute
)

// noCut is the script's cut where the stream is not cut.
const noCut = -1

var errFeature = errors.New("unknown feature")

// script is what a model's name says that the vendor does.
type script struct {
	delay, pace time.Duration
	words       int // of text; 0: says hello
	output      int // tokens to report; 0: those of the answer
	status      int // to refuse with; 0: none
	cut         int // events before the stream stops dead, or noCut

	tools, parallel, thinking, cached bool
	noUsage, brokenArgs, streamError  bool
	stall                             bool

	only llm.Dialect // the one that is spoken; "" for both
}

// Features lists what a model's name may be made of, for messages and listings.
func Features() []string {
	return []string{
		"hello", "tools", "parallel", "thinking", "cached", "long-WORDS", "tokens-OUTPUT", "delay-DURATION",
		"pace-DURATION", "error-STATUS", "auth", "cut-EVENTS", "stall", "stream-error", "no-usage", "broken-tool-args",
		"speaks-anthropic", "speaks-openai",
	}
}

// Models lists one model for each feature, without "echo/".
func Models() []string {
	return []string{
		"hello", "tools", "tools,parallel", "thinking", "cached", "long-500", "tokens-1000", "delay-500ms", "pace-20ms",
		"error-429", "error-500", "error-529", "auth", "cut-5", "stall", "stream-error", "no-usage", "tools,broken-tool-args",
	}
}

// parseScript reads a model's name, with or without "echo/".
func parseScript(model string) (script, error) {
	s := script{cut: noCut}
	words := strings.FieldsFunc(strings.TrimPrefix(model, "echo/"), func(r rune) bool { return r == ',' || r == '+' })
	if len(words) == 0 {
		return script{}, errFeature
	}
	for _, word := range words {
		if s.setSwitch(word) {
			continue
		}
		if err := s.setNumber(word); err != nil {
			return script{}, fmt.Errorf("%q: %w", word, err)
		}
	}
	return s, nil
}

// setSwitch applies a feature that has no number.
func (s *script) setSwitch(word string) bool {
	switch word {
	case "hello":
	case "tools":
		s.tools = true
	case "parallel":
		s.parallel = true
	case "thinking":
		s.thinking = true
	case "cached":
		s.cached = true
	case "no-usage":
		s.noUsage = true
	case "broken-tool-args":
		s.tools, s.brokenArgs = true, true
	case "stream-error":
		s.streamError = true
	case "stall":
		s.stall = true
	case "auth":
		s.status = 401
	case "speaks-anthropic":
		s.only = llm.Anthropic
	case "speaks-openai":
		s.only = llm.OpenAI
	default:
		return false
	}
	return true
}

// setNumber applies a feature of the form name-number.
func (s *script) setNumber(word string) (err error) {
	name, value, _ := strings.Cut(word, "-")
	switch name {
	case "long":
		s.words, err = number(value, 1, maxWords)
	case "tokens":
		s.output, err = number(value, 1, maxTokens)
	case "cut":
		s.cut, err = number(value, 0, maxEvents)
	case "error":
		s.status, err = number(value, 400, 599)
	case "delay":
		s.delay, err = wait(value)
	case "pace":
		s.pace, err = wait(value)
	default:
		err = errFeature
	}
	return err
}

func number(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("needs a number from %d to %d: %w", least, most, errFeature)
	}
	return n, nil
}

func wait(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxWait {
		return 0, fmt.Errorf("needs a duration up to %s, like 20ms: %w", maxWait, errFeature)
	}
	return d, nil
}
