#!/bin/sh
# 0201-seal-crash.t - the process that rewrites a pack is killed, or finds the
# disk full, before each call that changes the archive. Each state that can
# remain is read with a current index, an older index and none.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims

# base: one pack of small batches, which counts as full only with MS_SEAL.
export MS_BATCH=2
crash_mail first.mbox 24
crash_mail more.mbox 6
cat first.mbox more.mbox >in.mbox
ms-init -u crash base
ok 'a pack of small batches is written' ms-ingest -q -a base -u crash -d INBOX first.mbox
cp -a base ref
ok 'a run without a crash succeeds' ms-ingest -q -a ref -u crash -d INBOX in.mbox
ms-list -a ref | sort >want
arc=$(pwd -P)/arc journal=$(pwd -P)/journal
export MS_SEAL=60000
ok 'the pack is full enough to be rewritten' test "$(stat -c %s base/pack/00000001.pack)" -gt 60000

# grows: another archive with the same mail, and an index that has half of it.
ms-init -u crash grows
head -c $(($(wc -c <first.mbox) / 2)) first.mbox >half.mbox
(unset MS_SEAL && ms-ingest -q -a grows -u crash -d INBOX half.mbox)
cp -a grows/index index.half
(unset MS_SEAL && ms-ingest -q -a grows -u crash -d INBOX first.mbox)

# holds INDEX: with this index (kept, gone or older) all mail is found.
holds() {
	case $1 in gone) rm -rf arc/index ;; older) rm -rf arc/index && cp -a base/index arc/index ;; esac
	: >ids && crash_holds kept || return
	ls arc/pack | sed 's/\..*//' | uniq -d >twice
	[ ! -s twice ] || crash_no "there are two generations: $(cat twice)" || return
	[ -z "$(find arc/tmp -name '*.new')" ] || crash_no 'a file is left in tmp'
}

# in_turn N WORD...: prints the Nth word, modulo their number; with MS_SOAK all.
in_turn() {
	nth=$1 && shift
	[ -z "${MS_SOAK-}" ] || { echo "$*" && return; }
	shift $((nth % $#)) && echo "$1"
}

crash_count
turn=0
for n in $(crash_calls "$calls"); do
	turn=$((turn + 1))
	for index in $(in_turn $turn kept gone older); do
		for how in kill torn; do
			[ $how = kill ] || crash_writes $n || continue
			crash_fresh && crash_ingest crash MS_SHIM_AT=$n MS_SHIM_DO=$how
			ok "$how at call $n, index $index: all mail is found" holds "$index"
		done
	done
	for how in $(in_turn $turn ENOSPC EIO short); do
		crash_fresh && crash_ingest crash MS_SHIM_AT=$n MS_SHIM_DO="$how"
		ok "$how at call $n: all mail is found" crash_holds kept
	done
done

# ---- each state by itself ----

# The positions of two calls of the first rewrite.
rename=$(grep -n renameat calls | head -n 1 | cut -d : -f 1)
unlink=$(grep -n unlinkat calls | head -n 1 | cut -d : -f 1)
ok 'the index is changed between the two calls' test $((unlink - rename)) -gt 2
packs() { ls arc/pack | paste -sd ' ' -; }

crash_fresh && crash_ingest crash MS_SHIM_AT=$rename MS_SHIM_DO=kill
ok 'killed before the rename: there is one generation' test "$(packs)" = 00000001.pack
ok 'killed before the rename: tmp/pack.new exists' test -s arc/tmp/pack.new
ok 'the next writer deletes tmp/pack.new' holds kept

both() { crash_fresh && crash_ingest crash MS_SHIM_AT=$((rename + 1)) MS_SHIM_DO=kill; }
lists() { ms-list -a arc | sort >have && cut -f 1 have | sort | uniq -d >twice &&
	test ! -s twice && test "$(wc -l <have)" -eq "$1"; }
exports() { ms-export -q -a arc >mail && test "$(grep -ac '^From ms-stream' mail)" -eq "$1"; }
both
ok 'killed after the rename: there are two generations' test "$(packs)" = '00000001.1.pack 00000001.pack'
ok 'a reader lists all messages' lists 24
ok 'a reader exports all messages' exports 25
ok 'a reader deletes no generation' test "$(packs)" = '00000001.1.pack 00000001.pack'
status 'ms-verify accepts both generations' 0 ms-verify -q -a arc
ok 'the next writer deletes the older generation' ms-ingest -q -a arc -u crash -d INBOX more.mbox
ok 'the next writer continues in a new pack' test "$(packs)" = '00000001.1.pack 00000002.pack'
ok 'all mail is found' holds kept

crash_fresh && crash_ingest crash MS_SHIM_AT=$unlink MS_SHIM_DO=kill
ok 'killed before the unlink: there are two generations' test "$(packs)" = '00000001.1.pack 00000001.pack'
mkdir aside && mv arc/pack/00000001.pack aside
ok 'the index refers to the newer generation' exports 25
mv aside/00000001.pack arc/pack
ok 'the next writer deletes the older generation' holds kept

# ---- an older index ----

both; rm arc/pack/00000001.pack
ok 'if only the newer generation is left, it is read' exports 25
ok 'all mail is found' holds kept

both; rm arc/pack/00000001.pack
hold_lock arc
ms-list -a arc >have # does not wait, because the list needs no pack
ok 'a reader lists the mail while another process holds the lock' test "$(wc -l <have)" -eq 24
ms-export -a arc >mail 2>err &
pid=$!
ok 'a reader that needs packs waits for the lock' \
	await grep -q -e "-> FLOCK.* $pid " /proc/locks
drop_lock
wait $pid
ok 'the reader then exports all messages' test "$? $(grep -ac '^From ms-stream' mail)" = '0 25'

for state in alone both; do
	rm -rf arc && cp -a grows arc
	ok "index of half the pack, $state: a pack is rewritten" \
		ms-ingest -q -a arc -u crash -d INBOX more.mbox
	ms-list -a arc | sort >want.grows
	rm -rf arc/index && cp -a index.half arc/index
	[ $state = alone ] || cp grows/pack/00000001.pack arc/pack
	ms-list -a arc | sort >have
	same "index of half the pack, $state: the other half is indexed" want.grows have
	ok "index of half the pack, $state: all messages are exported" exports $(($(wc -l <want.grows) + 1))
	status "index of half the pack, $state: ms-verify finds no error" 0 ms-verify -q -a arc
done

# An index that has more records than the packs belongs to other packs.
rm -rf arc && cp -a grows arc && ms-ingest -q -a arc -u crash -d INBOX more.mbox
rm -rf arc/pack && cp -a grows/pack arc
status 'an index that has more than the packs is refused' 65 ms-ingest -q -a arc -u crash in.mbox
ok 'the error names --rebuild-index' grep -q -e --rebuild-index err
ok 'nothing was changed' cmp grows/pack/00000001.pack arc/pack/00000001.pack
rm -rf arc/index
ok 'with a new index the mail is listed' lists "$(ms-list -a grows | wc -l)"

# ---- one process waits while another is killed ----

# The waiting process has opened and checked the pack, and it does not rewrite
# packs.
crash_fresh
mkfifo pipe
env -u MS_SEAL ms-ingest -q -a arc -u crash -d INBOX --print-ids pipe >ids.slow &
exec 3>pipe
crash_mail slow.mbox 9
split -n l/2 slow.mbox slow. # at a place within a message
cat slow.aa >&3
await test -s ids.slow
n=0
while [ "$(packs)" = 00000001.pack ] && [ $n -lt "$calls" ]; do
	n=$((n + 1)) && crash_ingest crash MS_SHIM_AT=$n MS_SHIM_DO=kill
done
ok 'there are two generations' test "$(packs)" = '00000001.1.pack 00000001.pack'
cat slow.ab >&3
exec 3>&-
wait
ms-list -a arc | sort >have
ok 'the waiting process has stored its messages' test "$(wc -l <have)" -eq 33
rm -rf arc/index
ms-list -a arc | sort >got
same 'a new index finds the same messages' have got
status 'ms-verify finds no error' 0 ms-verify -q -a arc
finish
