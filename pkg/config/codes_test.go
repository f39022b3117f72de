package config

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// allCodes lists the constants of codes.go.
func allCodes(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, m := range regexp.MustCompile(`(?m)^\tCode\w+ += "(.*)"$`).FindAllStringSubmatch(string(source), -1) {
		codes = append(codes, m[1])
	}
	return codes
}

func TestCodesAreWordsWithHyphens(t *testing.T) {
	t.Parallel()
	codes := allCodes(t)
	if len(codes) < 30 {
		t.Fatalf("%d codes", len(codes))
	}
	form := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for i, code := range codes {
		if !form.MatchString(code) || slices.Contains(codes[:i], code) {
			t.Errorf("the code %q is not written right, or stands twice", code)
		}
	}
}
