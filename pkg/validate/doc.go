// Package validate checks a configuration, a gateway, or the providers behind a
// configuration, and reports what it found: a table of checks and probes, findings
// with a code and what to do about them, and a summary, written as JSON or JUnit.
//
// [Config] looks at a configuration and sends nothing. [Run] calls a gateway through
// a client.Client: its health, its list of models, then every model by small real
// calls. What the client's transport leads to is the caller's affair: a gateway on
// the network, another server with OpenAI's API, or a gateway in this process that
// has one group for each deployment.
//
// It prints nothing, reads no environment and knows no exit codes. The command
// validate is its caller.
package validate
