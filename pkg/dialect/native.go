package dialect

import (
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Shape describes the request bodies of one operation, as far as the native
// lane reads and edits them. It is data: a dialect has one for each operation.
type Shape struct {
	// Inspected are the members that the gateway acts on. Each may stand in a body
	// once, spelled as it is here.
	Inspected []string
	// Limits are the members that limit the output; empty where there are none.
	Limits []string
	// AddLimit is the one of Limits that is added where the body has none.
	AddLimit string
	// Usage says that stream_options.include_usage asks for usage in a stream.
	Usage bool
	// Controls are members meant for a gateway and unknown to the vendor: they are
	// cut out.
	Controls []string
}

// StreamOptionsMember and IncludeUsageMember are where a client asks for usage
// in a stream, in dialects that have Shape.Usage.
const (
	StreamOptionsMember = "stream_options"
	IncludeUsageMember  = "include_usage"
)

// ReadHead reads the top level of body into h, checks the spelling of the
// members that shape inspects, and reads model and stream. A Model that stands
// in h already comes from the call's path and wins over the body's; then the
// body needs none. Returns an *llm.Error of kind InvalidRequest.
func (s *Shape) ReadHead(body []byte, h *llm.Head) error {
	model := h.Model
	h.Reset()
	h.Model = model
	fields, err := toplevel.Scan(h.Fields, body)
	h.Fields = fields
	if err != nil {
		return &llm.Error{Kind: llm.InvalidRequest, Message: "the body is not a JSON object: " + err.Error()}
	}
	if err := s.checkNames(h.Fields, body); err != nil {
		return err
	}
	if h.Model == "" {
		if h.Model, err = readModel(h.Find(body, "model").Of(body)); err != nil {
			return err
		}
	}
	h.Stream, err = ReadFlag(h.Find(body, "stream").Of(body), "stream")
	return err
}

// ReadFlag reads a boolean member; absent and null are false. Returns an
// *llm.Error that names param for anything else.
func ReadFlag(v []byte, param string) (bool, error) {
	if len(v) == 0 || toplevel.IsNull(v) {
		return false, nil
	}
	flag, ok := toplevel.Bool(v)
	if !ok {
		return false, invalid(param, param+" must be true or false")
	}
	return flag, nil
}

// ReadCount reads a number of tokens or answers; 0 where v is absent, no number
// or negative.
func ReadCount(v []byte) int64 {
	n, _ := toplevel.Int(v)
	return max(0, n)
}

// CheckNested applies the rule for inspected members to the members of a nested
// object: names may stand in v once, spelled as here. Parent is the member's
// name. It returns nil where v is no object.
func CheckNested(v []byte, parent string, names ...string) error {
	var seen uint64
	for m := toplevel.Object(v); m.Next(); {
		if err := checkName(m.Name(), names, &seen); err != nil {
			err.Param = parent + "." + err.Param
			err.Message = parent + "." + err.Message
			return err
		}
	}
	return nil
}

func readModel(v []byte) (string, error) {
	if len(v) == 0 {
		return "", invalid("model", "model is missing: name the model to call")
	}
	model, ok := toplevel.String(v)
	if !ok || model == "" {
		return "", invalid("model", "model must be a string that is not empty")
	}
	return model, nil
}

// refused are members that would send a call, and the gateway's credential, to
// an address of the client's choice.
var refused = []string{"api_base", "api_key", "base_url"}

func (s *Shape) checkNames(fields []llm.Field, body []byte) error {
	var seen uint64
	for i := range fields {
		name := fields[i].Name.Of(body)
		if err := checkName(name, s.Inspected, &seen); err != nil {
			return err
		}
		for _, r := range refused {
			if toplevel.Resembles(name, r) {
				return invalid(r, r+" may not be set by a call")
			}
		}
	}
	return nil
}

// checkName refuses a name that is one of inspected for the second time, or that
// some decoder might take for one of them. Seen has a bit for each.
func checkName(name []byte, inspected []string, seen *uint64) *llm.Error {
	plain := toplevel.Plain(name)
	for i, want := range inspected {
		switch {
		case string(name) == want && *seen&(1<<i) != 0:
			return invalid(want, want+" stands in the body twice: leave one out")
		case string(name) == want:
			*seen |= 1 << i
			return nil
		case !plain && toplevel.Resembles(name, want):
			return invalid(want, want+" must be spelled in lower case and without escapes")
		}
	}
	return nil
}

func invalid(param, message string) *llm.Error {
	return &llm.Error{Kind: llm.InvalidRequest, Param: param, Message: message}
}
