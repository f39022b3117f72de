package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// endpoint is a route that takes calls.
type endpoint struct {
	dialect, path string
	// body is a good call, which an attack spoils.
	body string
}

// endpoints are the routes attacked. The models are answered by the built-in echo
// provider and by a vendor that judges what it gets.
var endpoints = []endpoint{
	{"anthropic", "/v1/messages", `{"model":"mock-anthropic","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}`},
	{"anthropic", "/anthropic/v1/messages", `{"model":"hello","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}`},
	{"anthropic", "/v1/messages/count_tokens", `{"model":"hello","messages":[{"role":"user","content":"hi"}]}`},
	{"openai", "/v1/chat/completions", `{"model":"mock-openai","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}`},
	{"openai", "/openai/v1/chat/completions", `{"model":"any/thing","stream":true,"messages":[{"role":"user","content":"hi"}]}`},
	{"openai", "/chat/completions", `{"model":"hello","stream":true,"messages":[{"role":"user","content":"hi"}]}`},
	{"openai", "/v1/completions", `{"model":"hello","prompt":"hi"}`},
	{"openai", "/v1/embeddings", `{"model":"hello","input":"hi"}`},
}

// attacks are all kinds, in the same order each time.
func attacks() []attack {
	all := slices.Concat(bodyAttacks(), sizeAttacks(), pathAttacks(), keyAttacks(), unreadable(), twoReadings(), oddities(), []attack{pipeline()})
	slices.SortStableFunc(all, func(a, b attack) int { return strings.Compare(a.name, b.name) })
	return all
}

// head begins a request; the caller adds fields, an empty line and the body.
func head(method, path, key string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\n", method, path, key)
}

// post is a request that is right but for its body.
func post(path, body string) []byte {
	return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head("POST", path, hostileKey), len(body), body)
}

// spoil makes an attack of a change to each endpoint's good body.
func spoil(name string, v verdict, change func(r *rand.Rand, body string) string) []attack {
	var all []attack
	for _, e := range endpoints {
		all = append(all, attack{
			name: name + " at " + e.path, dialect: e.dialect, verdict: v,
			request: func(r *rand.Rand) []byte { return post(e.path, change(r, e.body)) },
		})
	}
	return all
}

// instead is a body that has nothing of the good one.
func instead(bodies ...string) func(*rand.Rand, string) string {
	return func(r *rand.Rand, _ string) string { return bodies[r.IntN(len(bodies))] }
}

// with puts one of the members in front of the good body's.
func with(members ...string) func(*rand.Rand, string) string {
	return func(r *rand.Rand, body string) string { return "{" + members[r.IntN(len(members))] + "," + body[1:] }
}

// model replaces the good body's model by one of the JSON values.
func model(values ...string) func(*rand.Rand, string) string {
	return func(r *rand.Rand, body string) string {
		_, rest, _ := strings.Cut(body, ",")
		return `{"model":` + values[r.IntN(len(values))] + "," + rest
	}
}

// bodyAttacks are bodies that are no calls.
func bodyAttacks() []attack {
	return slices.Concat(
		spoil("cut JSON", refused, func(r *rand.Rand, b string) string { return b[:r.IntN(len(b))] }),
		spoil("a byte changed", judged, func(r *rand.Rand, b string) string {
			i := r.IntN(len(b))
			return b[:i] + string([]byte{byte(r.IntN(256))}) + b[i+1:]
		}),
		spoil("a byte more", judged, func(r *rand.Rand, b string) string {
			i := r.IntN(len(b) + 1)
			return b[:i] + string([]byte{byte(r.IntN(256))}) + b[i:]
		}),
		spoil("a byte less", judged, func(r *rand.Rand, b string) string {
			i := r.IntN(len(b))
			return b[:i] + b[i+1:]
		}),
		spoil("noise", refused, func(r *rand.Rand, _ string) string {
			b := make([]byte, 1+r.IntN(4096))
			for i := range b {
				b[i] = byte(r.IntN(256))
			}
			return string(b)
		}),
		spoil("no object", refused, instead("", " ", "null", "[]", "1", `"x"`, "true", "{", "{]", "[}", `{"`, "\x00", "{}{}", "\xef\xbb\xbf{}")),
		spoil("text after the object", refused, func(_ *rand.Rand, b string) string { return b + b }),
		spoil("byte order mark", refused, func(_ *rand.Rand, b string) string { return "\xef\xbb\xbf" + b }),
		spoil("the model twice", refused, with(`"model":"hello"`, `"mod\u0065l":"hello"`, `"\u006dodel":"x"`, `"\u006D\u006f\u0064\u0065\u006c":"x"`)),
		spoil("the model in other case", refused, with(`"Model":"x"`, `"MODEL":"x"`, `"mOdEl":null`, `"\u004dodel":"x"`)),
		spoil("no model", refused, func(r *rand.Rand, b string) string {
			return strings.Replace(b, `"model"`, []string{`"module"`, `"Model"`, `"mod\u0065l"`, `" model"`, `"model\u0000"`}[r.IntN(5)], 1)
		}),
		spoil("model of another kind", refused, model("1", "null", "true", "{}", "[]", `["hello"]`, `""`, "-", "hello", "'hello'", "1e999")),
		spoil("unknown model", refused, model(`"no-such-model"`, `"hello\u0000"`, `"\ud800"`, "\"\xff\xfe\"", "\"hello\x00\"", `"../../etc/passwd"`,
			`"hello\r\nX-Injected: 1"`, `"`+strings.Repeat("m", 100_000)+`"`, `"%s%n%d"`, `"*"`, `"HELLO"`)),
		spoil("model of a pattern", judged, model("\"any/\xff\xfe\"", `"any/\u0000"`, `"any/\ud800"`, `"any/../../x"`, `"any/\r\nX-Injected: 1"`, `"any/`+strings.Repeat("m", 50_000)+`"`, `"any/"`, `"any/*"`)),
		spoil("address in the body", refused, with(`"api_base":"http://169.254.169.254/"`, `"api_key":"sk-x"`, `"api_b\u0061se":"http://x"`, `"api_base":null`)),
		spoil("deep nesting", refused, func(r *rand.Rand, b string) string {
			n := 10_001 + r.IntN(100_000)
			return `{"x":` + strings.Repeat("[", n) + strings.Repeat("]", n-r.IntN(2)) + "," + b[1:len(b)-r.IntN(2)] + "]"
		}),
		spoil("many members", refused, func(_ *rand.Rand, b string) string {
			return "{" + strings.Repeat(`"x":1,`, 5_000) + b[1:]
		}),
		wrongTypes(),
	)
}

// wrongTypes are members the gateway reads, with values they cannot have.
func wrongTypes() []attack {
	values := []string{"null", "true", "-1", "0", "1.5", "1e999", "-0", "99999999999999999999999999", "9223372036854775807", `"1"`, `""`, "[]", "{}", "[[]]", `{"a":1}`, "\"\xff\""}
	members := []string{
		"stream", "max_tokens", "n", "stream_options", "max_completion_tokens", "thinking", "reasoning_effort", "best_of",
		"tools", "metadata", "system", "user", "temperature", "input", "prompt", "messages",
	}
	return spoil("value of another kind", judged, func(r *rand.Rand, b string) string {
		name := members[r.IntN(len(members))]
		return `{"` + name + `":` + values[r.IntN(len(values))] + "," + b[1:]
	})
}

// sizeAttacks are bodies of sizes and encodings that are not taken.
func sizeAttacks() []attack {
	var all []attack
	add := func(a attack, request func(r *rand.Rand, e endpoint) []byte) {
		for _, e := range endpoints {
			b := a
			b.name, b.dialect = a.name+" at "+e.path, e.dialect
			b.request = func(r *rand.Rand) []byte { return request(r, e) }
			all = append(all, b)
		}
	}
	encoded := func(e endpoint, encoding string, body []byte) []byte {
		h := fmt.Sprintf("%sContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n", head("POST", e.path, hostileKey), encoding, len(body))
		return append([]byte(h), body...)
	}
	add(attack{name: "unknown encoding"}, func(r *rand.Rand, e endpoint) []byte {
		return encoded(e, []string{"br", "deflate", "zstd", "gzip, gzip", "gzip;q=1", "\xff", "x"}[r.IntN(7)], []byte(e.body))
	})
	add(attack{name: "no gzip"}, func(_ *rand.Rand, e endpoint) []byte { return encoded(e, "gzip", []byte(e.body)) })
	// A bit that pads the end of the stream may be any.
	add(attack{name: "spoiled gzip", verdict: judged}, func(r *rand.Rand, e endpoint) []byte {
		z := zipped(e.body)
		// Behind the header, of which the time may be any too.
		z[10+r.IntN(len(z)-10)] ^= byte(1 + r.IntN(255))
		return encoded(e, "gzip", z)
	})
	add(attack{name: "cut gzip"}, func(r *rand.Rand, e endpoint) []byte {
		z := zipped(e.body)
		return encoded(e, "gzip", z[:r.IntN(len(z))])
	})
	bomb := zipped(strings.Repeat(" ", 64<<20))
	add(attack{name: "gzip bomb", status: 413}, func(_ *rand.Rand, e endpoint) []byte { return encoded(e, "gzip", bomb) })
	add(attack{name: "too large by its length", status: 413}, func(r *rand.Rand, e endpoint) []byte {
		return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head("POST", e.path, hostileKey), maxBody+1+r.Int64N(1<<50), e.body)
	})
	large := chunked(strings.Repeat("x", maxBody+1))
	add(attack{name: "too large in chunks", status: 413}, func(_ *rand.Rand, e endpoint) []byte {
		return append([]byte(head("POST", e.path, hostileKey)+"Transfer-Encoding: chunked\r\n\r\n"), large...)
	})
	add(attack{name: "shorter than its length", half: true, verdict: dropped}, func(r *rand.Rand, e endpoint) []byte {
		return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head("POST", e.path, hostileKey), len(e.body)+1+r.IntN(1000), e.body)
	})
	add(attack{name: "longer than its length"}, func(_ *rand.Rand, e endpoint) []byte {
		return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head("POST", e.path, hostileKey), len(e.body)/2, e.body)
	})
	add(attack{name: "chunk that is none"}, func(r *rand.Rand, e endpoint) []byte {
		bad := []string{"zz\r\nx\r\n0\r\n\r\n", "-1\r\nx\r\n0\r\n\r\n", "5\r\nabc\r\n0\r\n\r\n", "ffffffffffffffff1\r\nx\r\n", "1\nx\n0\n\n", "1;" + strings.Repeat("e", 20_000) + "\r\nx\r\n0\r\n\r\n"}
		return fmt.Appendf(nil, "%sTransfer-Encoding: chunked\r\n\r\n%s", head("POST", e.path, hostileKey), bad[r.IntN(len(bad))])
	})
	add(attack{name: "chunks that do not end", half: true, verdict: dropped}, func(_ *rand.Rand, e endpoint) []byte {
		return fmt.Appendf(nil, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", head("POST", e.path, hostileKey), len(e.body), e.body)
	})
	return all
}

// zipped compresses a text.
func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// chunked is a text as a body of chunks.
func chunked(text string) []byte {
	var b bytes.Buffer
	for piece := range slices.Chunk([]byte(text), 32<<10) {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(piece), piece)
	}
	b.WriteString("0\r\n\r\n")
	return b.Bytes()
}

// pathAttacks are paths and methods that lead nowhere.
func pathAttacks() []attack {
	var all []attack
	for _, path := range []string{
		"/v1/messages/", "//v1/messages", "/v1//messages", "/v1/../v1/messages", "/./v1/messages", "/v1/messages/..", "/%2e%2e/v1/messages",
		"/v1%2Fmessages", "/v1/messages%00", "/v1/messages%20", "/V1/MESSAGES", "/v1/messages;x=1", "/v1/messages/count_tokens/x",
		"/v1/v1/v1/messages", "/anthropic/anthropic/v1/messages", "/v1/chat/completions/", "/v1/chat//completions", "/etc/passwd", "/..%2f..%2fetc/passwd",
		"/v1/models/..%2f..%2fetc%2fpasswd", "/openai/deployments//chat/completions", "/openai/deployments/a/b/chat/completions", "/engines/%2e%2e/x",
		"/key/generate", "/admin/live", "/debug/pprof/", "/debug/vars", "/.git/config", "/%", "/%zz/%", "/v1/" + strings.Repeat("x", 30_000),
		"/v1/messages%0d%0aX-Injected:1", "/?" + strings.Repeat("a=b&", 5_000), "/\xff\xfe", "/v1/%ff%fe",
	} {
		body := endpoints[0].body
		a := attack{name: fmt.Sprintf("path %.60q", path), request: func(*rand.Rand) []byte { return post(path, body) }}
		if strings.Contains(path, "/%zz") || strings.HasSuffix(path, "/%") {
			a.verdict = unparsed // no path at all by RFC 3986
		}
		all = append(all, a)
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND", "post", "POSTS"} {
		for _, e := range endpoints {
			all = append(all, attack{
				name: method + " " + e.path, method: method,
				request: func(*rand.Rand) []byte {
					return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head(method, e.path, hostileKey), len(e.body), e.body)
				},
			})
		}
	}
	for _, name := range []string{"%2e%2e", "%2E%2e%2F%2e%2e", "%ff%00", "hello%00", "%0d%0aX-Injected:1", "..%5c..", "no-such", strings.Repeat("m", 20_000)} {
		all = append(all, attack{
			name: fmt.Sprintf("deployment %.40q", name), dialect: "openai",
			request: func(*rand.Rand) []byte {
				return post("/openai/deployments/"+name+"/chat/completions", `{"messages":[{"role":"user","content":"hi"}]}`)
			},
		}, attack{
			name: fmt.Sprintf("model page %.40q", name), dialect: "openai", method: "GET",
			request: func(*rand.Rand) []byte { return []byte(head("GET", "/v1/models/"+name, hostileKey) + "\r\n") },
		})
	}
	return all
}

// keyAttacks are requests with good bodies and bad credentials.
func keyAttacks() []attack {
	long := "sk-" + strings.Repeat("k", 40_000)
	var all []attack
	for name, fields := range map[string]string{
		"no credential":          "",
		"empty credential":       "Authorization: Bearer\r\nx-api-key:  \r\n",
		"unknown key":            "x-api-key: sk-unknown\r\n",
		"long key":               "x-api-key: " + long + "\r\n",
		"key that is no text":    "x-api-key: sk-\xff\xfe\r\n",
		"basic credential":       "Authorization: Basic " + hostileKey + "\r\n",
		"key in the wrong case":  "Authorization: Bearer " + strings.ToUpper(hostileKey) + "\r\n",
		"key and a space inside": "Authorization: Bearer sk-e2e hostile\r\n",
		"two keys":               "Authorization: Bearer " + hostileKey + "\r\nx-api-key: " + otherKey + "\r\n",
		"two keys in one field":  "x-api-key: " + hostileKey + "\r\nx-api-key: " + otherKey + "\r\n",
		"a key and none":         "Authorization: Bearer " + hostileKey + "\r\nx-goog-api-key: sk-unknown\r\n",
		"several schemes":        "Authorization: " + strings.Repeat("Bearer ", 2) + hostileKey + "\r\n",
		"the vendor's own key":   "x-api-key: sk-vendor\r\n",
	} {
		for _, e := range endpoints {
			all = append(all, attack{
				name: name + " at " + e.path, dialect: e.dialect, status: 401,
				request: func(*rand.Rand) []byte {
					return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s", e.path, fields, len(e.body), e.body)
				},
			})
		}
	}
	for _, path := range []string{"/metrics", "/metrics?x=1"} {
		all = append(all, attack{name: "caller's key at " + path, status: 403, method: "GET", request: func(*rand.Rand) []byte {
			return []byte(head("GET", path, hostileKey) + "\r\n")
		}})
	}
	return all
}

// The parts of the good request that the attacks on the protocol are made of: its
// body, its head but for the body's length, and that.
var (
	goodBody   = endpoints[0].body
	goodHead   = "POST /v1/messages HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: Bearer " + hostileKey + "\r\n"
	goodLength = fmt.Sprintf("Content-Length: %d\r\n", len(goodBody))
)

// unreadable are bytes that are no HTTP, or that ask for more of it than there is.
func unreadable() []attack {
	var all []attack
	for name, request := range map[string]string{
		"two lengths":               goodHead + goodLength + "Content-Length: 1\r\n\r\n" + goodBody,
		"length -1":                 goodHead + "Content-Length: -1\r\n\r\n" + goodBody,
		"length +5":                 goodHead + "Content-Length: +5\r\n\r\n" + goodBody,
		"length in hex":             goodHead + "Content-Length: 0x10\r\n\r\n" + goodBody,
		"length 1e3":                goodHead + "Content-Length: 1e3\r\n\r\n" + goodBody,
		"length too long":           goodHead + "Content-Length: 99999999999999999999\r\n\r\n" + goodBody,
		"unknown transfer encoding": goodHead + "Transfer-Encoding: gzip\r\n\r\n" + goodBody,
		"two transfer encodings":    goodHead + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + goodBody,
		"chunked, identity":         goodHead + "Transfer-Encoding: chunked, identity\r\n\r\n" + goodBody,
		"xchunked":                  goodHead + "Transfer-Encoding: xchunked\r\n" + goodLength + "\r\n" + goodBody,
		"space before the colon":    goodHead + "Content-Length : 5\r\n\r\n" + goodBody,
		"folded field":              goodHead + "X-Folded: a\r\n b\r\n: \r\n\r\n" + goodBody,
		"NUL in a field":            goodHead + "X-Nul: a\x00b\r\n\r\n" + goodBody,
		"field without a name":      goodHead + ": x\r\n\r\n" + goodBody,
		"no host":                   "POST /v1/messages HTTP/1.1\r\n\r\n",
		"two hosts":                 goodHead + "Host: other\r\n\r\n" + goodBody,
		"host that is none":         "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
		"flood of fields":           goodHead + strings.Repeat("X-Flood: "+strings.Repeat("f", 90)+"\r\n", 2_000) + "\r\n",
		"field of 200 KB":           goodHead + "X-Large: " + strings.Repeat("l", 200<<10) + "\r\n\r\n",
		"method with an @":          "G@T / HTTP/1.1\r\nHost: gateway\r\n\r\n",
		"no method":                 " / HTTP/1.1\r\nHost: gateway\r\n\r\n",
		"HTTP/9.9":                  "GET / HTTP/9.9\r\nHost: gateway\r\n\r\n",
		"HTTP/0.9":                  "GET /\r\n\r\n",
		"TLS":                       "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello \r\n\r\n",
		"nothing":                   "\r\n\r\n\r\n",
		"unknown expectation":       goodHead + goodLength + "Expect: miracles\r\n\r\n" + goodBody,
	} {
		all = append(all, attack{name: name, verdict: unparsed, half: true, request: func(*rand.Rand) []byte { return []byte(request) }})
	}
	return all
}

// twoReadings are requests that two readers may read in two ways, or that are
// hardly any.
func twoReadings() []attack {
	smuggled := "GET /metrics HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " + hostileKey + "\r\n\r\n"
	var all []attack
	for name, request := range map[string]string{
		// The chunks count, the length does not: what follows them is no request.
		"length and chunks": goodHead + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n\r\n" + smuggled,
		"HTTP/1.0":          strings.Replace(goodHead, "HTTP/1.1", "HTTP/1.0", 1) + "Content-Length: 1\r\n\r\n{",
		"web socket":        goodHead + "Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nContent-Length: 1\r\n\r\n{",
		"h2c":               goodHead + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 1\r\n\r\n{",
		"another host":      "POST http://evil.example/v1/messages HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: 1\r\n\r\n{",
		"100 fields":        goodHead + strings.Repeat("X-Many: x\r\n", 100) + "Content-Length: 1\r\n\r\n{",
		"hop-by-hop fields": goodHead + "Keep-Alive: 5\r\nTE: trailers\r\nTrailer: x\r\nProxy-Connection: close\r\nContent-Length: 1\r\n\r\n{",
		"OPTIONS *":         "OPTIONS * HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n",
		"GET *":             "GET * HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n",
		"HTTP/2 preface":    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"CONNECT":           "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n",
		"length of a GET":   "GET /v1/messages HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
	} {
		all = append(all, attack{name: name, request: func(*rand.Rand) []byte { return []byte(request) }})
	}
	return all
}

// oddities are requests that are right, but look as no client makes them.
func oddities() []attack {
	var all []attack
	for name, fields := range map[string]string{
		"fields for the vendor": "Anthropic-Beta: \xff\xfe\r\nAnthropic-Version: " + strings.Repeat("v", 8_000) + "\r\nOpenAI-Beta: a\tb\r\nCookie: a=b\r\nAccept-Encoding: br\r\n",
		"fields about the way":  "X-Forwarded-For: ::::, 999.1.1.1, \xff\r\nX-Forwarded-Host: evil\r\nForwarded: for=_x\r\nVia: 1.1 x\r\nConnection: authorization, host\r\n",
		"fields for the log":    "User-Agent: \xff\xfe" + strings.Repeat("u", 10_000) + "\r\nX-Request-Id: ../../\xff\r\nSession-Id: \"},{\"\r\n",
	} {
		all = append(all, attack{name: name, dialect: "anthropic", verdict: judged, request: func(*rand.Rand) []byte {
			return []byte(goodHead + fields + goodLength + "\r\n" + goodBody)
		}})
	}
	drops := []byte("Transfer-Encoding: chunked\r\n\r\n")
	for _, b := range []byte(goodBody) {
		drops = fmt.Appendf(drops, "1;ext=eeeeeeee\r\n%c\r\n", b)
	}
	all = append(all, attack{name: "chunks of a byte", dialect: "anthropic", verdict: judged, request: func(*rand.Rand) []byte {
		return []byte(goodHead + string(drops) + "0\r\nTrailer: x\r\n\r\n")
	}})
	all = append(all, attack{name: "query", dialect: "anthropic", verdict: judged, request: func(r *rand.Rand) []byte {
		queries := []string{"\xff\xfe", "beta=true&beta=%0d%0aX-Injected:1", strings.Repeat("q=%ff&", 4_000), "%zz", "key=" + otherKey, ";;", "#x", "a=b?c=d"}
		return []byte(strings.Replace(goodHead, "/v1/messages", "/v1/messages?"+queries[r.IntN(len(queries))], 1) + goodLength + "\r\n" + goodBody)
	}})
	return all
}

// pipeline is good and bad requests in one go: each is answered by itself.
func pipeline() attack {
	keep := strings.Replace(goodHead, "Connection: close\r\n", "", 1)
	bad := keep + "Content-Length: 1\r\n\r\n{"
	good := goodLength + "\r\n" + goodBody
	return attack{
		name: "pipeline", dialect: "anthropic", verdict: judged, answers: 5,
		request: func(*rand.Rand) []byte { return []byte(bad + bad + keep + good + bad + goodHead + good) },
	}
}
