// Package e2e breaks the real gateway and looks at what is left: it kills the
// process in the middle of calls, hangs up on it in every way that clients do,
// and sends it what no client should. What the contract promises about money,
// the request log and errors has to hold afterwards.
//
// Everything is seen from the outside (HTTP, files, /proc), so that the package
// imports no code of the product; test/gatewaytest starts the binary. Whether a
// single part does its job is the business of that part's own tests.
//
// README.md says what runs and how to run more of it.
package e2e
