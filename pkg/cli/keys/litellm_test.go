package keys

import (
	"strings"
	"testing"
)

func FuzzParseRecords(f *testing.F) {
	token := strings.Repeat("a", 64)
	for _, seed := range []string{
		`{"keys":[{"token":"` + token + `","models":["a"]}],"total_count":1}`, `[{"token":null}]`, "{}", "[", `{"keys":[7]}{`, "[]x",
		"token,models\n" + token + ",\"{a,\"\"b c\"\"}\"\n", "token;x\n\n", "\xef\xbb\xbftoken\tblocked\n\"", "{\"keys\":\n[\n\"x\"]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := parseRecords(data)
		if err != nil {
			return
		}
		lines := 1 + strings.Count(string(data), "\n")
		c := &converter{ignored: map[string]int{}, first: map[string]int{}}
		for _, r := range records {
			if r.line < 1 || r.line > lines {
				t.Errorf("line %d of %d", r.line, lines)
			}
			if key, err := c.convert(r); err == nil && len(key.Token) != 64 {
				t.Errorf("a key with the token %q", key.Token)
			}
		}
	})
}
