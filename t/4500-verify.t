#!/bin/sh
# 4500-verify.t - ms-verify on an archive without damage: its output, options
# and report, and the index that it builds.
. "$(dirname "$0")/lib.sh"

status 'no archive is named' 64 ms-verify
status 'there is an argument' 64 ms-verify -a arc arc
status '--quick with --data' 64 ms-verify -a arc --quick --data
status 'the archive does not exist' 66 ms-verify -a nowhere
ok 'the output says so' grep -q 'nowhere' err
status 'the report cannot be created' 66 ms-verify -a nowhere --report no/such

status 'an archive is created' 0 ms-init -u alice arc
status 'an empty archive has no error' 0 ms-verify -a arc
ms-ingest -q -a arc -u alice "$top/t/data/eml" "$top/t/data/Maildir"
status 'an archive with mail has no error' 0 ms-verify -a arc
ok 'the numbers of messages and batches are printed' grep -q '^ms-verify: 11 messages in 2 batches, 0 damaged' err
status '--quick' 0 ms-verify --quick -a arc
ok 'the chain is printed' grep -Eq 'chain [0-9a-f]{64}$' err
status '-v' 0 ms-verify -v -a arc
ok 'how much was checked is printed' grep -Eq '^ms-verify: 1 pack, [0-9.]+ KiB, [0-9]+ blocks, [0-9]+ records, 11 messages, 11 occurrences$' err
status '-q' 0 ms-verify -q -a arc
: >none
same 'stderr is empty' none err
same 'stdout is empty' none out
export MS_ARCHIVE="$scratch/arc"
status 'the environment names the archive' 0 ms-verify -q --report r.json
unset MS_ARCHIVE
ok 'the report ends with the sums' sh -c '
	test "$(jq -c "[.type, .tool, .status, .messages, .faults]" r.json)" = \
		"[\"end\",\"ms-verify\",0,11,0]"'
ok 'nothing is left in tmp' test -z "$(ls arc/tmp)"

# ---- the index

ms-list -a arc >want
cp -R arc/index old-index
status '--rebuild-index' 0 ms-verify -a arc --rebuild-index
ok 'the output says so' grep -qx 'ms-verify: index rebuilt' err
ms-list -a arc >got
same 'lists the same' want got
ok 'nothing is left in tmp' test -z "$(ls arc/tmp)"
status '--rebuild-index with --data' 0 ms-verify -a arc --rebuild-index --data
rm -r arc/index
status 'without an index, --quick finds no error' 0 ms-verify --quick -a arc
ok '--quick makes no index' test ! -e arc/index
status 'without an index, --rebuild-index makes one' 0 ms-verify -a arc --rebuild-index
ms-list -a arc >got
same 'lists the same' want got

# An older index is brought up to date; the index of another archive is refused.
ms-ingest -q -a arc -u alice "$top/t/data/hut.mbox"
ms-list -a arc >want
rm -r arc/index && cp -R old-index arc/index
status 'an older index is accepted' 0 ms-verify -a arc
ms-list -a arc >got
same 'lists all of it' want got
ms-init -u bob other
cp other/index/data.mdb arc/index/data.mdb 2>/dev/null || {
	ms-list -a other && cp other/index/data.mdb arc/index/data.mdb
}
status "--quick refuses the index of another archive" 65 ms-verify --quick -a arc
status "--data refuses the index of another archive" 65 ms-verify -a arc
ok 'the error names the remedy' grep -q 'rebuild-index' err
status 'the index is rebuilt' 0 ms-verify -a arc --rebuild-index --data
ms-list -a arc >got
same 'lists all of it' want got

# ---- locked, read only

if command -v flock >/dev/null; then
	status '--quick does not need the lock' 0 flock arc/lock ms-verify -q --quick -a arc
fi
# The archive cannot be written, and neither can TMPDIR.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	as() { TMPDIR=$1 && export TMPDIR && shift && setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	cp "$build/bin/ms-verify" . && chmod 755 . && mkdir -m 777 free && mkdir -m 755 full
	chown -R 65534:65534 arc && chmod -R a-w arc
	status 'an archive that cannot be written' 0 as "$PWD/free" ./ms-verify -q -a arc
	status '  nor can temporary files' 74 as "$PWD/full" ./ms-verify -q -a arc
	ok '  the error names the folder' \
		grep -qx "ms-verify: $PWD/full: no temporary files can be made: Permission denied" err
fi
finish
