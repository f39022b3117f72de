// Package tour is a newcomer's first quarter of an hour with llmgw: from the binary to a
// gateway that is checked, with a key, a call and a report, typed into a real terminal of
// 80 columns by nothing but the commands of the README.
//
// The screens are docs/tour.md. The test types the commands anew, and fails where a
// screen lacks what it should show, where a line is too long for it, or where the page
// shows another command than it types. It skips, and says so, where tmux is missing.
//
//	go test ./test/tour            # types, and compares
//	go test ./test/tour -update    # writes docs/tour.md
package tour
