#!/bin/sh
# 1900-crash-kill.t - ms-ingest, ms-init and ms-verify are killed before, and
# in the middle of, each call that changes the archive. After that, the index
# is kept, deleted, or replaced by an older one or by that of another archive.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims
crash_begin

# each FUNCTION HOLDS: runs FUNCTION once for each call that it makes, kills it
# there, and checks the archive with the function HOLDS.
each() {
	crash_count "$1"
	ok "$1 makes more than 8 calls" test "$calls" -gt 8
	for n in $(crash_calls "$calls"); do
		for how in kill torn; do
			[ $how = kill ] || crash_writes $n || continue
			for state in $(crash_states $n); do
				crash_fresh
				"$1" crash MS_SHIM_AT=$n MS_SHIM_DO=$how
				died=$?
				ok "$1: $how at call $n, index $state: the archive is whole" "$2" "$state"
				[ $died -eq 137 ] || fail "the process did not die at call $n: status $died"
			done
		done
	done
}

ingest_holds() { crash_index "$1" && crash_holds "$1"; }
init_holds() {
	[ "$(stat -c %a arc 2>/dev/null || echo 700)" = 700 ] || crash_no 'the mode is not 0700' || return
	[ -e arc/FORMAT ] || ms-init -u crash arc || return
	ms-ingest -q -a arc -u crash -d INBOX first.mbox && : >ids && crash_holds kept
}
rebuild_holds() { crash_holds kept; }

each crash_ingest ingest_holds
MS_SEAL=20000 && export MS_SEAL # a new pack for each batch
each crash_ingest ingest_holds
unset MS_SEAL
each crash_init init_holds
each crash_rebuild rebuild_holds
finish
