package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// What a *StatusError may say of its status, for errors.Is.
var (
	// ErrUnauthorized is 401: the key is missing, wrong, expired or blocked.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden is 403: the key may not do this.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound is 404: there is no such key, team, model or path.
	ErrNotFound = errors.New("not found")
	// ErrConflict is 409: there is one of that name already.
	ErrConflict = errors.New("conflict")
	// ErrUnavailable is 502, 503 or 504: the gateway, or the database behind it, cannot
	// answer now.
	ErrUnavailable = errors.New("unavailable")
)

// errNotOne says that a list has not the one element that was asked for.
var errNotOne = errors.New("it does not tell of one thing")

// StatusError is an answer that is no success.
type StatusError struct {
	Status int
	// Type, Code and Message are the error's own, as far as its body tells.
	Type, Code, Message string
	RequestID           string
	// Location is where a redirect points; none is followed.
	Location string
}

// Error gives the message, with the status where there is none.
func (e *StatusError) Error() string {
	switch {
	case e.Message != "":
		return e.Message
	case e.Location != "":
		return fmt.Sprintf("the answer was %d %s: it points to %s", e.Status, http.StatusText(e.Status), e.Location)
	default:
		return strings.TrimSpace(fmt.Sprintf("the answer was %d %s", e.Status, http.StatusText(e.Status)))
	}
}

// Is reports whether target is the error of this status.
func (e *StatusError) Is(target error) bool {
	switch e.Status {
	case http.StatusUnauthorized:
		return target == ErrUnauthorized
	case http.StatusForbidden:
		return target == ErrForbidden
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusConflict:
		return target == ErrConflict
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return target == ErrUnavailable
	default:
		return false
	}
}

// NewStatusError reads the error out of an answer's body: OpenAI's form, Anthropic's,
// Gemini's, or a bare message or detail.
func NewStatusError(resp *http.Response, body []byte) *StatusError {
	e := &StatusError{Status: resp.StatusCode, RequestID: resp.Header.Get("X-Request-Id"), Location: resp.Header.Get("Location")}
	var form struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &form) != nil {
		return e
	}
	for _, part := range []json.RawMessage{form.Error, form.Detail, form.Message} {
		if e.fill(part); e.Message != "" {
			break
		}
	}
	return e
}

// fill reads what may be an error, or only its message.
func (e *StatusError) fill(part json.RawMessage) {
	if json.Unmarshal(part, &e.Message) == nil {
		return
	}
	var inner struct {
		Type, Message, Code json.RawMessage
	}
	if json.Unmarshal(part, &inner) != nil {
		return
	}
	e.Type, e.Code, e.Message = scalar(inner.Type), scalar(inner.Code), scalar(inner.Message)
}

// scalar is a JSON string without its quotes, a number as it is spelt, and "" for
// anything else: vendors write codes in both ways.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return ""
}

// ForeignError says that an answer came that no gateway gives: somebody else may be
// at the address.
type ForeignError struct {
	// URL is the address, or Options.Name; Path what was asked for.
	URL, Path string
	Err       error
}

// Error names the address and what is wrong with the answer.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("what %s answers to %s is not what a gateway answers: %v", e.URL, e.Path, e.Err)
}

// Unwrap gives what is wrong with the answer.
func (e *ForeignError) Unwrap() error { return e.Err }
