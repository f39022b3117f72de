package config

import "github.com/llmgw/llmgw/pkg/secret"

// CloudParams are the keys of litellm_params with which to log in at Amazon, Google or
// Microsoft.
type CloudParams struct {
	// AWSAccessKeyID is the id of an access key of Amazon's. api_key may hold it, too.
	AWSAccessKeyID secret.Text `yaml:"aws_access_key_id" inert:"models at Amazon are left out"`
	// AWSSecretAccessKey is the secret that belongs to it.
	AWSSecretAccessKey secret.Text `yaml:"aws_secret_access_key" inert:"models at Amazon are left out"`
	// AWSSessionToken is the token of temporary credentials.
	AWSSessionToken secret.Text `yaml:"aws_session_token" inert:"models at Amazon are left out"`
	// AWSBearerToken is an API key of Amazon Bedrock.
	AWSBearerToken secret.Text `yaml:"aws_bearer_token" inert:"models at Amazon are left out"`
	// AWSRegionName is the region: `us-east-1`.
	AWSRegionName string `yaml:"aws_region_name" inert:"models at Amazon are left out"`
	// AWSProfileName is a profile of the AWS configuration files.
	AWSProfileName string `yaml:"aws_profile_name" inert:"models at Amazon are left out"`
	// AWSRoleName is the ARN of a role to assume.
	AWSRoleName string `yaml:"aws_role_name" inert:"models at Amazon are left out"`
	// AWSSessionName is the name of the session of that role.
	AWSSessionName string `yaml:"aws_session_name" inert:"models at Amazon are left out"`
	// AWSWebIdentityToken is a token to assume the role with.
	AWSWebIdentityToken secret.Text `yaml:"aws_web_identity_token" inert:"models at Amazon are left out"`
	// AWSBedrockRuntimeEndpoint is another address of Bedrock, as api_base.
	AWSBedrockRuntimeEndpoint string `yaml:"aws_bedrock_runtime_endpoint" inert:"models at Amazon are left out"`
	// VertexProject is the project at Google Cloud.
	VertexProject string `yaml:"vertex_project" inert:"models at Google's Vertex AI are left out"`
	// VertexLocation is the location: `us-central1`, `global`.
	VertexLocation string `yaml:"vertex_location" inert:"models at Google's Vertex AI are left out"`
	// VertexCredentials are those of a service account: the path of its file, or what
	// is in it, as text or as a map. api_key may hold the path, too. The default is what
	// Google's own programs use.
	VertexCredentials Credentials `yaml:"vertex_credentials" inert:"models at Google's Vertex AI are left out"`
	// APIVersion is the version of Azure's API: `2024-10-21`.
	APIVersion string `yaml:"api_version" inert:"models at Azure are left out"`
	// AzureADToken is a token of Microsoft Entra.
	AzureADToken secret.Text `yaml:"azure_ad_token" inert:"models at Azure are left out"`
	// TenantID is the tenant at Microsoft Entra.
	TenantID string `yaml:"tenant_id" inert:"models at Azure are left out"`
	// ClientID is the application at Microsoft Entra.
	ClientID string `yaml:"client_id" inert:"models at Azure are left out"`
	// ClientSecret is the secret of that application.
	ClientSecret secret.Text `yaml:"client_secret" inert:"models at Azure are left out"`
	// AzureUsername is a user at Microsoft Entra.
	AzureUsername string `yaml:"azure_username" inert:"models at Azure are left out"`
	// AzurePassword is the password of that user.
	AzurePassword secret.Text `yaml:"azure_password" inert:"models at Azure are left out"`
	// AzureScope is what a token is asked for.
	AzureScope string `yaml:"azure_scope" inert:"models at Azure are left out"`
}

// CredentialEntry is an entry of credential_list.
type CredentialEntry struct {
	// CredentialName is what litellm_credential_name refers to; names are unique.
	CredentialName string `yaml:"credential_name" required:"give the credential a name"`
	// CredentialValues are what litellm_params of the entries have in common: `api_key`
	// and `api_base`. Others are not used yet.
	CredentialValues map[string]secret.Text `yaml:"credential_values" required:"write api_key in it"`
	// CredentialInfo are notes about the credential. Nothing reads them.
	CredentialInfo map[string]string `yaml:"credential_info"`
}

// Capabilities are the keys of model_info that say what a model can do.
type Capabilities struct {
	// SupportsVision says that the model reads pictures.
	SupportsVision *bool `yaml:"supports_vision" inert:"what a model can do is taken from the catalogue"`
	// SupportsFunctionCalling says that the model calls tools.
	SupportsFunctionCalling *bool `yaml:"supports_function_calling" inert:"what a model can do is taken from the catalogue"`
	// SupportsParallelFunctionCalling says that the model calls several tools at once.
	SupportsParallelFunctionCalling *bool `yaml:"supports_parallel_function_calling" inert:"what a model can do is taken from the catalogue"`
	// SupportsToolChoice says that the model can be told which tool to call.
	SupportsToolChoice *bool `yaml:"supports_tool_choice" inert:"what a model can do is taken from the catalogue"`
	// SupportsResponseSchema says that the model answers in the form of a schema.
	SupportsResponseSchema *bool `yaml:"supports_response_schema" inert:"what a model can do is taken from the catalogue"`
	// SupportsReasoning says that the model thinks.
	SupportsReasoning *bool `yaml:"supports_reasoning" inert:"what a model can do is taken from the catalogue"`
	// SupportsPromptCaching says that the model has a cache for prompts at its provider.
	SupportsPromptCaching *bool `yaml:"supports_prompt_caching" inert:"what a model can do is taken from the catalogue"`
	// SupportsSystemMessages says that the model takes system messages.
	SupportsSystemMessages *bool `yaml:"supports_system_messages" inert:"what a model can do is taken from the catalogue"`
	// SupportsAssistantPrefill says that the model goes on with the beginning of an answer.
	SupportsAssistantPrefill *bool `yaml:"supports_assistant_prefill" inert:"what a model can do is taken from the catalogue"`
	// SupportsPDFInput says that the model reads PDF files.
	SupportsPDFInput *bool `yaml:"supports_pdf_input" inert:"what a model can do is taken from the catalogue"`
	// SupportsAudioInput says that the model hears.
	SupportsAudioInput *bool `yaml:"supports_audio_input" inert:"what a model can do is taken from the catalogue"`
	// SupportsAudioOutput says that the model speaks.
	SupportsAudioOutput *bool `yaml:"supports_audio_output" inert:"what a model can do is taken from the catalogue"`
	// SupportsWebSearch says that the model searches the web at its provider.
	SupportsWebSearch *bool `yaml:"supports_web_search" inert:"what a model can do is taken from the catalogue"`
	// SupportsComputerUse says that the model uses a computer.
	SupportsComputerUse *bool `yaml:"supports_computer_use" inert:"what a model can do is taken from the catalogue"`
	// SupportsURLContext says that the model reads pages at its provider.
	SupportsURLContext *bool `yaml:"supports_url_context" inert:"what a model can do is taken from the catalogue"`
	// SupportsVideoInput says that the model sees videos.
	SupportsVideoInput *bool `yaml:"supports_video_input" inert:"what a model can do is taken from the catalogue"`
	// SupportsNativeStreaming says that the model streams its answers.
	SupportsNativeStreaming *bool `yaml:"supports_native_streaming" inert:"what a model can do is taken from the catalogue"`
	// SupportsEmbeddingImageInput says that the model embeds pictures.
	SupportsEmbeddingImageInput *bool `yaml:"supports_embedding_image_input" inert:"what a model can do is taken from the catalogue"`
}
