package requestlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// errNoStatus is the error of JSON that tells of no call.
var errNoStatus = errors.New("there is no status")

// ParseLine reads one line of a log: one of ours, as ParseRecord does, or one of
// LiteLLM's (see ParseLiteLLM). It returns an error that wraps ErrRecord for
// anything else, and for what does not say how the call ended: processes write
// JSON lines of other kinds, too. It never changes b.
func ParseLine(b []byte) (Record, error) {
	parse := ParseRecord
	if IsLiteLLM(b) {
		parse = ParseLiteLLM
	}
	r, err := parse(b)
	if err == nil && r.Status == "" {
		err = fmt.Errorf("%w: %w", ErrRecord, errNoStatus)
	}
	return r, err
}

// IsLiteLLM reports whether a line is a StandardLoggingPayload: it has no timestamp,
// but a startTime.
func IsLiteLLM(b []byte) bool {
	switch {
	case !bytes.Contains(b, []byte(`"startTime"`)):
		return false
	case !bytes.Contains(b, []byte(`"timestamp"`)):
		return true
	}
	var head struct {
		Timestamp json.RawMessage `json:"timestamp"`
		Start     json.RawMessage `json:"startTime"` //nolint:tagliatelle // LiteLLM's spelling
	}
	return json.Unmarshal(b, &head) == nil && head.Timestamp == nil && head.Start != nil
}
