package config

import (
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

// ModelEntry is one deployment: a model at a provider, under a public name.
type ModelEntry struct {
	// ModelName is the name that clients use, the group's name. It may be a
	// pattern with `*` for any text: `anthropic/*`; the longest pattern that fits a
	// name wins, and an exact name wins over patterns.
	ModelName string `yaml:"model_name" required:"write the name that clients use"`
	// LiteLLMParams say where the model is and how it is called.
	LiteLLMParams LiteLLMParams `yaml:"litellm_params" required:"write at least model: PROVIDER/MODEL in it"`
	// ModelInfo is what is known about the model.
	ModelInfo ModelInfo `yaml:"model_info"`
}

// LiteLLMParams is the part litellm_params of an entry in model_list.
type LiteLLMParams struct {
	// Model is the provider and its name for the model: `anthropic/claude-sonnet-5`,
	// `openai/gpt-4o`, `groq/llama-3.3-70b-versatile`, `echo/hello`; `llmgw providers`
	// lists the providers. Names that begin like a vendor's (`claude-`, `gpt-`) need
	// no provider. `openai/NAME` with api_base is any server that speaks OpenAI's
	// API. A `*` stands for what the `*` of model_name matched.
	Model string `yaml:"model" required:"write PROVIDER/MODEL, such as anthropic/claude-sonnet-5"`
	// APIKey is the credential at the provider, usually a reference:
	// `os.environ/ANTHROPIC_API_KEY`. The default is the vendor's usual variable:
	// `ANTHROPIC_API_KEY`, `OPENAI_API_KEY`, `GROQ_API_KEY`.
	APIKey secret.Text `yaml:"api_key"`
	// APIBase is the provider's address; OpenAI's and those like it end in `/v1`,
	// Anthropic's does not. The default is the vendor's usual variable
	// (`ANTHROPIC_BASE_URL`, `OPENAI_BASE_URL`), else the vendor's own address. The
	// vendor's own host alone is enough: what belongs behind it is added. Example:
	// `http://localhost:11434/v1`.
	APIBase string `yaml:"api_base" also:"base_url"`
	// CustomLLMProvider is the provider, where model is its name for the model alone.
	CustomLLMProvider string `yaml:"custom_llm_provider"`
	// Organization is the organization at OpenAI that calls count to. With several of them
	// the entry stands for a deployment of each.
	Organization []string `yaml:"organization"`
	// LiteLLMCredentialName is the name of an entry of credential_list. What is set here
	// wins over what that one has.
	LiteLLMCredentialName string `yaml:"litellm_credential_name"`
	// Timeout is how long one attempt may take, in seconds or with a unit. The
	// default is that of router_settings.
	Timeout *time.Duration `yaml:"timeout"`
	// StreamTimeout is how long a streamed attempt may take until its first byte,
	// and how long it may be silent later. The default is that of
	// router_settings, else the timeout.
	StreamTimeout *time.Duration `yaml:"stream_timeout"`
	// NumRetries is how often a failed call is tried again. The default is that of
	// router_settings.
	NumRetries *int64 `yaml:"num_retries" also:"max_retries" min:"0" max:"100"`
	// ExtraHeaders are sent to the provider with every call. The values count as
	// secrets. Example: `{anthropic-beta: context-1m-2025-08-07}`.
	ExtraHeaders map[string]secret.Text `yaml:"extra_headers"`
	// DropParams says that parameters which the provider does not know are left
	// out instead of being refused. The default is that of litellm_settings.
	DropParams *bool `yaml:"drop_params"`
	// Weight is the deployment's share of the calls beside the other deployments of its
	// group.
	Weight *float64 `yaml:"weight" min:"0" inert:"the deployments of a group get equal shares of its calls"`
	// Order is the deployment's place among those of its group: lower ones are tried first.
	Order *int64 `yaml:"order" inert:"the deployments of a group get equal shares of its calls"`
	// RPM is how many requests a minute the deployment may get; without weights it is the
	// deployment's weight.
	RPM int64 `yaml:"rpm" min:"1" inert:"the deployment has no limit of its own, and the deployments of a group get equal shares of its calls"`
	// TPM is how many tokens a minute the deployment may get; without weights and rpm it
	// is the deployment's weight.
	TPM int64 `yaml:"tpm" min:"1" inert:"the deployment has no limit of its own, and the deployments of a group get equal shares of its calls"`
	// MaxParallelRequests is how many calls may be open at the deployment at one time.
	MaxParallelRequests int64 `yaml:"max_parallel_requests" min:"1" inert:"the deployment has no limit of its own"`
	// MaxBudget is how much the deployment may cost, in dollars.
	MaxBudget *llm.NanoUSD `yaml:"max_budget" inert:"the deployment has no budget, its spend has no limit here"`
	// BudgetDuration is how long max_budget lasts before it starts anew.
	BudgetDuration Period `yaml:"budget_duration" default:"total" inert:"the deployment has no budget, its spend has no limit here"`
	// Cloud says how to log in at Amazon, Google or Microsoft.
	Cloud CloudParams `yaml:",inline"`
	// ExtraBody are further request parameters, as if they stood beside model.
	ExtraBody ExtraBody `yaml:"extra_body"`
	// Prices are what the model costs; they win over those in model_info, over the
	// price file's and over the built-in ones.
	Prices Prices `yaml:",inline"`
	// Params are request parameters to add where the client did not set them and
	// the request stays valid: `max_tokens: 4096`, `temperature: 0.7`,
	// `metadata: {user_id: team-a}`.
	Params []llm.Default `yaml:",rest"`
}

// ModelInfo is the part model_info of an entry in model_list.
type ModelInfo struct {
	// ID is the deployment's id in headers, logs and metrics. Ids are unique. The
	// default is made of the entry and stays the same as long as the entry does.
	ID string `yaml:"id"`
	// Mode is the kind of calls that the model takes. The default is all that the
	// provider has, which `responses` stands for until it is built; a deployment of
	// another mode that is not built yet is left out.
	Mode string `yaml:"mode" oneof:"chat,completion,embedding" later:"responses,rerank,image_generation,image_edit,audio_transcription,audio_speech,moderation,batch,realtime,ocr,search,vector_store,video_generation"`
	// Capabilities are what the model can do.
	Capabilities Capabilities `yaml:",inline"`
	// MaxTokens is the model's output limit in tokens where max_output_tokens is
	// not set, as in LiteLLM's price file.
	MaxTokens int64 `yaml:"max_tokens" min:"1"`
	// MaxInputTokens is the model's context in tokens. The default is what the
	// built-in catalogue knows.
	MaxInputTokens int64 `yaml:"max_input_tokens" min:"1"`
	// MaxOutputTokens is the model's output limit in tokens. The default is what
	// the built-in catalogue knows.
	MaxOutputTokens int64 `yaml:"max_output_tokens" min:"1"`
	// BaseModel is the model whose price and limits apply where the provider's
	// name for it does not tell, as with Azure's deployments: `gpt-4o`, `azure/eu/gpt-5`.
	// With the name of another provider in front its price is taken: `openai/gpt-4o`.
	BaseModel string `yaml:"base_model"`
	// Prices are what the model costs; they win over the price file's and the
	// built-in ones.
	Prices Prices `yaml:",inline"`
}
