package echo

import (
	"fmt"
	"net/http"
)

// statusOverloaded is Anthropic's own status.
const statusOverloaded = 529

// anthropicError writes the body of a failed call. Types by status:
// docs.anthropic.com/en/api/errors, read 2026-11-22.
func anthropicError(status int, message string) []byte {
	kind := "invalid_request_error"
	switch status {
	case http.StatusUnauthorized:
		kind = "authentication_error"
	case http.StatusPaymentRequired:
		kind = "billing_error"
	case http.StatusForbidden:
		kind = "permission_error"
	case http.StatusNotFound:
		kind = "not_found_error"
	case http.StatusRequestEntityTooLarge:
		kind = "request_too_large"
	case http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case http.StatusGatewayTimeout:
		kind = "timeout_error"
	case statusOverloaded:
		kind = "overloaded_error"
	default:
		if status >= http.StatusInternalServerError {
			kind = "api_error"
		}
	}
	return fmt.Appendf(nil, `{"type":"error","error":{"type":%q,"message":%s},"request_id":"req_echo"}`, kind, quote(message))
}

// openAIError writes the body of a failed call. Types and codes by status:
// platform.openai.com/docs/guides/error-codes, read 2026-11-22.
func openAIError(status int, message string) []byte {
	kind, code := "invalid_request_error", "null"
	switch {
	case status == http.StatusUnauthorized:
		code = `"invalid_api_key"`
	case status == http.StatusNotFound:
		code = `"model_not_found"`
	case status == http.StatusTooManyRequests:
		kind, code = "requests", `"rate_limit_exceeded"`
	case status >= http.StatusInternalServerError:
		kind = "server_error"
	}
	return fmt.Appendf(nil, `{"error":{"message":%s,"type":%q,"param":null,"code":%s}}`, quote(message), kind, code)
}
