#!/bin/sh
# 1945-crash-receipt.t - ms-ingest --assign is killed at each write and sync. No
# place of the mailbox is recorded before all of its users have the message, and
# one more run completes both.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
i=0
while [ $i -lt 8 ]; do
	i=$((i + 1))
	printf '%s\nMS-Envelope: user="@multidrop"; source="imap://m@h/"; folder="INBOX"; uid="1/%d"\n' "$sep" $i
	printf 'From: a@x\nTo: b@x, c@x\nSubject: %d\nMessage-ID: <%d@x>\n\ntext\n\n' $i $i
done >in
printf '%s\nMS-Envelope: end; messages=8; failed=0; status=0\n\n' "$sep" >>in
MS_BATCH=4 && export MS_BATCH
ms-init -u root base
for u in a b c; do ms-users add -a base --address $u@x $u; done
cp -a base ref
ok 'a run without a crash succeeds' ms-ingest -q -a ref --assign <in
shown() { ms-list -a "$1" | cut -f 3,4,7 | sort; }
places() { "$top/t/second-reader.py" "$1" receipts | cut -f 2-; }
shown ref >want
places ref >want-places
ok 'each message has a receipt' test "$(wc -l <want-places)" -eq 8
arc=$(pwd -P)/arc journal=$(pwd -P)/journal
assign() { crash_run "$@" MS_SHIM_EXE=ms-ingest ms-ingest -q -a arc --assign <in 2>err; }

# holds STATE: with this index, whether the archive is whole, and complete after another run. The second
# reader fails if a receipt names an occurrence that is not there.
holds() {
	[ "$1" != gone ] || rm -rf arc/index
	ms-verify -q -a arc --data >said 2>&1 || crash_no "the status of ms-verify is $?" || return
	"$top/t/second-reader.py" arc check >said 2>&1 || crash_no 'the second reader finds an error' || return
	ms-ingest -q -a arc --assign <in >said 2>&1 || crash_no "the repeated run has status $?" || return
	shown arc | cmp -s - want || crash_no 'the result differs' || return
	places arc | cmp -s - want-places || crash_no 'the places differ'
}

crash_count assign
ok 'the run makes more than 8 calls' test "$calls" -gt 8
for n in $(crash_calls "$calls"); do
	state=kept
	[ $((n % 2)) -eq 0 ] || state=gone
	crash_fresh
	assign crash MS_SHIM_AT=$n MS_SHIM_DO=kill
	died=$?
	ok "killed at call $n, index $state: the archive is whole" holds $state
	[ $died -eq 137 ] || fail "the process did not die at call $n: status $died"
done
finish
