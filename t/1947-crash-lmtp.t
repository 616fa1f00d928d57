#!/bin/sh
# 1947-crash-lmtp.t - ms-ingest --lmtp is killed at each write and sync. What was
# answered with 250 is in the archive; when the mail server sends all again, as it
# does after a lost connection, each message is there once. ms-ingest(1), LMTP.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims

printf 'LHLO test\r\n' >in
i=0
while [ $i -lt 4 ]; do
	i=$((i + 1))
	printf 'MAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n'
	printf 'Subject: %d\r\nMessage-ID: <%d@x>\r\n\r\ntext\r\n.\r\n' $i $i
done >>in
printf 'QUIT\r\n' >>in
ms-init -u root base
for u in a b; do ms-users add -a base --address $u@x $u; done
cp -a base ref
ok 'a session without a crash succeeds' ms-ingest -q -a ref --lmtp <in
shown() { ms-list -a "$1" | cut -f 3,4,7 | sort; }
shown ref >want
ok 'both users have four messages' test "$(wc -l <want)" -eq 8
arc=$(pwd -P)/arc journal=$(pwd -P)/journal
session() { crash_run "$@" MS_SHIM_EXE=ms-ingest ms-ingest -q -a arc --lmtp <in >replies 2>err; }
# Each message has two replies; one that is cut counts if its first is there.
answered() { echo $((($(grep -c '^250 2.0.0 In the archive' replies) + 1) / 2)); }

holds() {
	[ "$1" != gone ] || rm -rf arc/index
	ms-verify -q -a arc --data >said 2>&1 || crash_no "the status of ms-verify is $?" || return
	[ "$(ms-list -a arc -u b 2>said | wc -l)" -ge "$(answered)" ] ||
		crash_no "$(answered) messages were answered" || return
	ms-ingest -q -a arc --lmtp <in >said 2>&1 || crash_no "the repeated session has status $?" || return
	shown arc | cmp -s - want || crash_no 'the result differs' || return
}

crash_count session
ok 'the session makes more than 8 calls' test "$calls" -gt 8
for n in $(crash_calls "$calls"); do
	state=kept
	[ $((n % 2)) -eq 0 ] || state=gone
	crash_fresh
	session crash MS_SHIM_AT="$n" MS_SHIM_DO=kill
	died=$?
	ok "killed at call $n, index $state: what was answered is there, once" holds $state
	[ $died -eq 137 ] || fail "the process did not die at call $n: status $died"
done
finish
