// Package readme does what README.md tells people to do, and compares what they
// are told to see: a command that has stopped working fails a test before it
// fails a newcomer.
//
// Fenced blocks marked sh are commands. Those with the comment <!-- test --> on
// the line before are run, in order, in one session of bash at the root of the
// tree, with a home of their own and the gateway on the PATH. A block marked text
// behind one is what it prints; … in it stands for anything. Every other sh block
// is listed in the test with the reason why it is not run.
package readme
