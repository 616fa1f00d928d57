#!/bin/sh
# 1920-crash-power.t - power loss. The process is killed before each call that
# changes the archive. Of the data that no fsync has made durable, all is lost,
# nothing, or a part that a seed chooses.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims
crash_begin

# holds LOST FUNCTION: undoes what is lost, and checks the archive.
holds() {
	"$build/t/undo" "$journal" "$arc" "$1" >undone 2>&1 ||
		crash_no "undo: $(cat undone)" || return
	if [ "$2" = crash_init ]; then
		[ -e arc/FORMAT ] || ms-init -u crash arc || return
		ms-ingest -q -a arc -u crash -d INBOX first.mbox || return
		: >ids
	fi
	crash_holds kept
}

# each FUNCTION: the power fails before each call of FUNCTION, and after its end
# (one call more than the run makes).
each() {
	crash_count "$1"
	for n in $(crash_calls $((calls + 1))); do
		seeds=$((seed + n)) i=1
		while [ -n "${MS_SOAK-}" ] && [ $i -lt 20 ]; do
			seeds="$seeds $((seed + n + i * 1000))" i=$((i + 1))
		done
		for lost in all ${MS_SOAK:+none} $seeds; do
			crash_fresh
			"$1" 'crash unsynced' MS_SHIM_AT=$n MS_SHIM_DO=kill
			ok "$1: power loss at call $n, lost: $lost: the archive is whole" holds "$lost" "$1"
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
