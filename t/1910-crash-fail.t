#!/bin/sh
# 1910-crash-fail.t - each call that changes the archive fails once, or that
# call and all later ones fail: full disk, I/O error, interrupted call, short
# write.
# ms-ingest reports the error or recovers.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims
crash_begin
crash_count

# fits HOW STATUS: whether the status matches the error. The status must be 0
# only if all mail is stored. LMDB does not retry short or interrupted writes:
# the error is reported, and the next run repairs the index.
fits() {
	case $1:$2 in
	*:0) ms-list -a arc | sort | cmp - want ;;
	ENOSPC:75 | EIO:74) grep -q '^ms-ingest: ' err ;;
	short:74 | EINTR:74) grep -q '^ms-ingest: .*index' err ;;
	*) echo "status $2" && cat err && return 1 ;;
	esac
}

for n in $(crash_calls "$calls"); do
	for how in ENOSPC EIO EINTR short; do
		case $how in short) crash_writes $n || continue ;; esac
		for times in 1 ${MS_SOAK:+0}; do
			# A call that is always interrupted would be retried
			# forever.
			case $how$times in EINTR0) times=20 ;; esac
			crash_fresh
			crash_ingest crash MS_SHIM_AT=$n MS_SHIM_DO=$how MS_SHIM_FOR=$times
			got=$?
			ok "$how at call $n (for $times): the status is $got" fits $how $got
			ok "$how at call $n (for $times): the archive is whole" crash_holds kept
		done
	done
done

# A disk that is full from the Nth call on.
for n in 1 5 9 14; do
	crash_fresh
	crash_ingest crash MS_SHIM_AT=$n MS_SHIM_DO=ENOSPC MS_SHIM_FOR=0
	got=$?
	ok "the disk is full from call $n on: the status is 75" test $got -eq 75
	ok "the disk is full from call $n on: the archive is whole" crash_holds kept
done
finish
