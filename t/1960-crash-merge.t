#!/bin/sh
# 1960-crash-merge.t - ms-ingest is killed while it adds the mail of another
# archive: users, folders, references and moved messages. A part of the mail is
# there, or all of it, with any index, and one more run completes the rest.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims

sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
# message N ENVELOPE, reference N ENVELOPE: prints message N, or a reference.
message() {
	printf '%s\nMS-Envelope: source="imap://c@h/"; uid="1/%d"; %s\nSubject: %d\n\ntext\n\n' "$sep" "$1" "$2" "$1"
}
reference() {
	printf '%s\nMS-Envelope: source="imap://c@h/"; uid="1/%d"; %s; ref="%s"\n\n' "$sep" "$1" "$2" \
		"$(printf 'Subject: %d\r\n\r\ntext\r\n' "$1" | sha256sum | cut -c 1-64)"
}
end() { printf '%s\nMS-Envelope: end; messages=%d; failed=0; status=0\n\n' "$sep" "$1"; }

MS_BATCH=3 && export MS_BATCH
{
	for n in 1 2 3 4 5; do message $n 'user="ann"; folder="A"; flags="\\Seen"'; done
	for n in 1 2 3; do reference $n 'user="ann"; folder="B"; moved-from="A"'; done
	reference 4 'user="ann"; folder="C"'
	for n in 6 7; do message $n 'user="ben"; folder="A"'; done
	end 11
} >first
{
	for n in 5 8; do message $n 'user="ann"; folder="A"'; done
	end 2
} >second
ok 'an archive is created' ms-init from
ok 'it gets mail of two users' ms-ingest -q --create-user -a from <first
ok 'its mail is exported' ms-export -q -a from -o in
ok 'another archive is created' ms-init base
ok 'it gets other mail of one of the users' ms-ingest -q --create-user -a base <second
cp -a base ref
ok 'a merge without a crash succeeds' ms-ingest -q --create-user -a ref <in
arc=$(pwd -P)/arc journal=$(pwd -P)/journal

# shown ARCHIVE: id, user and folder of all mail, and of what was moved away.
shown() { { ms-list -a "$1" && echo moved && ms-list -a "$1" is:moved; } | cut -f 1,3,4; }
shown ref >want
ok 'there are 9 occurrences, and 3 that were moved' test "$(wc -l <want)" -eq 13
merge() { crash_run "$@" MS_SHIM_EXE=ms-ingest ms-ingest -q --create-user -a arc <in 2>err; }

# holds STATE: whether the archive is whole with this index, has what it had,
# and is complete after another run.
holds() {
	crash_index "$1"
	ms-verify -q -a arc --data >said 2>&1 || crash_no "the status of ms-verify is $?" || return
	ms-list -a arc 2>said | sort >have
	[ -z "$(ms-list -a base | sort | comm -23 - have)" ] || crash_no 'a message of the archive is missing' || return
	[ -z "$(cut -f 1,3,4 have | uniq -d)" ] || crash_no 'a folder has a message twice' || return
	"$top/t/second-reader.py" arc check >said 2>&1 || crash_no 'the second reader finds an error' || return
	ms-ingest -q --create-user -a arc <in >said 2>&1 || crash_no "the repeated merge has status $?" || return
	shown arc | cmp -s - want || crash_no 'the result differs from that of a merge without a crash' || return
	ms-verify -q -a arc --data >said 2>&1 || crash_no "after the repeated merge, the status of ms-verify is $?"
}

crash_count merge
ok 'the merge makes more than 8 calls' test "$calls" -gt 8
for n in $(crash_calls "$calls"); do
	for how in kill torn; do
		[ $how = kill ] || crash_writes "$n" || continue
		for state in $(crash_states "$n"); do
			[ "$state" != other ] || state=kept
			crash_fresh
			merge crash MS_SHIM_AT="$n" MS_SHIM_DO=$how
			died=$?
			ok "$how at call $n, index $state: the archive is whole" holds "$state"
			[ $died -eq 137 ] || fail "the process did not die at call $n: status $died"
		done
	done
done
finish
