package provider

import (
	"bytes"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Vendor is a row of the table of vendors that speak OpenAI's API. The comment at
// the head of providers.yaml says what each field means. It is read-only.
type Vendor struct {
	ID      string   `yaml:"id"`
	Aliases []string `yaml:"aliases"`
	// Name is for people.
	Name string `yaml:"name"`
	// BaseURL is "" where only the configuration can say it; variables in braces are
	// not replaced.
	BaseURL string `yaml:"base_url"`
	// Path is how an address ends that was configured.
	Path string `yaml:"path"`
	// KeyVars and BaseVars are environment variables, in order.
	KeyVars  []string `yaml:"key_env"`
	BaseVars []string `yaml:"base_env"`
	// Keyless says that no credential is needed.
	Keyless bool `yaml:"keyless"`
	// Headers are templates by canonical name.
	Headers map[string]string `yaml:"headers"`
	// ModelPrefixes begin the names of its models.
	ModelPrefixes []string `yaml:"model_prefixes"`
	// Capabilities are what the vendor has of what the gateway can do.
	Capabilities []Capability `yaml:"capabilities"`
	// Paths are relative to the address.
	Paths map[Capability]string `yaml:"paths"`
	// Models are rules for the names of models; the first that matches counts.
	Models []ModelRule `yaml:"models"`
	// Answers says how answers look; nothing depends on it but tests.
	Answers Answers `yaml:"answers"`
	// Source and AsOf say where the row comes from and when it was read.
	Source string `yaml:"source"`
	AsOf   string `yaml:"as_of"`

	quirks yaml.Node
}

// Capability is an operation as OpenAI's API calls it.
type Capability string

// The capabilities.
const (
	Chat        Capability = "chat"
	Completions Capability = "completions"
	Embeddings  Capability = "embeddings"
)

// Op is the operation in the gateway's words, 0 for an unknown capability.
func (c Capability) Op() llm.Op {
	switch c {
	case Chat:
		return llm.OpChat
	case Completions:
		return llm.OpCompletion
	case Embeddings:
		return llm.OpEmbeddings
	default:
		return 0
	}
}

// ModelRule leads from a model's name to the vendor's name for it and its place.
type ModelRule struct {
	// Match is a regular expression for the whole name.
	Match string `yaml:"match"`
	// Model, Path and BaseURL are templates of package regexp; "" changes nothing.
	Model   string `yaml:"model"`
	Path    string `yaml:"path"`
	BaseURL string `yaml:"base_url"`
}

// Answers are facts about a vendor's answers. The zero value is a vendor that
// answers as OpenAI does.
type Answers struct {
	Reasoning      string `yaml:"reasoning"`
	ReasoningApart bool   `yaml:"reasoning_apart"`
	Usage          string `yaml:"usage"`
	WholeArguments bool   `yaml:"whole_arguments"`
	// Done is nil where streams end with [DONE].
	Done    *bool  `yaml:"done"`
	Content string `yaml:"content"`
	Error   string `yaml:"error"`
}

// EndsWithDone reports whether a stream ends with [DONE].
func (a *Answers) EndsWithDone() bool { return a.Done == nil || *a.Done }

// Takes reports whether the vendor has the operation.
func (v *Vendor) Takes(op llm.Op) bool {
	return slices.ContainsFunc(v.Capabilities, func(c Capability) bool { return c.Op() == op })
}

// DecodeQuirks decodes how requests differ into a struct of the dialect. A key
// that the struct does not have is an error.
func (v *Vendor) DecodeQuirks(into any) error {
	if v.quirks.IsZero() {
		return nil
	}
	text, err := yaml.Marshal(&v.quirks)
	if err == nil {
		err = decodeStrictly(text, into)
	}
	if err != nil {
		return fmt.Errorf("quirks of %s: %w", v.ID, err)
	}
	return nil
}

// decodeStrictly decodes YAML and refuses unknown keys.
func decodeStrictly(text []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	return d.Decode(into)
}
