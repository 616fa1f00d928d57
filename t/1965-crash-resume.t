#!/bin/sh
# 1965-crash-resume.t - an import of an mbox, a container or a PST file is killed
# at each call that changes the archive. The same command goes on after the last
# commit, and its result is that of a run in one go: also the failures, which are
# named again. Without the same bytes, options and user it begins again.
# ms-archive(5), Interrupted imports.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-crash.sh"
crash_shims

arc=$(pwd -P)/arc journal=$(pwd -P)/journal
ms-init -u crash base && ms-users add -a base other
ingest() { ms-ingest -a arc -u crash "$@"; }
# The preload library makes calls that a strict sandbox of a parser forbids.
killed() { crash_run "$@" MS_SANDBOX= MS_SHIM_EXE=ms-ingest ms-ingest -a arc -u crash -d INBOX in >said 2>err; }
# shown ARCHIVE: its messages without the times of this test.
shown() { ms-list -a "$1" --json | jq -r '[.user, .folder, .id, .flags, .arrived] | @tsv' | sort; }
went_on() { grep -q 'this run goes on at' err; }

states() { find arc/resume -type f ! -name '*.new' 2>/dev/null; }

# complete CODE: the same command has the result of the run in one go.
complete() {
	ms-verify -q -a arc >said 2>&1 || crash_no "the status of ms-verify is $?" || return
	ms-ingest -a arc -u crash -d INBOX in 2>err
	code=$?
	[ $code -eq "$1" ] || crash_no "the status is $code" || return
	if went_on; then echo >>went; fi
	shown arc | cmp -s - want || crash_no 'the messages differ' || return
	grep -v 'goes on\| seen: ' err | cmp -s - want.err || crash_no 'the failures differ' || return
	[ -z "$(states)" ] || crash_no 'a state is left' || return
}

# each NAME CODE STEP: kills the import of the file `in` at each call that
# crash_calls names; without MS_SOAK, at each STEPth of them.
each() {
	rm -rf ref && cp -a base ref
	status "$1 in one go" "$2" ms-ingest -a ref -u crash -d INBOX in
	grep -v ' seen: ' err >want.err
	shown ref >want
	: >went
	crash_count killed
	step=$3
	[ -z "$MS_SOAK" ] || step=1
	for n in $(crash_calls "$calls" | awk "NR % $step == 0"); do
		crash_fresh
		killed crash MS_SHIM_AT="$n" MS_SHIM_DO=kill
		died=$?
		ok "$1: killed at call $n, the same command completes it" complete "$2"
		[ $died -eq 137 ] || fail "the process did not die at call $n: status $died"
	done
	ok "$1: the runs went on ($(wc -l <went) of them)" test "$(wc -l <went)" -ge 2
}

crash_mail a.mbox 25
cp a.mbox in
each 'an mbox' 0 1

mkdir -p tar/d && crash_mail tar/b.mbox 12
for i in 1 2 3 4 5 6 7 8 9; do printf 'From: a@example.org\nSubject: %d\n\nx\n' $i >tar/d/$i.eml; done
ln -s /etc/passwd tar/0link && ln -s x tar/d/5link && printf '%%PDF-1.4' >tar/d/7.pdf
tar cf in.tar -C tar 0link d/1.eml d/2.eml d/3.eml d/5link b.mbox d/4.eml d/5.eml d/6.eml d/7.pdf d/7.eml d/8.eml d/9.eml
gzip <in.tar >in
each 'a container' 1 1

# ---- what is not the same import ----

# interrupted NAME: leaves the state of an import of `in` that was killed.
interrupted() {
	crash_fresh
	killed crash MS_SHIM_AT="$calls" MS_SHIM_DO=kill
	ok "$1" test "$(states | wc -l)" -eq 1
}
cp a.mbox in && touch -d @1000000000 in
crash_count killed
# Before the last state is written.
calls=$(awk '/renameat/ { n = NR } END { print n - 2 }' calls)
interrupted 'an import was killed before its last commit'
find arc/resume -printf '%m %y\n' | sort -u >got && printf '600 f\n700 d\n' >want
same 'only the owner can read its state' want got
status 'another folder' 0 ingest -d Other in
ok '  begins again' absent 'goes on' err
status 'another user' 0 ms-ingest -a arc -u other -d INBOX in
ok '  begins again' absent 'goes on' err
ok '  and has all messages' test "$(ms-list -a arc -u other | wc -l)" -eq 25
status 'each id is printed' 0 ingest -d INBOX --print-ids in
ok '  so it begins again' absent 'goes on' err
ok '  and prints all' test "$(wc -l <out)" -eq 25
status 'a pipe' 0 sh -c 'cat in | ms-ingest -a arc -u crash -d INBOX -'
ok '  begins again' absent 'goes on' err
cp in copy && status 'another file' 0 ingest -d INBOX copy
ok '  begins again' absent 'goes on' err
ok 'the state is still there' test "$(states | wc -l)" -eq 1
status 'the same import' 0 ingest -d INBOX in
ok '  goes on' went_on
ok '  and leaves no state' test -z "$(states)"

interrupted 'killed again'
printf X | dd of=in bs=1 seek=30 conv=notrunc status=none
status 'a byte has changed' 0 ingest -d INBOX in
ok '  begins again' absent 'goes on' err
cp a.mbox in

interrupted 'killed again'
cat a.mbox >>in && status 'a file that has grown' 0 ingest -d INBOX in
ok '  goes on' went_on
cp a.mbox in

interrupted 'killed again'
sed -i '$s/^./0/; t; s/^./1/' arc/resume/*
status 'a damaged state' 0 ingest -d INBOX in
ok '  is not used' absent 'goes on' err

# The archive of a backup does not have what the state vouches for.
interrupted 'killed again'
rm -rf arc/pack arc/index && cp -a base/pack base/index arc
status 'an older copy of the archive' 0 ingest -d INBOX in
ok '  begins again' absent 'goes on' err
ok '  and all is there' test "$(ms-list -a arc | wc -l)" -eq 25

# A name that now belongs to another user.
interrupted 'killed again'
ms-users rename -a arc crash former && ms-users add -a arc crash
status 'a new user of the same name' 0 ingest -d INBOX in
ok '  begins again' absent 'goes on' err
ok '  and has all messages' test "$(ms-list -a arc -u crash | wc -l)" -eq 25

# Two at once, both after the one that was killed.
interrupted 'killed again'
ingest -q -d INBOX in &
first=$!
status 'two imports of the same file' 0 ingest -d INBOX in
wait $first
ok '  both end well' test $? -eq 0
ok '  and each message is there once' test "$(ms-list -a arc | wc -l)" -eq 25

# States are bounded in age and number.
i=0
while [ $((i += 1)) -le 70 ]; do : >"arc/resume/$(printf %064d $i)"; done
touch -d '40 days ago' "arc/resume/$(printf %064d 1)"
touch -d '2 hours ago' arc/resume/x.new && touch arc/resume/y.new
status 'useless states' 0 ingest -d INBOX in
ls arc/resume >got && echo y.new >want
same '  are deleted, but not what another run writes' want got

# A directory with more mboxes than there are states.
mkdir tree && i=0
while [ $((i += 1)) -le 70 ]; do printf 'From a@example.org Thu Nov 12 10:00:00 2026\nFrom: a@example.org\nSubject: %d\n\nx\n' $i >tree/$i.mbox; done
cp a.mbox tree/zz.mbox && rm -f in && mv tree in
crash_count killed
calls=$(awk '/renameat/ { n = NR } END { print n - 2 }' calls)
crash_fresh && killed crash MS_SHIM_AT="$calls" MS_SHIM_DO=kill
ok 'no more states than that are kept' test "$(states | wc -l)" -le 64
status 'a directory whose last mbox was not whole' 0 ingest -d INBOX in
ok '  goes on in it' grep -q 'in/zz.mbox: this run goes on at byte' err
ok '  and has all messages' test "$(ms-list -a arc | wc -l)" -eq 95
ok '  and leaves no state' test -z "$(states)"
rm -r in

# ---- Outlook ----
corpora dev
cp "$corpus/pst/npm-pstextractortest-at-outlook.com.ost" in
MS_BATCH=40
each 'an OST' 0 7
finish
