// Package http1 is an HTTP/1.1 client for a gateway's way to its vendors: an
// [http.RoundTripper] that costs a fraction of http.Transport's CPU.
//
// It writes a request and reads the answer on the caller's goroutine, where
// http.Transport has two goroutines for every connection and hands each call from
// one to the other. A request is brought together in memory and written at once,
// encrypted if need be. Only what the socket does not take at once is written by
// a goroutine, while the caller waits for the answer: a server that answers early
// and reads no more is heard.
//
// CPU of the client alone, in µs per call, as the median of seven interleaved runs
// of 16 callers against net/http's server in another process, on 2 busy cores of
// an AMD EPYC, go 1.26.8, 2026-11-22:
//
//	                     1 KB   60 KB up   53 events
//	http.Transport       20.6       63.2        92.2
//	http1                16.0       19.7        81.1
//	http.Transport, TLS  22.9       91.9       118.0
//	  same over HTTP/2   35.0       73.5       110.5
//	http1, TLS           17.1       32.6        90.5
//
// That is why TLS goes over HTTP/1.1 too, unless [Options] say otherwise. What
// speaks for HTTP/2 is that a burst of calls to a far vendor shares one handshake.
//
// The price is to be right where net/http has been for years. So this package
// does little and refuses what is doubtful: an answer that can be read in two
// ways is an error, a connection is used again only if nothing but the answer
// came over it, and a request that may have been seen is never repeated. Proxies,
// upgrades, bodies of unknown length and HTTP/2 are left to a fallback.
//
// It is not for a server, nor for addresses that a client of the gateway may
// choose. Package provider makes the one transport that the gateway has.
//
// The way of a call: RoundTrip (transport.go) takes a connection out of the pool
// (pool.go) or opens one (connect.go), reads the request into a message
// (message.go, request.go), sends it (upload.go) through the socket (socket.go),
// reads head (head.go) and framing (response.go), and hands out the body (body.go,
// chunks.go), which gives the connection back at its end (conn.go).
package http1
