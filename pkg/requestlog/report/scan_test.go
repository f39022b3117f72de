package report

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/requestlog"
)

// padded is a line with its end, as it stands in a block.
func padded(text string) []byte {
	return append([]byte(text+"\n"), make([]byte, requestlog.BlockPadding)...)
}

// The scanner is there so that few lines are decoded: those of a gateway never are,
// and those of others in a form that is not unusual.
func TestScannerReadsUsualLines(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 2000 {
		rec := randomRecord(r, i)
		text := string([]writer{ours, others}[i%2](r, &rec))
		var c call
		if next := c.scan(padded(text), 0); next != len(text)+1 {
			t.Fatalf("not read (%d): %s", next, text)
		}
		if err := sameAsRecord(&c, text); err != "" {
			t.Fatalf("%s: %s", err, text)
		}
	}
}

// sameAsRecord compares a call that was scanned with what ParseRecord makes of the
// line, and says where they differ.
func sameAsRecord(c *call, text string) string {
	want, err := requestlog.ParseLine([]byte(text))
	if err != nil {
		return "ParseLine refuses it: " + err.Error()
	}
	texts := map[field]string{
		fieldRequestID: want.RequestID, fieldStatus: want.Status, fieldErrorType: want.ErrorType, fieldError: want.Error,
		fieldEndpoint: want.Endpoint, fieldDialect: string(want.Dialect), fieldModel: want.Model, fieldDeployment: want.Deployment,
		fieldProvider: want.Provider, fieldUpstreamModel: want.UpstreamModel, fieldKeyID: want.KeyID, fieldKeyName: want.KeyName,
		fieldTeam: want.Team, fieldSessionID: want.SessionID, fieldUserAgent: want.UserAgent, fieldClientIP: want.ClientIP,
		fieldClientRequestID: want.ClientRequestID, fieldPriceSource: want.PriceSource, fieldCache: want.Cache,
		fieldStopReason: want.StopReason, fieldUpstreamRequestID: want.UpstreamRequestID,
	}
	for f, w := range texts {
		if got := string(c.text(f)); got != w {
			return fields[f].name + " is " + got + ", want " + w
		}
	}
	numbers := map[field]int64{
		fieldHTTPStatus: int64(want.HTTPStatus), fieldStream: truth(want.Stream), fieldInput: want.Usage.Input, fieldOutput: want.Usage.Output,
		fieldCacheRead: want.Usage.CacheRead, fieldCacheWrite: want.Usage.CacheWrite(), fieldCacheWrite1h: want.Usage.CacheWrite1h,
		fieldReasoning: want.Usage.Reasoning, fieldQueries: want.Usage.Queries, fieldCost: int64(want.Cost), fieldAttempts: int64(len(want.Attempts)),
	}
	if !want.Timestamp.IsZero() {
		numbers[fieldTimestamp] = want.Timestamp.UnixMicro()
	} else if c.has(fieldTimestamp) {
		return "it has a time"
	}
	for f, w := range numbers {
		if got := c.number(f); got != w {
			return fields[f].name + " differs"
		}
	}
	for f, w := range map[field]time.Duration{
		fieldDuration: want.Duration, fieldTTFT: want.TTFT, fieldUpstreamMS: want.Upstream, fieldOverheadMS: want.Overhead,
	} {
		// A Record has microseconds; floats of many digits may be rounded to either side.
		if math.Abs(float64(c.duration(f)-w)) > 501 {
			return fields[f].name + " differs"
		}
	}
	return ""
}

// What the scanner is not sure of it leaves to ParseLine.
func TestScannerLeavesTheUnusual(t *testing.T) {
	t.Parallel()
	for _, members := range []string{
		`,"Model":"m"`, `,"model":null`, `,"model":"a","model":"b"`, `,"mod\u0065l":"m"`, `,"startTime":1`,
		`,"input_tokens":1.0`, `,"input_tokens":1e2`, `,"input_tokens":01`, `,"input_tokens":-1`, `,"input_tokens":1234567890123456789`,
		`,"cost":1.`, `,"cost":.5`, `,"cost":00.5`, `,"cost":1e`, `,"cost":1e999`, `,"duration":1e300`, `,"duration":"1"`, `,"duration":400000000000`,
		`,"timestamp":"2026-02-29T00:00:00.000Z"`, `,"timestamp":"2026-01-01T24:00:00.000Z"`, `,"timestamp":"2026-01-01 00:00:00Z"`, `,"timestamp":1`,
		`,"attempts":{}`, `,"attempts":[1]`, `,"attempts":[{"status":"x"}]`, `,"attempts":[{"ms":-1}]`, `,"attempts":[{"deployment":1}]`, `,"attempts":[{}]`,
		`,"attempts":[{"Status":1}]`, `,"attempts":[{"status":1},]`, `,"stream":1`, `,"stream":tru`, `,"x":[1,]`, `,"x":{"a"}`, `,"x":{"a":}`, `,"x":nul`,
		`,"x":-`, `,"x":01`, `,"x":"` + "\t" + `"`, `,"x":"\x"`, `,"x":"\u12g4"`, `,"x":"`, `,`, `,"x"`, `,"x":1}`, `}{"status":"success"`,
		`,"cache_write_1h_tokens":1`, `,"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100), ` "x":1`,
	} {
		text := `{"status":"success"` + members + `}`
		var c call
		if next := c.scan(padded(text), 0); next != bad {
			t.Errorf("%s was read", text)
		}
	}
	for _, text := range []string{``, ` {"status":"success"}`, `[]`, `{}`, `{"status":""}`, `{"model":"m"}`, `null`, `{"status":"success"} x`, `{"status`} {
		var c call
		if next := c.scan(padded(text), 0); next != bad {
			t.Errorf("%s was read", text)
		}
	}
}

// Whether a line is scanned or decoded makes no difference.
func TestDecodedLinesAreTheSame(t *testing.T) {
	t.Parallel()
	const members = `,"timestamp":"2026-03-01T00:00:00.123456Z","duration":12.345678,"ttft":0.0000015,"usage_estimated":true,"cost":3.15e-05,` +
		`"http_status":200,"model":"mä\n","attempts":[{"deployment":"a","status":529,"error":"no","ms":1.5}],"input_tokens":7}`
	var scanned, decoded call
	if scanned.scan(padded(`{"status":"success"`+members), 0) < 0 {
		t.Fatal("not scanned")
	}
	text := `{"team":null,"status":"success"` + members
	if decoded.scan(padded(text), 0) >= 0 {
		t.Fatal("scanned")
	}
	if err := decoded.read([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for f := range numFields {
		if scanned.number(f) != decoded.number(f) || fields[f].kind == kindText && !bytes.Equal(scanned.text(f), decoded.text(f)) {
			t.Errorf("%s: %d %q, %d %q", fields[f].name, scanned.number(f), scanned.text(f), decoded.number(f), decoded.text(f))
		}
	}
	if got, want := scanned.number(fieldDuration), int64(12_345_678); got != want {
		t.Errorf("duration %d ns, want %d", got, want)
	}
	var a, b []attempt
	if json.Unmarshal(scanned.raw(fieldAttempts), &a) != nil || json.Unmarshal(decoded.raw(fieldAttempts), &b) != nil || len(a) != 1 || a[0] != b[0] {
		t.Errorf("%v, %v", a, b)
	}
}

func TestInstant(t *testing.T) {
	t.Parallel()
	for day := time.Date(1, 12, 30, 23, 59, 59, 999e6, time.UTC); day.Year() < 10_000; day = day.AddDate(0, 0, 13) {
		text := []byte(day.Format(`"2006-01-02T15:04:05.000Z"`))
		us, end := utcMillis(text, 0)
		if end < 0 && day.Year() > 1 || end >= 0 && us != day.UnixMicro() {
			t.Fatalf("%s: %d, want %d", text, us, day.UnixMicro())
		}
	}
}

// FuzzScan: the scanner never reads beyond a line, and whatever it takes it takes as
// ParseRecord does; a report never panics.
func FuzzScan(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 6 {
		rec := randomRecord(r, i)
		f.Add([]writer{ours, others, litellm}[i%3](r, &rec))
		f.Add(spoiled(r, ours(r, &rec), i))
	}
	f.Add([]byte("{\"status\":\"success\",\"error\":\"\xff\\ud800\",\"timestamp\":\"0000-01-01T00:00:00.000Z\"}"))
	f.Add([]byte(`{"status":"success","cost":-1e-3,"duration":0.0000004,"x":[[],{"a":"b"}]}` + "\r"))
	f.Fuzz(func(t *testing.T, text []byte) {
		line, _, _ := bytes.Cut(text, []byte("\n"))
		var c call
		next := c.scan(padded(string(line)), 0)
		if next >= 0 {
			if next != len(line)+1 {
				t.Fatalf("read to %d of %d: %q", next, len(line), line)
			}
			if diff := sameAsRecord(&c, string(line)); diff != "" {
				t.Fatalf("%s: %q", diff, line)
			}
		}
		got := analyze(t, Options{By: []string{"model", "day"}}, text)
		if got.Total+got.Broken != got.Lines {
			t.Errorf("%d calls and %d broken lines of %d", got.Total, got.Broken, got.Lines)
		}
	})
}
