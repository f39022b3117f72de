package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Vendor is what the configuration knows of a provider. What is said to it on the
// wire is package provider's business.
type Vendor struct {
	// Name is what stands before the slash in litellm_params.model; Aliases may
	// stand in its place.
	Name    string
	Aliases []string
	// KeyVars and BaseVars are the variables in which the credential and the address
	// are looked for, in order.
	KeyVars, BaseVars []string
	// BaseURL is the vendor's own address; "" where every customer has another. {A|B}
	// in it stands for the first of these variables that is set.
	BaseURL string
	// Path is how an address ends that a customer writes: it is added where it is
	// missing. With a slash in front it is the whole path of an address.
	Path string
	// Keyless says that calls need no credential.
	Keyless bool
	// Headers are fields to send, by canonical name. {key} in a value stands for the
	// credential, {A|B} for a variable; without it the field is not sent.
	Headers map[string]string
	// ModelPrefixes begin the names of its models, so that a bare name is enough.
	ModelPrefixes []string
	// Modes are the kinds of calls it is known to take.
	Modes []string

	// onlyModes says that it takes no other.
	onlyModes bool
	// listed are models that the built-in configuration names.
	listed []string
}

// ownVendors are the providers that are there whoever calls, in the order in which
// they are listed to people. A vendor of Options.Vendors takes the place of the one
// with its name.
//
// Source of variables and addresses: LiteLLM's documentation of its providers
// (1.83.2, read 2026-05), which names the vendors' own variables and its
// *_API_BASE beside them.
var ownVendors = []Vendor{
	{
		Name:    "anthropic",
		KeyVars: []string{"ANTHROPIC_API_KEY"}, BaseVars: []string{"ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"},
		BaseURL:       "https://api.anthropic.com",
		ModelPrefixes: []string{"claude-"},
		Modes:         []string{"chat"}, onlyModes: true,
	},
	{
		Name:    "openai",
		KeyVars: []string{"OPENAI_API_KEY"}, BaseVars: []string{"OPENAI_BASE_URL", "OPENAI_API_BASE"},
		BaseURL:       "https://api.openai.com/v1",
		ModelPrefixes: []string{"gpt-", "o1", "o3", "o4", "chatgpt-", "text-embedding-"},
		Modes:         []string{"chat", "completion", "embedding"},
	},
	{
		Name:  "echo",
		Modes: []string{"chat", "completion", "embedding"}, onlyModes: true,
		listed: []string{"hello"},
	},
}

// vendors are all vendors: the own ones, then those that the caller knows.
func (o Options) vendors() vendorList {
	all := make(vendorList, 0, len(ownVendors)+len(o.Vendors))
	for _, v := range ownVendors {
		if given := vendorList(o.Vendors).named(v.Name); given != nil {
			v = *given
		}
		all = append(all, v)
	}
	for _, v := range o.Vendors {
		if all.named(v.Name) == nil {
			all = append(all, v)
		}
	}
	return all
}

// vendorList is what vendors are looked for in; the first that fits counts.
type vendorList []Vendor

// named finds a vendor by its name or an alias; nil where there is none.
func (l vendorList) named(name string) *Vendor {
	return l.find(func(v *Vendor) bool { return v.Name == name || slices.Contains(v.Aliases, name) })
}

// ofModel finds the vendor by what its models' names begin with.
func (l vendorList) ofModel(model string) *Vendor {
	return l.find(func(v *Vendor) bool {
		return slices.ContainsFunc(v.ModelPrefixes, func(prefix string) bool { return strings.HasPrefix(model, prefix) })
	})
}

// ofHost finds the vendor whose own address has the host. Vendors that run on the
// machine of whoever uses them have none of their own.
func (l vendorList) ofHost(host string) *Vendor {
	return l.find(func(v *Vendor) bool {
		u, err := url.Parse(v.BaseURL)
		return err == nil && host != "" && u.Scheme == "https" && u.Hostname() == host
	})
}

func (l vendorList) find(fits func(*Vendor) bool) *Vendor {
	for i := range l {
		if fits(&l[i]) {
			return &l[i]
		}
	}
	return nil
}

// names lists the names of all.
func (l vendorList) names() []string {
	names := make([]string, len(l))
	for i := range l {
		names[i] = l[i].Name
	}
	return names
}

// laterVendors are names of providers that LiteLLM (1.83.2) knows and this
// version has not.
const laterVendors = `
	a2a anthropic_text auto_router aws_polly azure azure_ai azure_text bedrock black_forest_labs bytez
	chatgpt cloudflare cohere cohere_chat cursor custom deepgram elevenlabs fal_ai gemini gigachat
	github_copilot infinity jina_ai langgraph manus nlp_cloud oci ollama ollama_chat petals predibase
	replicate runwayml sagemaker sagemaker_chat sagemaker_nova sap stability text-completion-codestral
	triton vertex_ai vertex_ai_beta vllm voyage watsonx watsonx_text`

// Forms of names that tell the cloud which serves a model: Bedrock's
// "anthropic.claude-sonnet-4-20250514-v1:0" and "us.anthropic.…", Vertex's
// "claude-sonnet-4@20250514", Gemini's "gemini-2.5-pro".
var (
	bedrockModel = regexp.MustCompile(`^([a-z]+\.)?(ai21|amazon|anthropic|cohere|deepseek|meta|mistral)\.`)
	vertexModel  = regexp.MustCompile(`@(\d{8}|default|latest)$|^(textembedding-gecko|text-multilingual-embedding)`)
	geminiModel  = regexp.MustCompile(`^gemini-`)
)

// laterVendor names the provider of a bare model name or host that this version
// does not have, or "".
func laterVendor(model, host string) string {
	switch {
	case bedrockModel.MatchString(model), strings.HasSuffix(host, ".amazonaws.com"):
		return "bedrock"
	case vertexModel.MatchString(model), strings.HasSuffix(host, "aiplatform.googleapis.com"):
		return "vertex_ai"
	case strings.HasSuffix(host, ".openai.azure.com"):
		return "azure"
	case geminiModel.MatchString(model), host == "generativelanguage.googleapis.com":
		return "gemini"
	default:
		return ""
	}
}
