package requestlog_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// full is a record with everything in it.
func full() requestlog.Record {
	return requestlog.Record{
		Timestamp: time.Date(2026, 3, 4, 5, 6, 7, 89_000_000, time.UTC),
		RequestID: "req_1", Status: requestlog.StatusSuccess, HTTPStatus: 200,
		ErrorType: "upstream", Error: `it said "no"`,
		Endpoint: "/v1/messages", Dialect: llm.Anthropic, Model: "claude", Deployment: "claude-1",
		Provider: "anthropic", UpstreamModel: "claude-sonnet-4-5", Stream: true,
		KeyID: "key_1", KeyName: "ci", Team: "platform", SessionID: "s1",
		UserAgent: "claude-cli/2.0", ClientIP: "192.0.2.1", ClientRequestID: "theirs",
		Duration: 1234567 * time.Microsecond, TTFT: 250 * time.Millisecond,
		Upstream: 1234 * time.Millisecond, Overhead: 567 * time.Microsecond,
		Usage: llm.Usage{
			Input: 1000, Output: 200, CacheRead: 300, CacheWrite5m: 40, CacheWrite1h: 60,
			Reasoning: 7, Queries: 2, Reported: true,
		},
		Cost: 31_500_000, PriceSource: "catalog", Cache: "miss", StopReason: "end_turn",
		UpstreamRequestID: "req_up",
		Attempts: []requestlog.Attempt{
			{Deployment: "claude-0", Status: 529, Error: "overloaded", Duration: 1500 * time.Microsecond},
			{Deployment: "claude-1", Status: 200, Duration: 2 * time.Second},
		},
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	everything := full()
	tests := []struct {
		name   string
		record requestlog.Record
		want   string
	}{
		{
			name:   "everything",
			record: everything,
			want: `{"timestamp":"2026-03-04T05:06:07.089Z","request_id":"req_1","status":"success","http_status":200,` +
				`"error_type":"upstream","error":"it said \"no\"","endpoint":"/v1/messages","dialect":"anthropic",` +
				`"model":"claude","deployment":"claude-1","provider":"anthropic","upstream_model":"claude-sonnet-4-5",` +
				`"stream":true,"key_id":"key_1","key_name":"ci","team":"platform","session_id":"s1",` +
				`"user_agent":"claude-cli/2.0","client_ip":"192.0.2.1","client_request_id":"theirs",` +
				`"duration":1234.567,"ttft":250,"upstream_ms":1234,"overhead_ms":0.567,` +
				`"input_tokens":1000,"output_tokens":200,"cache_read_tokens":300,"cache_write_tokens":100,` +
				`"cache_write_1h_tokens":60,"reasoning_tokens":7,"queries":2,"usage_estimated":false,` +
				`"cost":0.0315,"price_source":"catalog","cache":"miss","stop_reason":"end_turn",` +
				`"upstream_request_id":"req_up","attempts":[` +
				`{"deployment":"claude-0","status":529,"error":"overloaded","ms":1.5},` +
				`{"deployment":"claude-1","status":200,"ms":2000}]}`,
		},
		{
			name:   "refused call",
			record: requestlog.Record{Timestamp: everything.Timestamp, RequestID: "r", Status: "error", HTTPStatus: 429},
			want: `{"timestamp":"2026-03-04T05:06:07.089Z","request_id":"r","status":"error","http_status":429,` +
				`"stream":false,"duration":0,"input_tokens":0,"output_tokens":0,"cache_read_tokens":0,` +
				`"cache_write_tokens":0,"reasoning_tokens":0,"cost":0}`,
		},
		{
			name:   "estimated",
			record: requestlog.Record{Timestamp: everything.Timestamp, Usage: llm.Usage{Input: 5}, Cost: 3 * llm.USD},
			want: `{"timestamp":"2026-03-04T05:06:07.089Z","stream":false,"duration":0,"input_tokens":5,` +
				`"output_tokens":0,"cache_read_tokens":0,"cache_write_tokens":0,"reasoning_tokens":0,` +
				`"usage_estimated":true,"cost":3}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.record.AppendJSON([]byte("before"))
			if diff := cmp.Diff("before"+tt.want, string(got)); diff != "" {
				t.Errorf("line (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimesInALine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		time     time.Time
		duration time.Duration
		want     string
	}{
		{name: "other zone", time: time.Date(2026, 1, 1, 0, 30, 0, 0, time.FixedZone("", 3600)), want: `"2025-12-31T23:30:00.000Z"`},
		{name: "cut to ms", time: time.Date(2026, 1, 1, 0, 0, 0, 1_999_999, time.UTC), want: `"2026-01-01T00:00:00.001Z"`},
		{name: "year 10000", time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), want: `"0001-01-01T00:00:00.000Z"`},
		{name: "before the common era", time: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), want: `"0001-01-01T00:00:00.000Z"`},
		{name: "negative duration", duration: -time.Second, want: `"duration":0,`},
		{name: "rounded up", duration: 1999 * time.Nanosecond, want: `"duration":0.002,`},
		{name: "trailing zero", duration: 10 * time.Microsecond, want: `"duration":0.01,`},
		{name: "long", duration: 36 * time.Hour, want: `"duration":129600000,`},
	}
	for _, tt := range tests {
		r := requestlog.Record{Timestamp: tt.time, Duration: tt.duration}
		if got := string(r.AppendJSON(nil)); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTextsInALine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, want string
	}{
		{name: "quotes", text: `a"b\c`, want: `a\"b\\c`},
		{name: "line end", text: "a\nb\rc", want: `a\nb\u000dc`},
		{name: "terminal control", text: "\x1b[31mred\x07\x7f", want: `\u001b[31mred\u0007\u007f`},
		{name: "C1 control", text: "a\u009bb", want: `a\u009bb`},
		{name: "line separators", text: "a\u2028b\u2029", want: `a\u2028b\u2029`},
		{name: "no UTF-8", text: "a\xffb\xc3", want: "a\ufffdb\ufffd"},
		{name: "other scripts", text: "größe 模型 🙂", want: "größe 模型 🙂"},
		{name: "long", text: strings.Repeat("a", 2000), want: strings.Repeat("a", 1024)},
		{name: "cut between characters", text: strings.Repeat("ü", 1000), want: strings.Repeat("ü", 512)},
		{name: "cut before a character that does not fit", text: "a" + strings.Repeat("ü", 1000), want: "a" + strings.Repeat("ü", 511)},
	}
	for _, tt := range tests {
		r := requestlog.Record{Error: tt.text}
		got := string(r.AppendJSON(nil))
		if !strings.Contains(got, `"error":"`+tt.want+`",`) {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestLineIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\x00", 1<<20)
	r := full()
	for _, s := range []*string{
		&r.RequestID, &r.Status, &r.ErrorType, &r.Error, &r.Endpoint, &r.Model, &r.Deployment, &r.Provider,
		&r.UpstreamModel, &r.KeyID, &r.KeyName, &r.Team, &r.SessionID, &r.UserAgent, &r.ClientIP, &r.ClientRequestID,
		&r.PriceSource, &r.Cache, &r.StopReason, &r.UpstreamRequestID,
	} {
		*s = long
	}
	r.Dialect = llm.Dialect(long)
	r.Attempts = nil
	for i := range 1000 {
		r.Attempts = append(r.Attempts, requestlog.Attempt{Deployment: long, Error: long, Status: i})
	}
	got := r.AppendJSON(nil)
	if len(got) > 400<<10 {
		t.Errorf("a line of %d bytes", len(got))
	}
	back, err := requestlog.ParseRecord(got)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(back.Attempts); n != 32 || back.Attempts[n-1].Status != 999 {
		t.Errorf("%d attempts, the last is %d", n, back.Attempts[n-1].Status)
	}
}

// randomRecord returns a record that a line can hold without loss.
func randomRecord(r *rand.Rand) requestlog.Record {
	const letters = "abc XYZ\"\\\n\t\x00\x1f\x7f\u0085äß模🙂\u2028"
	text := func(limit int) string {
		var b strings.Builder
		for range r.IntN(20) {
			runes := []rune(letters)
			b.WriteRune(runes[r.IntN(len(runes))])
		}
		if b.Len() > limit {
			return "x"
		}
		return b.String()
	}
	n := func() int64 { return r.Int64N(3) * r.Int64N(1<<40) }
	d := func() time.Duration { return time.Duration(n()%1e9) * time.Microsecond }
	rec := requestlog.Record{
		Timestamp: time.UnixMilli(r.Int64N(4e12)).UTC(), RequestID: text(256), Status: text(64), HTTPStatus: r.IntN(600),
		ErrorType: text(64), Error: text(1024), Endpoint: text(256), Dialect: llm.Dialect(text(64)), Model: text(512),
		Deployment: text(512), Provider: text(256), UpstreamModel: text(512), Stream: r.IntN(2) == 0,
		KeyID: text(256), KeyName: text(256), Team: text(256), SessionID: text(256), UserAgent: text(1024),
		ClientIP: text(256), ClientRequestID: text(256), Duration: d(), TTFT: d(), Upstream: d(), Overhead: d(),
		Usage: llm.Usage{
			Input: n(), Output: n(), CacheRead: n(), CacheWrite5m: n(), CacheWrite1h: n(), Reasoning: n(),
			Queries: n(), Reported: r.IntN(2) == 0,
		},
		Cost: llm.NanoUSD(n() - int64(r.IntN(1000))), PriceSource: text(64), Cache: text(64), StopReason: text(256), UpstreamRequestID: text(256),
	}
	for range r.IntN(4) {
		rec.Attempts = append(rec.Attempts, requestlog.Attempt{Deployment: text(512), Status: r.IntN(600), Error: text(1024), Duration: d()})
	}
	return rec
}

func TestEveryRecordComesBack(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		want := randomRecord(random)
		text := want.AppendJSON(nil)
		if !utf8.Valid(text) || !json.Valid(text) || bytes.ContainsFunc(text, unicode.IsControl) {
			t.Fatalf("no clean line: %q", text)
		}
		got, err := requestlog.ParseRecord(text)
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n(-want +got):\n%s", text, diff)
		}
	}
}

func TestParseRecordRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `null x`, `[]`, `"text"`, `{`, `{"duration":"3"}`, `{"duration":-1}`, `{"duration":1e300}`, `{"input_tokens":-1}`,
		`{"input_tokens":1.5}`, `{"cost":"x"}`, `{"cost":1e99}`, `{"timestamp":"yesterday"}`, `{"cache_write_1h_tokens":1}`,
		`{"attempts":{}}`, `{"http_status":"200"}`,
	} {
		if r, err := requestlog.ParseRecord([]byte(text)); err == nil {
			t.Errorf("%s was read as %+v", text, r)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	r := full()
	f.Add(r.AppendJSON(nil))
	f.Add([]byte(`{"error":"\ud800 \u0000","user_agent":"` + strings.Repeat("é", 600) + `x"}`))
	f.Add([]byte(`{"timestamp":"9999-12-31T23:59:59-23:00","cost":-0.000000001,"duration":0.0005}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := requestlog.ParseRecord(text)
		if err != nil {
			return
		}
		first := r.AppendJSON(nil)
		if !utf8.Valid(first) || !json.Valid(first) || bytes.ContainsFunc(first, unicode.IsControl) {
			t.Fatalf("no clean line: %q", first)
		}
		back, err := requestlog.ParseRecord(first)
		if err != nil {
			t.Fatalf("%v: %s", err, first)
		}
		if second := back.AppendJSON(nil); !bytes.Equal(first, second) {
			t.Errorf("writing it again changes it:\n%s\n%s", first, second)
		}
	})
}

func FuzzTexts(f *testing.F) {
	f.Add("plain", "a\xff\"")
	f.Add(strings.Repeat("\xff", 400), "\u2028")
	f.Fuzz(func(t *testing.T, model, text string) {
		r := requestlog.Record{Model: model, Error: text, Attempts: []requestlog.Attempt{{Error: model, Deployment: text}}}
		first := r.AppendJSON(nil)
		back, err := requestlog.ParseRecord(first)
		if err != nil {
			t.Fatalf("%v: %s", err, first)
		}
		if len(back.Model) > 512 || len(back.Error) > 1024 {
			t.Errorf("texts of %d and %d bytes", len(back.Model), len(back.Error))
		}
		if second := back.AppendJSON(nil); !bytes.Equal(first, second) {
			t.Errorf("writing it again changes it:\n%s\n%s", first, second)
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	r := full()
	r.ErrorType, r.Error, r.Attempts = "", "", r.Attempts[1:]
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		dst = r.AppendJSON(dst[:0])
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkParseRecord(b *testing.B) {
	r := full()
	text := r.AppendJSON(nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := requestlog.ParseRecord(text); err != nil {
			b.Fatal(err)
		}
	}
}
