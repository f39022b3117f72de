package terminal

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Format is how a result is written: the value of --output.
type Format string

// The formats.
const (
	// FormatTable is a table on a terminal, and columns elsewhere.
	FormatTable Format = "table"
	// FormatJSON is one JSON document.
	FormatJSON Format = "json"
)

// FormatUsage describes the flag.
const FormatUsage = "`format` of the result: table or json"

// String implements pflag.Value.
func (f *Format) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *Format) Type() string { return "format" }

// Set implements pflag.Value.
func (f *Format) Set(text string) error {
	switch given := Format(strings.ToLower(text)); given {
	case FormatTable, FormatJSON:
		*f = given
		return nil
	default:
		return fmt.Errorf("there is no such format (write %s or %s)", FormatTable, FormatJSON)
	}
}

// WriteJSON writes a value as an indented JSON document.
func (s *IO) WriteJSON(v any) error {
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
