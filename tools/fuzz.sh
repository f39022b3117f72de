#!/usr/bin/env bash
# Runs every fuzz target for a time. Usage: tools/fuzz.sh 10s
set -euo pipefail

time=${1:-10s}
grep -rlE '^func Fuzz' --include='*_test.go' pkg | xargs -n1 dirname | sort -u | while read -r dir; do
	grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/^func //' | sort | while read -r target; do
		echo "fuzz ./$dir $target $time"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$dir" >/tmp/llmgw-fuzz.$$ 2>&1 </dev/null || { cat /tmp/llmgw-fuzz.$$; exit 1; }
	done
done
rm -f /tmp/llmgw-fuzz.$$
