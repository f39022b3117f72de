package toplevel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// chatBody makes a body like those of chat clients: prose with some line breaks
// and quotes, in messages of about 600 bytes.
func chatBody(size int) []byte {
	text := strings.Repeat("The gateway reads the top level only, and leaves what is nested to the provider. ", 6) +
		`It said:\n\"done\", then `
	var b strings.Builder
	b.WriteString(`{"model":"claude-sonnet-4-5","max_tokens":1024,"stream":true,"messages":[`)
	for i := 0; b.Len() < size-650; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"role":"user","content":[{"type":"text","text":"%d %s"}]}`, i, text)
	}
	b.WriteString(`],"temperature":0.5,"metadata":{"user_id":"u-1"}}`)
	return []byte(b.String())
}

// agentBody makes a body like a coding agent's: a long system prompt, many tools
// with schemas of short strings, and file contents full of escapes.
func agentBody(size int) []byte {
	var b strings.Builder
	b.WriteString(`{"model":"claude-sonnet-4-5","max_tokens":32000,"stream":true,"system":[{"type":"text","text":"`)
	b.WriteString(strings.Repeat(`You are an agent.\n- Use the tools.\n- Say \"no\" when asked to guess; read files first, then edit them in place.\n`, size/3/110))
	b.WriteString(`","cache_control":{"type":"ephemeral"}}],"tools":[`)
	for i := 0; b.Len() < size*2/3; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"tool_%d","description":"%s","input_schema":{"type":"object","properties":{"file_path":{"type":"string","description":"The absolute path to the file to modify"},"old_string":{"type":"string","description":"The text to replace"},"replace_all":{"type":"boolean","default":false}},"required":["file_path","old_string"],"additionalProperties":false}}`,
			i, strings.Repeat(`Does one thing well, and says what it did.\n`, 12))
	}
	b.WriteString(`],"messages":[{"role":"user","content":"`)
	b.WriteString(strings.Repeat(`\tif err != nil {\n\t\treturn fmt.Errorf(\"open %s: %w\", path, err)\n\t}\n`, max(0, size-b.Len())/75))
	b.WriteString(`"}]}`)
	return []byte(b.String())
}

func BenchmarkScan(b *testing.B) {
	for _, size := range []int{1 << 10, 60 << 10} {
		for name, body := range map[string][]byte{"chat": chatBody(size), "agent": agentBody(size)} {
			b.Run(fmt.Sprintf("%s/%dKB", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				fields := make([]llm.Field, 0, 32)
				for b.Loop() {
					var err error
					if fields, err = toplevel.Scan(fields[:0], body); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkAllNames(b *testing.B) {
	body := agentBody(60 << 10)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for s := toplevel.AllNames(body); s.Next(); n++ {
			if len(s.Name()) == 0 {
				b.Fatal("a name is empty")
			}
		}
		if n == 0 {
			b.Fatal("no names")
		}
	}
}
