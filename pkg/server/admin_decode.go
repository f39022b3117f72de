package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/router"
)

// The members of LiteLLM's requests for keys that are not our own. Source: LiteLLM
// 1.83.2 (proxy/_types.py: GenerateKeyRequest, UpdateKeyRequest, NewTeamRequest,
// BudgetNewRequest).
var (
	// noteMembers say something about a key and decide nothing: they are kept in its
	// metadata.
	noteMembers = []string{"user_id", "agent_id", "organization_id", "project_id", "tags", "created_by", "updated_by"}
	// ruleMembers would grant or forbid something. A rule that nobody keeps is worse
	// than none: they are refused, unless they are empty.
	ruleMembers = []string{
		"access_group_ids", "aliases", "allowed_cache_controls", "allowed_passthrough_routes", "allowed_routes",
		"allowed_vector_store_indexes", "auto_rotate", "budget_id", "budget_limits", "config", "disabled_callbacks",
		"enforced_params", "guardrails", "key_type", "model_max_budget", "model_rpm_limit", "model_tpm_limit",
		"object_permission", "permissions", "policies", "prompts", "rotation_interval", "router_settings",
		"rpm_limit_type", "send_invite_email", "soft_budget", "spend", "temp_budget_expiry", "temp_budget_increase",
		"tpm_limit_type",
		// of teams
		"admins", "members", "members_with_roles", "model_aliases", "team_member_budget",
		"team_member_budget_duration", "team_member_key_duration", "team_member_rpm_limit", "team_member_tpm_limit",
		// of budgets
		"budget_reset_at", "max_parallel_requests", "rpm_limit", "tpm_limit",
	}
)

// usualKeyTypes are the values of key_type that say what our keys are anyway.
var usualKeyTypes = []string{`"default"`, `"llm_api"`}

// notes are members that are kept in a key's metadata.
type notes map[string]json.RawMessage

// decode reads the object in body into a struct: member by member, so that each
// mistake is told with its name. path stands before names in errors. No body is an
// empty object.
func decode(body []byte, path string, into any) (notes, error) {
	if len(body) == 0 {
		body = []byte("{}")
	}
	fields, err := toplevel.Scan(nil, body)
	if err != nil {
		return nil, badRequest(path, "%sthe body is not what is asked for: %v", prefix(path), err)
	}
	known := memberNames(reflect.TypeOf(into).Elem(), nil)
	seen := make(map[string]bool, len(fields))
	kept := make(notes)
	for _, f := range fields {
		name, ok := toplevel.String(body[f.Name.Start-1 : f.Name.End+1])
		if !ok {
			return nil, badRequest(path, "%sa member's name is not valid JSON", prefix(path))
		}
		full := join(path, name)
		value := f.Value.Of(body)
		switch {
		case seen[name]:
			return nil, badRequest(full, "%s stands in the request twice", full)
		case slices.Contains(known, name):
			err = decodeMember(name, full, value, into)
		case slices.Contains(noteMembers, name):
			err = kept.keep(name, full, value)
		case slices.Contains(ruleMembers, name):
			err = refuseRule(name, full, value)
		default:
			err = unknownMember(name, full, known)
		}
		if err != nil {
			return nil, err
		}
		seen[name] = true
	}
	return kept, nil
}

// keep notes a member, unless it says nothing.
func (n notes) keep(name, full string, value []byte) error {
	if !json.Valid(value) {
		return badRequest(full, "%s is not valid JSON", full)
	}
	if !isEmpty(value) {
		n[name] = json.RawMessage(value)
	}
	return nil
}

func refuseRule(name, full string, value []byte) error {
	if isEmpty(value) || name == "key_type" && slices.Contains(usualKeyTypes, string(value)) {
		return nil
	}
	return badRequest(full, "%s is not supported by this version (leave it out; nothing was changed)", full)
}

// isEmpty reports whether a value says nothing: what clients send for what they
// leave alone.
func isEmpty(value []byte) bool {
	switch strings.Join(strings.Fields(string(value)), "") {
	case "null", "{}", "[]", `""`, "false", "0", "0.0":
		return true
	default:
		return false
	}
}

func unknownMember(name, full string, known []string) error {
	const shown = 100
	if len(full) > shown {
		return badRequest("", "a member's name is not known: %.100q…", full)
	}
	near := router.Nearest(name, slices.Concat(known, noteMembers), 1)
	return badRequest(full, "%s is not known (did you mean %s?)", full, strings.Join(near, ""))
}

// decodeMember reads one member into its field.
func decodeMember(name, full string, value []byte, into any) error {
	text := append(toplevel.AppendString([]byte{'{'}, name), ':')
	text = append(append(text, value...), '}')
	err := json.Unmarshal(text, into)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return badRequest(full, "%s has to be %s, not %s", full, kindText(e.Type), e.Value)
	}
	return badRequest(full, "%s cannot be read: %v", full, err)
}

// kindText is what people call a type.
func kindText(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int64, reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.String:
		if t == reflect.TypeFor[json.Number]() {
			return "a number"
		}
		return "text"
	default:
		return "something else"
	}
}

// memberNames appends the names that a struct has in JSON.
func memberNames(t reflect.Type, names []string) []string {
	for f := range t.Fields() {
		if f.Anonymous {
			names = memberNames(f.Type, names)
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func prefix(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// badRequest is a request that cannot be done.
func badRequest(param, format string, args ...any) *llm.Error {
	return &llm.Error{Kind: llm.InvalidRequest, Param: param, NoRetry: true, Message: fmt.Sprintf(format, args...)}
}

// sizeText writes a number of bytes for people.
func sizeText(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
