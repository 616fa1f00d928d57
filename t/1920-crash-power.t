#!/bin/sh
# 1920-crash-power.t - power loss. The process is killed before each call that
# changes the archive, and data that no fsync made durable is lost: all of it,
# none, or a part chosen by a seed.
# The time of fsync is not tested, so that the archive can lie in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims
crash_begin

holds() { # LOST FUNCTION
	"$build/t/undo" "$journal" "$arc" "$1" >undone 2>&1 ||
		crash_no "undo: $(cat undone)" || return
	if [ "$2" = crash_init ]; then
		[ -e arc/FORMAT ] || ms-init -u crash arc || return
		ms-ingest -q -a arc -u crash -d INBOX first.mbox || return
		: >ids
	fi
	crash_holds kept
}

# One call more than the run makes: power loss after the end of the run.
each() { # FUNCTION
	crash_count "$1"
	for n in $(crash_calls $((calls + 1))); do
		seeds=$((seed + n)) i=1
		while [ -n "${MS_SOAK-}" ] && [ $i -lt 20 ]; do
			seeds="$seeds $((seed + n + i * 1000))" i=$((i + 1))
		done
		for lost in all ${MS_SOAK:+none} $seeds; do
			crash_fresh
			"$1" 'crash unsynced' MS_SHIM_AT=$n MS_SHIM_DO=kill
			ok "$1: power lost at $n, and what was not synced: $lost" holds "$lost" "$1"
		done
	done
}

each crash_ingest
MS_SEAL=20000 && export MS_SEAL # a new pack for each batch
each crash_ingest
unset MS_SEAL
each crash_init
each crash_rebuild
finish
