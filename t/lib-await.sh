# shellcheck shell=sh
# lib-await.sh - waits for a condition. Sourced by lib.sh and by bench/lib.sh,
# which define note().

# await COMMAND...: waits until the command succeeds; fails after 30 seconds.
await() {
	_tries=600
	until "$@"; do
		[ $((_tries -= 1)) -gt 0 ] || { note "not in 30 seconds: $*" && return 1; }
		sleep 0.05
	done
}
