package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/llmgw/llmgw/pkg/secret"
)

// canary is what must not be seen anywhere.
const canary = "sk-canary-0123456789"

// exported, hidden and deep hold a secret in every way a program might.
type exported struct {
	Key secret.Text
	Ptr *secret.Text
}

type hidden struct {
	key secret.Text
	ptr *secret.Text
}

type deep struct {
	Inner  hidden
	List   []secret.Text
	ByName map[string]hidden
	Any    any
	inner  *hidden
}

func everyShape() map[string]any {
	key := secret.New(canary)
	h := hidden{key: key, ptr: &key}
	return map[string]any{
		"value":           key,
		"pointer":         &key,
		"exported":        exported{Key: key, Ptr: &key},
		"exported ptr":    &exported{Key: key, Ptr: &key},
		"hidden":          h,
		"hidden ptr":      &h,
		"slice":           []secret.Text{key},
		"array":           [1]hidden{h},
		"map":             map[string]secret.Text{"k": key},
		"map of hidden":   map[string]hidden{"k": h},
		"deep":            deep{Inner: h, List: []secret.Text{key}, ByName: map[string]hidden{"k": h}, Any: key, inner: &h},
		"wrapped error":   fmt.Errorf("open store: %w", fmt.Errorf("password %v refused", key)),
		"joined error":    errors.Join(fmt.Errorf("%s", key), fmt.Errorf("%q", key)),
		"interface slice": []any{key, &key, h},
	}
}

// leaks reports whether the canary can be read out of text, also in hexadecimal
// or as a list of bytes.
func leaks(text string) bool {
	text = strings.ToLower(text)
	for _, form := range []string{"%s", "%x", "% x", "%d", "%v"} {
		if strings.Contains(text, strings.ToLower(strings.Trim(fmt.Sprintf(form, []byte(canary)), "[]"))) {
			return true
		}
	}
	return false
}

func TestLeaksSeesTheCanary(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"%s", "%v", "%q", "%x", "%X", "% x", "%+v", "%#v"} {
		if text := fmt.Sprintf(verb, canary); !leaks(text) {
			t.Errorf("%s of a bare string is %q and is not seen", verb, text)
		}
	}
	if !leaks(string([]byte(canary))) {
		t.Error("bytes are not seen")
	}
}

func TestTextNeverShowsInAnyVerb(t *testing.T) {
	t.Parallel()
	for name, v := range everyShape() {
		for _, flags := range []string{"", "+", "#", " ", "0", "-", "+#", "40", ".3", "# "} {
			for _, verb := range "vTtbcdoOqxXUeEfFgGspwz" {
				format := "%" + flags + string(verb)
				if text := fmt.Sprintf(format, v); leaks(text) {
					t.Errorf("%s of %s shows the secret: %s", format, name, text)
				}
			}
		}
		if text := fmt.Sprint(v) + fmt.Sprintln(v); leaks(text) {
			t.Errorf("Sprint of %s shows the secret: %s", name, text)
		}
	}
}

func TestTextNeverShowsInEncodings(t *testing.T) {
	t.Parallel()
	for name, v := range everyShape() {
		if data, err := json.Marshal(v); err != nil || leaks(string(data)) {
			t.Errorf("JSON of %s: %s, %v", name, data, err)
		}
		if strings.HasSuffix(name, "error") {
			continue // YAML has no use for errors
		}
		if data, err := yaml.Marshal(v); err != nil || leaks(string(data)) {
			t.Errorf("YAML of %s: %s, %v", name, data, err)
		}
	}
}

func TestTextNeverShowsInLogs(t *testing.T) {
	t.Parallel()
	for name, v := range everyShape() {
		var text, lines bytes.Buffer
		for _, logger := range []*slog.Logger{
			slog.New(slog.NewTextHandler(&text, nil)), slog.New(slog.NewJSONHandler(&lines, nil)),
		} {
			logger.Info("start", "v", v, slog.Group("g", "v", v))
			logger.With("v", v).Info("again")
		}
		if out := text.String() + lines.String(); leaks(out) {
			t.Errorf("the log of %s shows the secret:\n%s", name, out)
		}
	}
}

func TestTextSaysThatItHides(t *testing.T) {
	t.Parallel()
	key := secret.New(canary)
	data, err := json.Marshal(exported{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(data), `{"Key":"[redacted]","Ptr":null}`; got != want {
		t.Errorf("JSON = %s, want %s", got, want)
	}
	for _, got := range []string{key.String(), fmt.Sprintf("%v", key), fmt.Sprintf("%q", key), key.LogValue().String()} {
		if got != secret.Redacted {
			t.Errorf("got %q, want %q", got, secret.Redacted)
		}
	}
}

func TestTextReveal(t *testing.T) {
	t.Parallel()
	key := secret.New(canary)
	if key.Reveal() != canary || key.Empty() {
		t.Errorf("Reveal() = %q, Empty() = %v", key.Reveal(), key.Empty())
	}
	for _, none := range []secret.Text{{}, secret.New("")} {
		if none.Reveal() != "" || !none.Empty() || none.String() != "" || fmt.Sprint(none) != "" {
			t.Errorf("the empty secret is %q, shown as %q", none.Reveal(), none)
		}
	}
}

func TestTextUnmarshal(t *testing.T) {
	t.Parallel()
	var fromJSON, fromYAML exported
	if err := json.Unmarshal([]byte(`{"Key":"`+canary+`"}`), &fromJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte("key: "+canary), &fromYAML); err != nil {
		t.Fatal(err)
	}
	if fromJSON.Key.Reveal() != canary || fromYAML.Key.Reveal() != canary {
		t.Errorf("read %q and %q", fromJSON.Key.Reveal(), fromYAML.Key.Reveal())
	}
}
