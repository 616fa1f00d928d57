#!/bin/sh
# 1950-crash-state.t - a pack begins with its repeated state, and FORMAT gains the
# line of that feature: the process is killed, finds the disk full, or loses its
# power at each of these calls. Other processes read, and wait for the lock.
# ms-archive(5), Features and States on disk.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims

# base: one pack, which counts as full with MS_SEAL. The run adds one batch.
export MS_BATCH=100
crash_mail first.mbox 5
crash_mail more.mbox 3
cat first.mbox more.mbox >in.mbox
ms-init -u crash base
for u in anna bob carl; do ms-users -a base add $u; done
ms-users -a base set --disabled bob && ms-users -a base delete carl
ms-ingest -q -a base -u crash -d INBOX first.mbox
export MS_SEAL=3000
cp -a base ref
ok 'a run without a crash succeeds' ms-ingest -q -a ref -u crash -d INBOX in.mbox
ms-list -a ref | sort >want
users() { ms-users -a "$1" list && ms-users -a "$1" list --deleted; }
users ref >want.users
ok 'the run begins a pack' test -e ref/pack/00000002.pack
cp base/FORMAT old.format
{ cat old.format && echo 'note state'; } >new.format
same 'and FORMAT has one more line' new.format ref/FORMAT
arc=$(pwd -P)/arc journal=$(pwd -P)/journal

# The length of the repeated state, by the header of a pack.
state_of() { od -An -td8 -j 120 -N 8 "$1"; }

# holds: FORMAT is whole; there is no pack with a part of a state; the archive is
# whole, and the second pack alone knows the users.
holds() {
	cmp -s arc/FORMAT old.format || cmp -s arc/FORMAT new.format || crash_no "FORMAT is $(cat arc/FORMAT)" || return
	if [ -e arc/pack/00000002.pack ]; then
		cmp -s arc/FORMAT new.format || crash_no 'a pack has a state, and FORMAT does not say so' || return
		[ "$(state_of arc/pack/00000002.pack)" -gt 200 ] || crash_no 'a pack without a state' || return
	fi
	crash_holds kept || return
	[ -z "$(find arc/tmp -name '*.new')" ] || crash_no 'a file is left in tmp' || return
	cmp -s arc/FORMAT new.format || crash_no "after all, FORMAT is $(cat arc/FORMAT)" || return
	[ -e arc/pack/00000002.pack ] || crash_no 'there is no second pack' || return
	rm -rf arc/index arc/pack/00000001*
	ms-verify -q -a arc --rebuild-index >said 2>&1
	users arc >have
	cmp -s want.users have || crash_no 'the second pack does not know the users'
}

crash_count
ok 'two files are renamed: FORMAT and the pack' test "$(grep -c renameat calls)" -ge 2
for n in $(seq 1 $((calls + 1))); do
	crash_fresh && crash_ingest crash MS_SHIM_AT="$n" MS_SHIM_DO=kill
	ok "killed before call $n: the archive is whole" holds
	if crash_writes "$n"; then
		crash_fresh && crash_ingest crash MS_SHIM_AT="$n" MS_SHIM_DO=torn
		ok "killed within call $n: the archive is whole" holds
	fi
	# The rest for a fifth of the calls, with MS_SOAK for all.
	[ $(((n + seed) % 5)) -eq 0 ] || [ -n "${MS_SOAK-}" ] || continue
	how=ENOSPC && [ $((n % 2)) -eq 0 ] || how=EIO
	crash_fresh && crash_ingest crash MS_SHIM_AT="$n" MS_SHIM_DO=$how
	ok "$how at call $n: the archive is whole" holds
	lost=all && [ $((n % 2)) -eq 0 ] || lost=$((seed + n))
	crash_fresh && crash_ingest 'crash unsynced' MS_SHIM_AT="$n" MS_SHIM_DO=kill
	ok "power loss at call $n, lost: $lost: the archive is whole" sh -c '"$@" >undone 2>&1' sh \
		"$build/t/undo" "$journal" "$arc" "$lost"
	ok '  the archive is whole' holds
done

# ---- FORMAT changes while the archive is in use ----

# waiting LINE: a writer has opened the archive and waits for the lock; meanwhile
# FORMAT gains a line. Its status is in $got.
waiting() {
	rm -rf arc printed && cp -a base arc && cp arc/pack/00000001.pack before
	mkfifo pipe
	env -u MS_SEAL MS_BATCH=1 ms-ingest -q -a arc -u crash -d INBOX --print-ids pipe >printed 2>err &
	pid=$!
	exec 3>pipe
	cat first.mbox >&3
	await test -s printed # the archive is open
	hold_lock arc
	cat more.mbox >&3
	exec 3>&-
	await grep -q -e "-> FLOCK.* $pid " /proc/locks
	{ cat base/FORMAT && echo "$1"; } >arc/tmp/FORMAT.new && mv arc/tmp/FORMAT.new arc/FORMAT
	drop_lock
	wait $pid
	got=$?
	rm pipe
}
waiting 'note something'
ok 'a note feature: the writer that waited goes on' test $got -eq 0
ok '  and its messages are there' test "$(ms-list -a arc | wc -l)" -eq 8
waiting 'write something'
ok 'a write feature: the writer that waited refuses' test $got -eq 65
ok '  and names it' grep -q "'write something' needs a newer version" err
ok '  nothing was written' cmp before arc/pack/00000001.pack
status '  readers go on' 0 ms-list -a arc
waiting 'read something'
ok 'a read feature: the writer that waited refuses' test $got -eq 65
ok '  nothing was written' cmp before arc/pack/00000001.pack
status '  so do readers' 65 ms-list -a arc

# A reader has the archive open while the pack begins.
rm -rf arc && cp -a base arc
mkfifo lines
ms-export -a arc --format eml -o eml - <lines 2>err &
pid=$!
exec 4>lines
ok 'the pack begins' ms-ingest -q -a arc -u crash -d INBOX in.mbox
ms-list -a arc >&4
exec 4>&-
wait $pid
ok 'a reader that was open reads on' test $? -eq 0
finish
