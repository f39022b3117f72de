package readme

import (
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of commands.
type block struct {
	line     int // of the fence
	commands string
	output   string // what it is said to print; "" where nothing is said
	marked   bool
}

// mark stands before a block that is run.
const mark = "<!-- test -->"

// blocks finds the blocks of commands in a page, each with the output that
// follows it before the next block of commands.
func blocks(page string) []block {
	var found []block
	lines := strings.Split(page, "\n")
	for i := 0; i < len(lines); i++ {
		kind, fence := strings.CutPrefix(lines[i], "```")
		if !fence {
			continue
		}
		start := i
		var content []string
		for i++; i < len(lines) && lines[i] != "```"; i++ {
			content = append(content, lines[i])
		}
		text := strings.Join(content, "\n")
		switch last := len(found) - 1; {
		case kind == "sh":
			found = append(found, block{line: start + 1, commands: text, marked: start > 0 && lines[start-1] == mark})
		case kind == "text" && last >= 0 && found[last].output == "":
			found[last].output = text
		}
	}
	return found
}

// appears reports whether the output stands in what was printed.
func appears(output, printed string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(output)), "…", "(?s:.*?)")
	return regexp.MustCompile(pattern).MatchString(strings.ReplaceAll(printed, "\r", ""))
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	page := "# A\n```sh\nmake a\n```\n" + mark + "\n```sh\nrun b\nrun c\n```\nprints\n```text\nb\n…\n```\n```go\nx\n```\n```text\nmore\n```\n"
	got := blocks(page)
	want := []block{{2, "make a", "", false}, {6, "run b\nrun c", "b\n…", true}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("blocks = %+v, want %+v", got, want)
	}
}

func TestAppears(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		output, printed string
		want            bool
	}{
		{"a.b", "x a.b y", true},
		{"a.b", "axb", false},
		{"id: …\nend", "id: 17\r\nend\r\n", true},
		{"a\n…\nz", "a\nb\nc\nz", true},
		{"a\n…\nz", "z\na", false},
	} {
		if got := appears(tt.output, tt.printed); got != tt.want {
			t.Errorf("appears(%q, %q) = %v", tt.output, tt.printed, got)
		}
	}
}
