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
newest=$(date -r "$dir/osv" +%F) # its entries carry no date of the whole
echo "vulnerability database of $newest: what was found later is not in it"
"$1" -db="file://$dir/osv" ./...
