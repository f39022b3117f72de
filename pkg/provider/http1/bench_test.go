package http1_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/provider/http1"
)

// BenchmarkRoundTrip sends what a gateway sends, over http.Transport and over
// http1. cpu-µs is of the whole process, the server's share in it.
func BenchmarkRoundTrip(b *testing.B) {
	for _, c := range []struct {
		name    string
		request int
		answer  http.HandlerFunc
	}{
		{"1 KB", 1 << 10, whole},
		{"60 KB body", 60 << 10, whole},
		{"53 events", 1 << 10, streamed},
	} {
		for _, secure := range []bool{false, true} {
			server := httptest.NewUnstartedServer(c.answer)
			server.EnableHTTP2 = true
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			if secure {
				server.StartTLS()
			} else {
				server.Start()
			}
			roots := x509.NewCertPool()
			if secure {
				roots.AddCert(server.Certificate())
			}
			body := bytes.Repeat([]byte("x"), c.request)
			for _, s := range subjects(roots, secure) {
				b.Run(fmt.Sprintf("%s/tls=%t/%s", c.name, secure, s.name), func(b *testing.B) {
					benchmark(b, s.rt, server.URL, body)
				})
				s.rt.(interface{ CloseIdleConnections() }).CloseIdleConnections()
			}
			server.Close()
		}
	}
}

type subject struct {
	name string
	rt   http.RoundTripper
}

func subjects(roots *x509.CertPool, secure bool) []subject {
	config := &tls.Config{RootCAs: roots}
	list := []subject{
		{"transport", &http.Transport{TLSClientConfig: config.Clone(), DisableCompression: true, MaxIdleConnsPerHost: 1000}},
		{"http1", http1.New(http1.Options{TLSConfig: config})},
	}
	if secure {
		list = append(list, subject{"h2", &http.Transport{
			TLSClientConfig: config.Clone(), DisableCompression: true, ForceAttemptHTTP2: true,
		}})
	}
	return list
}

func benchmark(b *testing.B, rt http.RoundTripper, url string, body []byte) {
	b.ReportAllocs()
	before := cpu(b)
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		var scratch [8 << 10]byte
		for pb.Next() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			resp, err := rt.RoundTrip(req)
			if err != nil {
				b.Error(err)
				return
			}
			for err == nil {
				_, err = resp.Body.Read(scratch[:])
			}
			if err != io.EOF {
				b.Error(err)
			}
			_ = resp.Body.Close()
		}
	})
	b.ReportMetric(float64(cpu(b)-before)/float64(time.Microsecond)/float64(b.N), "cpu-µs/op")
}

// cpu is what the process has used so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var kilobyte = strings.Repeat("x", 1<<10)

// whole answers with 1 KB.
func whole(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(kilobyte)))
	_, _ = io.WriteString(w, kilobyte)
}

// streamed answers with 53 events, each by itself.
func streamed(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/event-stream")
	event := "data: " + kilobyte[:150] + "\n\n"
	flush := http.NewResponseController(w)
	for range 53 {
		_, _ = io.WriteString(w, event)
		_ = flush.Flush()
	}
}
