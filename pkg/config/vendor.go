package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// vendor is what the configuration knows of a provider. What is said to it on
// the wire is package provider's business.
type vendor struct {
	// name is what stands before the slash in litellm_params.model.
	name string
	// keyVars and baseVars are the variables in which the vendor's own tools look
	// for the credential and the address, in order.
	keyVars, baseVars []string
	// base is the vendor's own address.
	base string
	// modelPrefixes begin the names of its models, so that a bare name is enough.
	modelPrefixes []string
	// modes are the kinds of calls it takes.
	modes []string
	// listed are models that the built-in configuration names.
	listed []string
}

// vendors are the providers of this version, in the order in which they are
// listed to people.
//
// Source of variables and addresses: LiteLLM's documentation of its providers
// (1.83.2, read 2026-05), which names the vendors' own variables and its
// *_API_BASE beside them.
var vendors = []vendor{
	{
		name:    "anthropic",
		keyVars: []string{"ANTHROPIC_API_KEY"}, baseVars: []string{"ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"},
		base:          "https://api.anthropic.com",
		modelPrefixes: []string{"claude-"},
		modes:         []string{"chat"},
	},
	{
		name:    "openai",
		keyVars: []string{"OPENAI_API_KEY"}, baseVars: []string{"OPENAI_BASE_URL", "OPENAI_API_BASE"},
		base:          "https://api.openai.com/v1",
		modelPrefixes: []string{"gpt-", "o1", "o3", "o4", "chatgpt-", "text-embedding-"},
		modes:         []string{"chat", "completion", "embedding"},
	},
	{
		name:   "echo",
		modes:  []string{"chat", "completion", "embedding"},
		listed: []string{"hello"},
	},
}

// laterVendors are names of providers that LiteLLM (1.83.2) knows and this
// version has not.
const laterVendors = `
	a2a abliteration ai21 ai21_chat aihubmix aiml aiohttp_openai amazon_nova anthropic_text anyscale
	apertis assemblyai auto_router aws_polly azure azure_ai azure_text baseten bedrock bedrock_mantle
	black_forest_labs bytez cerebras chatgpt chutes clarifai cloudflare codestral cohere cohere_chat
	cometapi compactifai crusoe cursor custom custom_openai dashscope databricks datarobot deepgram
	deepinfra deepseek docker_model_runner elevenlabs empower fal_ai featherless_ai fireworks_ai
	friendliai galadriel gemini gigachat github github_copilot gmi gradient_ai groq helicone heroku
	hosted_vllm huggingface hyperbolic infinity jina_ai lambda_ai langgraph lemonade litellm_proxy
	llamafile llamagate lm_studio manus maritalk meta_llama minimax mistral moonshot morph nano-gpt
	nebius nlp_cloud novita nscale nvidia_nim oci ollama ollama_chat oobabooga openai_like openrouter
	ovhcloud perplexity petals poe predibase publicai recraft replicate runwayml sagemaker
	sagemaker_chat sagemaker_nova salad_cloud sambanova sap sarvam scaleway snowflake stability
	synthetic text-completion-codestral text-completion-openai together_ai triton v0 veniceai
	vercel_ai_gateway vertex_ai vertex_ai_beta vllm volcengine voyage wandb watsonx watsonx_text xai
	xiaomi_mimo xinference zai`

// vendorNamed finds a vendor by its name.
func vendorNamed(name string) (vendor, bool) {
	i := slices.IndexFunc(vendors, func(v vendor) bool { return v.name == name })
	if i < 0 {
		return vendor{}, false
	}
	return vendors[i], true
}

// vendorNames lists the providers of this version.
func vendorNames() string {
	names := make([]string, len(vendors))
	for i, v := range vendors {
		names[i] = v.name
	}
	return strings.Join(names, ", ")
}

// vendorOfModel finds the vendor by what its models' names begin with.
func vendorOfModel(model string) (vendor, bool) {
	for _, v := range vendors {
		for _, prefix := range v.modelPrefixes {
			if strings.HasPrefix(model, prefix) {
				return v, true
			}
		}
	}
	return vendor{}, false
}

// vendorOfHost finds the vendor whose own address has the host.
func vendorOfHost(host string) (vendor, bool) {
	for _, v := range vendors {
		if u, err := url.Parse(v.base); err == nil && host != "" && u.Hostname() == host {
			return v, true
		}
	}
	return vendor{}, false
}

// Forms of names that tell the cloud which serves a model: Bedrock's
// "anthropic.claude-sonnet-4-20250514-v1:0" and "us.anthropic.…", Vertex's
// "claude-sonnet-4@20250514", Gemini's "gemini-2.5-pro".
var (
	bedrockModel = regexp.MustCompile(`^([a-z]+\.)?(ai21|amazon|anthropic|cohere|deepseek|meta|mistral)\.`)
	vertexModel  = regexp.MustCompile(`@(\d{8}|default|latest)$`)
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
