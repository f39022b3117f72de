package logs

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/requestlog/report"
)

func TestMillis(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0", 1: "0.000001", 1000: "0.001", 1_500_000: "1.5", 12_345_678_900: "12345.6789", time.Hour: "3600000",
	} {
		if got := millis(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		567_891: "0.568 ms", 12_345_678: "12 ms", 1_234_567_890: "1.23 s", 75 * time.Second: "75.0 s",
	} {
		if got := seconds(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

// nasty is a report on what clients have sent.
func nasty() *report.Report {
	return &report.Report{By: []string{"model"}, Groups: []report.Group{{Values: []string{"=1+1,\"x\"\n|<b>&*_`\\"}}}}
}

func TestTextsInCSVAndJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := writeCSV(&b, nasty()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || rows[1][0] != nasty().Groups[0].Values[0] || len(rows[0]) != len(rows[1]) {
		t.Errorf("%q, %v", rows, err)
	}
	b.Reset()
	if err := writeJSON(&b, nasty()); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Groups []struct {
			Model string `json:"model"`
		} `json:"groups"`
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back.Groups[0].Model != nasty().Groups[0].Values[0] || !strings.Contains(b.String(), "<b>&") {
		t.Errorf("%v: %s", err, &b)
	}
}

func TestTextsInMarkdown(t *testing.T) {
	t.Parallel()
	lines := strings.Split(markdown(resultTable(nasty(), "-", groupsOnly)), "\n")
	if want := `| =1+1,"x" \|\<b\>\&\*\_` + "\\`" + `\\ |`; !strings.HasPrefix(lines[2], want) {
		t.Errorf("%s, want %s", lines[2], want)
	}
}

// The names of the figures are a contract; the help text tells all of them.
func TestFiguresAreDocumented(t *testing.T) {
	t.Parallel()
	long := strings.Fields(strings.NewReplacer(",", " ", ";", " ", "(", " ", ")", " ").Replace(NewAnalyzeCmd(factory(), nil).Long))
	for _, f := range figures(&report.Summary{}) {
		if !slices.Contains(long, f.name) {
			t.Errorf("%s is not documented", f.name)
		}
	}
}
