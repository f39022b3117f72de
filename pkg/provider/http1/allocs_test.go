package http1

import (
	"net/http"
	"testing"
)

// TestAllocationsOfAnAnswer: one for the response with its body and values, one
// for the text, two for the map.
func TestAllocationsOfAnAnswer(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 2\r\nx-request-id: abc\r\n" +
		"anthropic-organization-id: o\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nServer: x\r\n\r\n"
	req := &http.Request{Method: http.MethodPost}
	buf := make([]byte, len(head))
	allocs := testing.AllocsPerRun(100, func() {
		copy(buf, head)
		a, err := parseAnswer(buf, req)
		if err != nil || len(a.resp.Header) != 6 || a.resp.Header["X-Request-Id"][0] != "abc" {
			t.Fatalf("got %+v, %v", a, err)
		}
	})
	if allocs > 4 {
		t.Errorf("%v allocations, want 4", allocs)
	}
}
