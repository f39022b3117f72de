package llm_test

import (
	"io"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestBytesBodyCanBeReadAgain(t *testing.T) {
	t.Parallel()
	var b llm.Body = llm.BytesBody("body")
	for range 2 {
		r, err := b.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != "body" {
			t.Errorf("read %q, %v", got, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if got, err := b.Bytes(t.Context()); err != nil || string(got) != "body" || b.Size() != 4 {
		t.Errorf("Bytes = %q, %v; Size = %d", got, err, b.Size())
	}
	b.Release()
	b.Release()
}
