#!/bin/sh
# 1930-crash-random.t - four ms-ingest processes write into one archive, partly
# the same mail, and are killed at random moments. There are 5 rounds, and 100
# with MS_SOAK.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
rounds=${MS_SOAK:+100}

crash_mail common.mbox 40
for k in 1 2 3 4; do
	crash_mail own.mbox 40
	cat common.mbox own.mbox >in$k.mbox
done
arc=$(pwd -P)/arc
ok 'an archive is created' ms-init -u crash base
ok 'a run without a crash succeeds' sh -c 'cp -a base ref &&
	for k in 1 2 3 4; do ms-ingest -q -a ref -u crash -d box in$k.mbox || exit; done'
ms-list -a ref | cut -f 1 | sort >want
ok 'there are 200 messages' test "$(wc -l <want)" -eq 200

# random N: sets $r to the next pseudo-random number below N.
random() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	r=$((seed / 65536 % $1))
}

holds() {
	ms-verify -q -a arc >said 2>&1 || crash_no "the status of ms-verify is $?" || return
	ms-list -a arc | cut -f 1 | sort >have
	cat ids? | grep -a -x '[0-9a-f]\{64\}.*' | cut -f 1 | sort -u | comm -23 - have >lost
	[ ! -s lost ] || crash_no "an id was printed, but the message is missing: $(head -n 1 lost)" || return
	for k in 1 2 3 4; do
		ms-ingest -q -a arc -u crash -d box in$k.mbox >said 2>&1 ||
			crash_no "the repeated ms-ingest has status $?" || return
	done
	ms-list -a arc | cut -f 1 | sort >have
	cmp want have || crash_no 'the repeated run has other mail' || return
	ms-verify -q -a arc >said 2>&1 || crash_no "after the repeated run, the status of ms-verify is $?"
}

round=0
while [ $round -lt "${rounds:-5}" ]; do
	round=$((round + 1))
	rm -rf arc && cp -a base arc
	pids=
	for k in 1 2 3 4; do
		ms-ingest -q -a arc -u crash -d box --print-ids in$k.mbox >ids$k 2>err$k &
		pids="$pids $!"
	done
	for pid in $pids; do
		random 120 && sleep "$(printf '0.%03d' "$r")"
		kill -9 "$pid" 2>/dev/null
	done
	wait
	lines=$(cat ids? | wc -l)
	ok "round $round: killed after $lines ids, the archive is whole" holds
done
finish
