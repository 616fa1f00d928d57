#!/bin/sh
# 4500-verify.t - ms-verify on a good archive: its output, options, report,
# and the index that it builds.
. "$(dirname "$0")/lib.sh"

status 'no archive named' 64 ms-verify
status 'an argument too many' 64 ms-verify -a arc arc
status 'quick and data' 64 ms-verify -a arc --quick --data
status 'no archive there' 66 ms-verify -a nowhere
ok 'the output says so' grep -q 'nowhere' err
status 'a report that cannot be made' 66 ms-verify -a nowhere --report no/such

status 'an empty archive' 0 ms-init -u alice arc
status 'the archive is whole' 0 ms-verify -a arc
ms-ingest -q -a arc -u alice "$top/t/data/eml" "$top/t/data/Maildir"
status 'one with mail' 0 ms-verify -a arc
ok 'how many' grep -q '^ms-verify: 11 messages in 2 batches, 0 damaged' err
status 'quick' 0 ms-verify --quick -a arc
ok 'the chain' grep -Eq 'chain [0-9a-f]{64}$' err
status 'quiet' 0 ms-verify -q -a arc
: >none
same 'says nothing' none err
same 'nor on stdout' none out
export MS_ARCHIVE="$scratch/arc"
status 'the archive from the environment' 0 ms-verify -q --report r.json
unset MS_ARCHIVE
ok 'the report ends with sums' sh -c '
	test "$(jq -c "[.type, .tool, .status, .messages, .faults]" r.json)" = \
		"[\"end\",\"ms-verify\",0,11,0]"'
ok 'nothing is left in tmp' test -z "$(ls arc/tmp)"

# ---- the index

ms-list -a arc >want
cp -R arc/index old-index
status 'rebuilt' 0 ms-verify -a arc --rebuild-index
ok 'the output says so' grep -qx 'ms-verify: index rebuilt' err
ms-list -a arc >got
same 'lists the same' want got
ok 'nothing is left in tmp' test -z "$(ls arc/tmp)"
status 'and checked' 0 ms-verify -a arc --rebuild-index --data
rm -r arc/index
status 'no index: still whole' 0 ms-verify --quick -a arc
ok 'a quick look makes none' test ! -e arc/index
status 'no index: rebuilt' 0 ms-verify -a arc --rebuild-index
ms-list -a arc >got
same 'lists the same' want got

# An older one lags behind and is brought up; another archive's is refused.
ms-ingest -q -a arc -u alice "$top/t/data/hut.mbox"
ms-list -a arc >want
rm -r arc/index && cp -R old-index arc/index
status 'an older index' 0 ms-verify -a arc
ms-list -a arc >got
same 'lists all of it' want got
ms-init -u bob other
cp other/index/data.mdb arc/index/data.mdb 2>/dev/null || {
	ms-list -a other && cp other/index/data.mdb arc/index/data.mdb
}
status "another archive's index: quick" 65 ms-verify --quick -a arc
status "another archive's index" 65 ms-verify -a arc
ok 'what to do' grep -q 'rebuild-index' err
status 'done' 0 ms-verify -a arc --rebuild-index --data
ms-list -a arc >got
same 'lists all of it' want got

# ---- locked, read only

if command -v flock >/dev/null; then
	status 'quick needs no lock' 0 flock arc/lock ms-verify -q --quick -a arc
fi
finish
