// Package http1 is a server loop for HTTP/1.1 requests of the plainest kind. It costs
// a fraction of net/http's CPU, and hands everything else to net/http.
//
// A connection begins here. As long as its requests are plain (POST, GET or HEAD, a
// length that is known, well-formed to the letter) they are parsed, answered and
// followed by the next on one goroutine. The first that is not (a chunked body,
// Expect, Upgrade, HTTP/1.0, a bare line feed, a header too long, anything malformed)
// takes the connection, with every byte that was read of it, to net/http, where it
// stays. So what is refused, and how, is net/http's word; this package only has to
// know what it surely understands, and a fuzz test holds it to what net/http reads.
//
// In multiples of nginx's CPU per call, before and after, in two interleaved pairs of runs
// of make bench (2 busy cores, go 1.26.8, 2026-11-24): 1 KB 3.5 and 4.0 before, 3.3 and
// 3.4 after; 60 KB 3.7 and 3.5, 3.4 and 3.0; 53 events 1.9 and 2.1, 1.9 and 1.8. A slow
// stream took 58.8 KiB of memory before, 51.6 after.
//
// What net/http does and this does not: a goroutine per request that waits for the
// client to hang up. Here one goroutine looks at all connections with a request under
// way ten times a second ([Server] watch), and ends the request's context.
//
// It is not for TLS nor HTTP/2, knows no route, and gives handlers no Hijack, no
// trailers, no informational answers. Package server is its caller.
//
// The way of a request: accept (server.go), loop (conn.go), head (request.go), body
// (body.go), answer (response.go), or hand over (handover.go).
package http1
