#!/usr/bin/env bash
# Runs govulncheck with the vulnerability database beside the tree where there is
# one; online otherwise. Usage: tools/vuln.sh PATH-TO-GOVULNCHECK
set -euo pipefail

archive=../shared/data/vulndb.tar.gz
if [ ! -f "$archive" ]; then
	echo "SKIP govulncheck: no vulnerability database at $archive (with a network: $1 ./...)"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tar -xzf "$archive" -C "$dir"
newest=$(grep -rhoE '"modified": ?"[0-9T:.Z-]+"' "$dir/osv" | grep -oE '[0-9]{4}-[0-9]{2}-[0-9]{2}' | sort | tail -n 1)
echo "vulnerability database of $newest: what was found later is not in it"
"$1" -db="file://$dir/osv" ./...
