#!/bin/sh
# 1940-crash-moved.t - ms-ingest is killed while it records moved messages.
# The new occurrence and the mark of the old one are stored together or not at
# all, with any index, and one more run completes both.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
# stream FROM TO ENVELOPE body|ref: prints the messages FROM to TO, or
# references to them.
stream() {
	i=$(($1 - 1))
	while [ $i -lt "$2" ]; do
		i=$((i + 1))
		id=$(printf 'Subject: %d\r\n\r\ntext\r\n' $i | sha256sum | cut -c 1-64)
		env="source=\"imap://c@h/\"; uid=\"1/$i\"; $3"
		case $4 in
		ref) printf '%s\nMS-Envelope: %s; ref="%s"\n\n' "$sep" "$env" "$id" ;;
		body) printf '%s\nMS-Envelope: %s\nSubject: %d\n\ntext\n\n' "$sep" "$env" $i ;;
		esac
	done
}
end() { printf '%s\nMS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$sep" "$1"; }

MS_BATCH=4 && export MS_BATCH
{ stream 1 12 'folder="A"' body && end 12; } >first
{
	stream 1 5 'folder="B"; moved-from="A"' ref
	stream 6 7 'folder="B"; moved-from="A"' body
	stream 13 14 'folder="B"' body
	stream 1 1 'folder="C"; moved-from="B"' ref
	end 10
} >in
ok 'an archive is created' ms-init -u crash base
ok 'mail is added' ms-ingest -q -a base -u crash <first
cp -a base ref
ok 'a run without a crash succeeds' ms-ingest -q -a ref -u crash <in
arc=$(pwd -P)/arc journal=$(pwd -P)/journal

shown() { ms-list -a "$1" && echo moved && ms-list -a "$1" is:moved; }
shown ref | cut -f 1,4 >want
ok 'there are 14 messages and 8 moved occurrences' test "$(wc -l <want)" -eq 23
move() { crash_run "$@" MS_SHIM_EXE=ms-ingest ms-ingest -q -a arc -u crash <in 2>err; }

# holds STATE: whether the archive is whole with this index, and complete after
# another run.
holds() {
	case $1 in gone) rm -rf arc/index ;; older) rm -rf arc/index && cp -a base/index arc/index ;; esac
	ms-verify -q -a arc --data >said 2>&1 || crash_no "the status of ms-verify is $?" || return
	ms-list -a arc 2>said | cut -f 1 | sort >have
	[ "$(wc -l <have)" -ge 12 ] || crash_no 'a message is missing' || return
	[ -z "$(uniq -d have)" ] || crash_no 'a moved message is in both folders' || return
	"$top/t/second-reader.py" arc check moved >said 2>&1 || crash_no 'the second reader finds an error' || return
	grep -vc '^note: ' said >marks
	ms-list -a arc is:moved | wc -l | cmp -s - marks || crash_no 'the marks differ from those in the packs' || return
	ms-ingest -q -a arc -u crash <in >said 2>&1 || crash_no "the repeated ms-ingest has status $?" || return
	shown arc | cut -f 1,4 | cmp -s - want || crash_no 'the result differs from that of a run without a crash' || return
	ms-verify -q -a arc --data >said 2>&1 || crash_no "after the repeated run, the status of ms-verify is $?"
}

each() {
	crash_count move
	ok 'the run makes more than 8 calls' test "$calls" -gt 8
	for n in $(crash_calls "$calls"); do
		for how in kill torn; do
			[ $how = kill ] || crash_writes $n || continue
			for state in $(crash_states $n); do
				[ "$state" != other ] || state=kept
				crash_fresh
				move crash MS_SHIM_AT=$n MS_SHIM_DO=$how
				died=$?
				ok "$how at call $n, index $state: the archive is whole" holds "$state"
				[ $died -eq 137 ] || fail "the process did not die at call $n: status $died"
			done
		done
	done
}

each
MS_SEAL=4000 && export MS_SEAL # packs are sealed and rewritten during the run
each
finish
