#!/usr/bin/env bash
# Runs every fuzz target for a time. Usage: tools/fuzz.sh 10s
#
# Inputs are not made smaller (-fuzzminimizetime 1x): Go does that before it goes on, and a
# short run can spend all of its time so.
set -euo pipefail

time=${1:-10s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# failed says whether the log tells of a failure. At the end of the time `go test` before
# Go 1.27 sometimes says "context deadline exceeded" and nothing else, which is none
# (go.dev/issue/75804); a real one names its input or its cause.
failed() {
	! grep -q '^ *context deadline exceeded$' "$log" || grep -qE 'Failing input written|panic:|fuzzing process' "$log"
}

grep -rlE '^func Fuzz' --include='*_test.go' pkg | xargs -n1 dirname | sort -u | while read -r dir; do
	grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/^func //' | sort | while read -r target; do
		echo "fuzz ./$dir $target $time"
		if ! go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1x "./$dir" >"$log" 2>&1 </dev/null && failed; then
			cat "$log"
			exit 1
		fi
	done
done
