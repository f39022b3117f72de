#!/usr/bin/env bash
# Installs what tests or the bench need from Debian's packages, or says how to
# get it. Usage: tools/deps.sh test|bench
set -euo pipefail

declare -A package=([prometheus]=prometheus [tmux]=tmux [curl]=curl [nginx]=nginx-light [wrk]=wrk [ip]=iproute2 [npm]=npm)
case "${1:-test}" in
bench) commands=(nginx wrk) ;;
*) commands=(prometheus ip npm tmux curl) ;;
esac

missing=()
for c in "${commands[@]}"; do
	command -v "$c" >/dev/null || [ -x "/usr/sbin/$c" ] || missing+=("${package[$c]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing ${missing[*]}"
	if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
		# The tests start their own servers; the packages' services are not wanted.
		for service in prometheus nginx; do
			service "$service" stop >/dev/null 2>&1 || true
		done
		exit 0
	fi
fi
echo "missing: ${missing[*]}; the tests that need them are skipped (Debian: apt-get install ${missing[*]})"
