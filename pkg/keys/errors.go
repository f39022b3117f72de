package keys

import (
	"errors"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// The codes that tell programs apart what the dialect's table does not.
const (
	notFoundCode    = "not_found"
	unavailableCode = "store_unavailable"
)

// invalid is a request that cannot be done; param is the field that is wrong.
func invalid(param, format string, args ...any) *llm.Error {
	return &llm.Error{Kind: llm.InvalidRequest, Param: param, NoRetry: true, Message: fmt.Sprintf(format, args...)}
}

// conflict is a request that does not go with what there is.
func conflict(param, format string, args ...any) *llm.Error {
	return &llm.Error{Kind: llm.Conflict, Param: param, NoRetry: true, Message: fmt.Sprintf(format, args...)}
}

// notFound is a request about what there is not.
func notFound(param, format string, args ...any) *llm.Error {
	return &llm.Error{Kind: llm.NotFound, Code: notFoundCode, Param: param, NoRetry: true, Message: fmt.Sprintf(format, args...)}
}

// unavailableFor is when a request may be tried again.
const unavailableFor = time.Second

// told puts a store's error into words. Errors that are in words already pass.
func told(err error) error {
	var inWords *llm.Error
	switch {
	case err == nil, errors.As(err, &inWords):
		return err
	case errors.Is(err, ErrAliasTaken):
		return conflict("key_alias", "another key has this alias already (aliases are unique)")
	case errors.Is(err, ErrSecretTaken):
		return conflict("key", "this secret belongs to another key, or did before its rotation (choose another, or leave it out)")
	case errors.Is(err, ErrNoTeam):
		return invalid("team_id", "there is no such team (GET /team/list shows those there are)")
	case errors.Is(err, ErrNotFound):
		return notFound("key", "there is no such key any more")
	default:
		return &llm.Error{
			Kind: llm.Overloaded, Code: unavailableCode, RetryAfter: unavailableFor,
			Message: "the key store cannot be used right now; nothing was changed", Cause: err,
		}
	}
}
