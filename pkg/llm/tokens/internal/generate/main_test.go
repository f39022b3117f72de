package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPack(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want, err string }{
		{"two tokens", "YQ== 0\nYmM= 1\n", "\x01\x02\x00abc", ""},
		{"nothing", "", "\x00", ""},
		{"a gap", "YQ== 0\nYmM= 2\n", "", "line 2: want a token, a space and rank 1"},
		{"no rank", "YQ==\n", "", "line 1: want a token, a space and rank 0"},
		{"no base64", "!! 0\n", "", "line 1: illegal base64 data at input byte 0"},
		{"an empty token", " 0\n", "", "line 1: a token of 0 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := pack(strings.NewReader(tt.in))
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff([]string{tt.want, tt.err}, []string{string(got), text}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
