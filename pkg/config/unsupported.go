package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unsupported lists, for each section, the keys of LiteLLM's that this version does
// not have. They are told apart from keys that nobody knows: a configuration of
// LiteLLM's loads, with a warning for each. A line "key: text" says what happens
// instead, and always does where a gateway without the key is less safe; of the
// others there is nothing to say but that they are ignored. A key leaves this table
// when the schema gets a field for it.
//
// Source of the names: LiteLLM's source at 1.83.2 (types/router.py, router.py,
// proxy/proxy_server.py) and its documentation (proxy/config_settings.md),
// May 2026.
var unsupported = map[string]string{
	"": `
		guardrails: no guardrail is run, prompts and answers pass unchecked
		policies: no policy is applied, prompts and answers pass unchecked
		policy_attachments: no policy is applied, prompts and answers pass unchecked
		mcp_servers: there is no MCP gateway, these servers cannot be reached through it
		mcp_tools: there is no MCP gateway, these tools cannot be called through it
		vector_store_registry: vector stores are not searched
		search_tools: there is no /v1/search, these tools cannot be called
		prompts: prompts are not managed here, clients send their own
		agent_list assistant_settings callback_settings default_internal_user_params
		default_team_settings files_settings finetune_settings`,

	"model_list[]": `
		access_groups: models are not grouped, keys name single models
		tags: calls are not routed by tags
		rpm: it belongs into litellm_params
		tpm: it belongs into litellm_params
		health_check`,

	"model_list[].litellm_params": `
		tags: calls are not routed by tags, every call may reach this deployment
		tag_regex: calls are not routed by tags, every call may reach this deployment
		configurable_clientside_auth_params: clients cannot bring an address or a credential
		mock_response: the provider is called
		mock_timeout: the provider is called
		additional_drop_params: these parameters are sent
		allowed_openai_params: all parameters that the provider's dialect has are sent
		fallbacks: write them under router_settings
		use_in_pass_through: there are no pass-through routes with this credential
		use_litellm_proxy: the provider is called directly
		auto_router_config auto_router_config_path auto_router_default_model auto_router_embedding_model
		itpm: the deployment has no limit of its own
		otpm: the deployment has no limit of its own
		default_api_key_rpm_limit: keys have no limit of their own for this deployment
		default_api_key_tpm_limit: keys have no limit of their own for this deployment
		roles: the prompt is written by the provider
		initial_prompt_value: the prompt is written by the provider
		final_prompt_value: the prompt is written by the provider
		bos_token: the prompt is written by the provider
		eos_token: the prompt is written by the provider
		allow_client_keepalive_override azure_ad_token_provider bedrock_tags bucket_name
		complexity_router_config keepalive_seconds provider_affinity_header
		cooldown_time custom_tokenizer gcs_bucket_name input_cost_per_audio_token
		input_cost_per_character input_cost_per_pixel input_cost_per_second input_cost_per_token_batches
		litellm_trace_id max_file_size_mb merge_reasoning_content_in_choices milvus_text_field model_config
		model_info output_cost_per_audio_token output_cost_per_character output_cost_per_image
		output_cost_per_pixel output_cost_per_second output_cost_per_token_batches region_name rust
		s3_bucket_name vector_store_id watsonx_region_name`,

	"model_list[].model_info": `
		access_groups: models are not grouped, keys name single models
		team_id: the model is not kept for one team, every key may call it
		team_public_model_name: the model is not kept for one team, every key may call it
		supported_environments: the deployment is used in every environment
		health_check_model: the deployment is not checked in the background
		health_check_timeout: the deployment is not checked in the background
		disable_background_health_check: no deployment is checked in the background
		access_windows: the model may be called at any time
		blocked: the deployment may be called
		enable_tag_filtering: calls are not routed by tags
		allow_fail_open ptu_count cost_per_ptu_per_hour ptu_effective_from ptu_effective_to
		created_at created_by custom_tokenizer db_model discoverable input_cost_per_audio_token
		input_cost_per_character internal_router_model member_auto_router
		input_cost_per_second input_cost_per_token_batches litellm_provider output_cost_per_audio_token
		output_cost_per_character output_cost_per_image output_cost_per_second
		output_cost_per_token_batches supported_openai_params tier updated_at updated_by`,

	"litellm_settings": `
		max_user_budget: there are no users here, so none of them has a budget
		default_max_internal_user_budget: there are no users here, so none of them has a budget
		max_internal_user_budget: there are no users here, so none of them has a budget
		internal_user_budget_duration: there are no users here, so none of them has a budget
		max_end_user_budget: there are no end users here, so none of them has a budget
		max_end_user_budget_id: there are no end users here, so none of them has a budget
		upperbound_key_generate_params: there is no upper bound for new keys
		key_generation_settings: only the master key makes keys
		default_key_generate_params: new keys get what they are made with
		default_internal_user_params: there are no users here
		default_team_params: teams get what they are made with
		default_team_settings: calls of teams are not sent to callbacks
		enable_json_schema_validation: answers are not held against the schema that a client asks for
		guardrails: no guardrail is run, prompts and answers pass unchecked
		pre_call_rules: no rule is run, prompts pass unchecked
		post_call_rules: no rule is run, answers pass unchecked
		public_routes: no further route is open without a key
		public_model_groups: no list of models is open without a key
		require_auth_for_metrics_endpoint: metrics need an admin key on the main port, and none on a port of their own
		turn_off_message_logging: prompts and answers are never logged
		redact_messages_in_exceptions: prompts and answers are never logged
		redact_user_api_key_info: the request log names keys by their public id
		ssl_verify: certificates of providers are always checked, see general_settings.ca_file
		ssl_certificate: no certificate is shown to providers
		modify_params: requests are not changed to please a provider
		network_mock: providers are called
		custom_provider_map: handlers in Python cannot be run
		telemetry: nothing is sent to anybody
		max_parallel_requests: see rate_limit_settings.default_limits.max_parallel
		priority_reservation: keys have no share of a limit that is kept for them
		priority_reservation_settings: keys have no share of a limit that is kept for them
		tag_budget_config: tags have no budget, their spend has no limit here
		global_disable_no_log_param: calls cannot keep themselves out of the log
		add_function_to_prompt aiohttp_trust_env anthropic_beta_headers aws_sqs_callback_params
		default_redis_batch_cache_expiry disable_add_transform_inline_image_block disable_aiohttp_transport
		disable_copilot_system_to_assistant disable_hf_tokenizer_download forward_traceparent_to_llm_provider
		include_cost_in_streaming_usage langsmith_batch_size log_raw_request_response max_ui_session_budget
		ssl_ecdh_curve ssl_security_level suppress_debug_info ui_theme_config use_aiohttp_transport
		vertex_location vertex_project
		cost_discount_config cost_margin_config custom_prometheus_metadata_labels
		custom_prometheus_tags disable_end_user_cost_tracking
		disable_end_user_cost_tracking_prometheus_only enable_key_alias_format_validation
		enable_preview_features enable_redis_auth_cache force_ipv4 langfuse_default_tags mcp_aliases
		model_alias_map num_retries_per_request prometheus_emit_stream_label
		prometheus_initialize_budget_metrics prometheus_metrics_config return_response_headers store_audit_logs
		route_all_chat_openai_to_responses s3_callback_params use_chat_completions_url_for_anthropic_messages
		anthropic_beta_headers_url disable_aiohttp_trust_env enable_end_user_cost_tracking_prometheus_only
		max_fallbacks mcp_semantic_tool_filter model_fallbacks public_agent_groups public_model_groups_links
		websearch_interception_params`,

	"litellm_settings.cache_params": `
		supported_call_types: every kind of call reads and writes the cache
		similarity_threshold: only the same request gets the same answer
		default_in_memory_ttl default_in_redis_ttl disable_copilot_system_to_assistant max_connections
		service_name ssl`,

	"router_settings": `
		provider_budget_config: no provider has a budget, their spend has no limit here
		enable_pre_call_checks: calls that are too long for a deployment are sent to it
		optional_pre_call_checks: none of these checks is made
		enable_tag_filtering: calls are not routed by tags, every call may reach every deployment
		tag_filtering_match_any: calls are not routed by tags
		default_max_parallel_requests: deployments have no limit on parallel calls
		enable_pre_call_check: calls that are too long for a deployment are sent to it
		routing_groups: all groups have the strategy of routing_strategy
		weights: the deployments of a group get equal shares of its calls
		guardrail_list: no guardrail is run, prompts and answers pass unchecked
		retry_policy: every error that can be retried is retried num_retries times
		model_group_retry_policy: every error that can be retried is retried num_retries times
		allowed_fails_policy: every kind of failure counts
		cache_responses: see cache_settings
		cache_kwargs: see cache_settings
		caching_groups: groups do not share cached answers
		enable_health_check_routing: deployments are left out by the calls that fail
		default_litellm_params: write them in each entry of model_list
		alerting_config assistants_config client_ttl custom_routing_strategy debug_level default_priority
		deployment_affinity_ttl_seconds health_check_ignore_transient_errors health_check_staleness_threshold
		ignore_invalid_deployments model_group_affinity_config polling_interval retry_after
		router_general_settings routing_strategy_args search_tools set_verbose tag_routing_prefix`,

	"general_settings": `
		allowed_ips: calls from every address are accepted
		allowed_routes: every route is open to a valid key
		admin_only_routes: no further route is kept for admins
		public_routes: no further route is open without a key
		enable_jwt_auth: tokens of an identity provider are refused, only keys are accepted
		litellm_jwtauth: tokens of an identity provider are refused, only keys are accepted
		enable_oauth2_auth: tokens of an identity provider are refused, only keys are accepted
		enable_oauth2_proxy_auth: header fields of a proxy log nobody in, only keys are accepted
		oauth2_config_mappings: header fields of a proxy log nobody in, only keys are accepted
		custom_auth: the function is not run, only keys are accepted
		custom_key_update: the function is not run, the master key may change any key
		custom_key_generate: the function is not run, the master key may make any key
		custom_sso: there is no login by SSO
		custom_ui_sso_sign_in_handler: there is no login by SSO
		role_permissions: roles are those of keys
		service_account_settings: nothing is required of keys without a user
		enforce_user_param: calls without the parameter user are accepted
		enforced_params: calls without these parameters are accepted
		reject_clientside_metadata_tags: calls with tags are accepted, which do nothing
		global_max_parallel_requests: the calls of all keys together have no limit on how many run in parallel
		max_request_size_mb: see max_body_bytes
		max_response_size_mb: answers have no limit on their size
		max_batch_size_mb: there are no batches
		fail_closed_budget_enforcement: hard budgets are held in this process and are never exceeded
		disable_budget_reservation: the worst case of a call is always held before it
		disable_reset_budget: budgets start anew with each period
		disable_spend_logs: see log_settings.enabled
		disable_spend_updates: spend is always counted
		disable_error_logs: failed calls are logged, see log_settings
		store_prompts_in_spend_logs: see log_settings.store_content
		store_model_in_db: models come from this file only
		supported_db_objects: models come from this file only
		allow_client_side_credentials: clients cannot bring a credential
		allow_requests_on_db_unavailable: no call waits for a database
		key_management_system: secrets come from variables and files, see file:/path
		key_management_settings: secrets come from variables and files, see file:/path
		use_azure_key_vault: secrets come from variables and files, see file:/path
		use_google_kms: secrets come from variables and files, see file:/path
		pass_through_endpoints: these paths answer 404
		use_client_credentials_pass_through_routes: clients cannot bring a credential
		litellm_key_header_name: keys are read from the usual header fields
		use_x_forwarded_for: see trusted_proxies
		forward_client_headers_to_llm_api: only header fields of the dialect are forwarded
		forward_openai_org_id: the client's organization is never forwarded
		forward_llm_provider_auth_headers: the client's credential is never forwarded
		infer_model_from_keys: see environment variables of vendors
		completion_model: calls go to the model they name
		embedding_model: calls go to the model they name
		image_generation_model: calls go to the model they name
		moderation_model: calls go to the model they name
		token_rate_limit_type: limits count input and output
		user_api_key_cache_ttl: changes of keys are seen at once
		ui_access_mode: there is no page to log in to
		default_team_disabled: keys without a team are accepted
		mcp_internal_ip_ranges: there is no MCP gateway
		alert_type_config alert_types alerting_args allow_user_auth always_include_stream_usage
		control_plane_url database_args database_connection_pool_limit database_connection_pool_timeout database_connection_timeout otel
		database_type disable_adding_master_key_hash_to_db disable_master_key_return
		disable_responses_id_security disable_retry_on_max_parallel_request_limit_error
		enable_health_check_routing enable_public_model_hub health_check_concurrency health_check_details
		maximum_spend_logs_retention_interval maximum_spend_logs_retention_period plugins
		disable_prisma_schema_update enforced_batch_output_expires_after enforced_file_expires_after
		litellm_license maximum_spend_logs_cleanup_cron pass_through_request_timeout
		proxy_batch_polling_interval proxy_batch_write_at proxy_budget_rescheduler_max_time proxy_budget_rescheduler_min_time
		search_tools spend_report_frequency use_redis_transaction_buffer user_header_mappings
		user_header_name user_mcp_management_mode`,
}

// unsupportedPrefixes are how further keys of LiteLLM's begin, by section: there are
// many of them, and more with each of its versions. Without them the keys of
// litellm_params would be sent to the provider. Source: as above.
var unsupportedPrefixes = map[string]string{
	"model_list[].litellm_params": `
		auto_router_ aws_ azure_ cache_creation_input_ cache_read_input_ complexity_router_ gcs_
		input_cost_per_ langfuse_ milvus_ oci_ output_cost_per_ s3_ sap_ vertex_ watsonx_`,
	"model_list[].model_info": `
		cache_creation_input_ cache_read_input_ input_cost_per_ output_cost_per_ supports_`,
	"litellm_settings.cache_params": "azure_ disk_ gcp_ gcs_ qdrant_ redis_ s3_ sentinel_ ssl_",
}

// openSections are those in which LiteLLM lets people write what they like.
var openSections = []string{"model_list[].model_info"}

// omissions are the tables of unsupported keys that were asked for, by section: the
// keys with what happens instead. Not safe for concurrent use.
type omissions map[string]map[string]string

// of reads the table of a section.
func (o omissions) of(section string) map[string]string {
	table, ok := o[section]
	if ok {
		return table
	}
	table = map[string]string{}
	for line := range strings.Lines(unsupported[section]) {
		if key, instead, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			table[key] = instead
			continue
		}
		for key := range strings.FieldsSeq(line) {
			table[key] = ""
		}
	}
	o[section] = table
	return table
}

// omission is the message about a key that is not supported.
func omission(name, instead string) string {
	message := fmt.Sprintf("%q is LiteLLM's and has no effect here", name)
	if instead != "" {
		message += ": " + instead
	}
	return message
}

// find says what happens instead of a key of a section, if it is known and not
// supported. That is "" where there is nothing to say.
func (o omissions) find(section, name string) (instead string, ok bool) {
	instead, ok = o.of(section)[name]
	return instead, ok
}

// begins reports whether a key of a section begins like those that are known and not
// supported. One that looks like a misspelt key of the same family is none.
func (o omissions) begins(section, name string, known []string) bool {
	for prefix := range strings.FieldsSeq(unsupportedPrefixes[section]) {
		if strings.HasPrefix(name, prefix) {
			return !strings.HasPrefix(typoOf(name, known), prefix)
		}
	}
	return false
}

// names lists the keys of a section that are known and not supported.
func (o omissions) names(section string) []string {
	return slices.Sorted(maps.Keys(o.of(section)))
}
