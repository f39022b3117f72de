package config

import (
	"slices"
	"strings"
)

// unsupported lists, for each section, the keys that LiteLLM or a later version
// of llmgw knows and this one does not act upon. They are errors, since a
// gateway that ignores them would not do what its file says; and they are told
// apart from keys that nobody knows. A key leaves this table when the schema
// gets a field for it.
//
// Source of LiteLLM's names: its source at 1.83.2 (types/router.py, router.py,
// proxy/proxy_server.py) and its documentation (proxy/config_settings.md),
// May 2026.
var unsupported = map[string]string{
	"": `
		assistant_settings callback_settings cost_tracking credential_list default_internal_user_params
		files_settings finetune_settings guardrails include mcp_servers mcp_tools prompts search_tools
		vector_store_registry`,

	"model_list[]": "access_groups health_check tags",

	"model_list[].litellm_params": `
		additional_drop_params allowed_openai_params api_version auto_router_config
		auto_router_config_path auto_router_default_model auto_router_embedding_model
		aws_access_key_id aws_bedrock_runtime_endpoint aws_bearer_token aws_profile_name
		aws_region_name aws_role_name aws_secret_access_key aws_session_name aws_session_token
		aws_sts_endpoint aws_web_identity_token azure_ad_token azure_ad_token_provider azure_password
		azure_scope azure_username budget_duration
		client_id client_secret complexity_router_config
		configurable_clientside_auth_params cooldown_time custom_llm_provider custom_tokenizer
		extra_body fallbacks gcs_bucket_name input_cost_per_audio_token input_cost_per_character
		input_cost_per_pixel input_cost_per_second
		input_cost_per_token_batches litellm_credential_name
		litellm_trace_id max_budget max_file_size_mb max_parallel_requests
		merge_reasoning_content_in_choices milvus_text_field mock_response mock_timeout model_config
		model_info order organization output_cost_per_audio_token output_cost_per_character
		output_cost_per_image output_cost_per_pixel
		output_cost_per_second output_cost_per_token_batches
		region_name rpm s3_bucket_name tag_regex tags tenant_id tpm
		use_in_pass_through use_litellm_proxy vector_store_id vertex_credentials vertex_location
		vertex_project watsonx_region_name weight`,

	"model_list[].model_info": `
		access_groups
		created_at created_by db_model
		disable_background_health_check health_check_model health_check_timeout
		input_cost_per_audio_token input_cost_per_character input_cost_per_second
		input_cost_per_token_batches litellm_provider
		output_cost_per_audio_token output_cost_per_character output_cost_per_image
		output_cost_per_second
		output_cost_per_token_batches
		supported_environments supported_openai_params
		supports_assistant_prefill supports_audio_input supports_audio_output
		supports_function_calling supports_native_streaming supports_parallel_function_calling
		supports_pdf_input supports_prompt_caching supports_reasoning supports_response_schema
		supports_system_messages supports_tool_choice supports_vision supports_web_search team_id
		team_public_model_name tier updated_at updated_by`,

	"litellm_settings": `
		allowed_fails anthropic_beta_headers budget_duration cache cache_params callbacks
		content_policy_fallbacks context_window_fallbacks cost_discount_config cost_margin_config
		custom_prometheus_metadata_labels custom_prometheus_tags custom_provider_map
		default_internal_user_params default_key_generate_params default_team_params
		default_team_settings disable_end_user_cost_tracking
		disable_end_user_cost_tracking_prometheus_only enable_json_schema_validation
		enable_key_alias_format_validation enable_preview_features enable_redis_auth_cache
		failure_callback force_ipv4 internal_user_budget_duration key_generation_settings
		langfuse_default_tags max_budget max_end_user_budget max_end_user_budget_id
		max_internal_user_budget mcp_aliases model_alias_map modify_params network_mock
		num_retries_per_request post_call_rules pre_call_rules prometheus_emit_stream_label
		prometheus_initialize_budget_metrics prometheus_metrics_config public_model_groups
		public_routes redact_messages_in_exceptions redact_user_api_key_info
		require_auth_for_metrics_endpoint return_response_headers route_all_chat_openai_to_responses
		s3_callback_params service_callbacks ssl_certificate ssl_verify store_audit_logs
		success_callback telemetry timezone turn_off_message_logging upperbound_key_generate_params
		use_chat_completions_url_for_anthropic_messages`,

	"router_settings": `
		allowed_fails allowed_fails_policy assistants_config cache_kwargs cache_responses
		caching_groups client_ttl content_policy_fallbacks context_window_fallbacks
		custom_routing_strategy debug_level default_litellm_params default_max_parallel_requests
		default_priority deployment_affinity_ttl_seconds disable_cooldowns
		enable_health_check_routing enable_pre_call_checks enable_tag_filtering
		health_check_ignore_transient_errors health_check_staleness_threshold
		ignore_invalid_deployments max_fallbacks model_group_retry_policy optional_pre_call_checks
		polling_interval provider_budget_config redis_db redis_host redis_password redis_port redis_url
		retry_after retry_policy router_general_settings routing_strategy_args search_tools
		set_verbose tag_filtering_match_any`,

	"general_settings": `
		admin_only_routes alert_to_webhook_url alert_type_config alert_types alerting alerting_args
		alerting_threshold allow_client_side_credentials allow_requests_on_db_unavailable allow_user_auth
		allowed_ips allowed_routes always_include_stream_usage background_health_checks cache cache_seconds
		completion_model control_plane_url custom_auth custom_key_generate custom_sso
		custom_ui_sso_sign_in_handler database_args database_connection_pool_limit
		database_connection_timeout database_type default_team_disabled disable_adding_master_key_hash_to_db
		disable_budget_reservation disable_error_logs disable_master_key_return disable_reset_budget
		disable_responses_id_security disable_retry_on_max_parallel_request_limit_error disable_spend_logs
		disable_spend_updates embedding_model enable_health_check_routing enable_jwt_auth
		enable_oauth2_auth enable_oauth2_proxy_auth enable_public_model_hub enforce_user_param
		enforced_params fail_closed_budget_enforcement forward_client_headers_to_llm_api
		forward_llm_provider_auth_headers forward_openai_org_id global_max_parallel_requests
		health_check_concurrency health_check_details health_check_interval image_generation_model
		infer_model_from_keys key_management_settings key_management_system litellm_jwtauth
		litellm_key_header_name max_parallel_requests max_request_size_mb max_response_size_mb
		maximum_spend_logs_retention_interval maximum_spend_logs_retention_period
		moderation_model oauth2_config_mappings pass_through_endpoints plugins
		proxy_batch_write_at proxy_budget_rescheduler_max_time proxy_budget_rescheduler_min_time
		public_routes redis_url reject_clientside_metadata_tags role_permissions search_tools
		service_account_settings spend_report_frequency store_model_in_db
		store_prompts_in_spend_logs supported_db_objects timezone token_rate_limit_type ui_access_mode
		use_azure_key_vault use_client_credentials_pass_through_routes use_google_kms
		use_redis_transaction_buffer use_x_forwarded_for user_api_key_cache_ttl
		user_header_mappings user_header_name user_mcp_management_mode`,

	"security_settings": "timezone",

	"load_balancing_settings": "health_check health_check_interval",

	"cache_settings": "memcached_servers on_store_failure redis_url",

	"rate_limit_settings": "on_store_failure",

	"budget_settings": "cost_tracking on_store_failure reservation timezone",

	"budget_settings.budgets[]": "team teams timezone",

	"rate_limit_settings.limits[]": "team",

	"monitoring_settings": `
		alert_thresholds alerts email enable_email_alerts enable_slack_alerts grafana
		slack_webhook_url smtp_password smtp_port smtp_server smtp_username`,

	"log_settings": "store_content",
}

// unsupportedIn lists the keys of a section that are known and not supported.
func unsupportedIn(section string) []string { return strings.Fields(unsupported[section]) }

// isUnsupported reports whether a key of a section is known and not supported.
func isUnsupported(section, name string) bool {
	return slices.Contains(unsupportedIn(section), name)
}
