#!/bin/sh
# 1042-ingest-dry-run.t - ms-ingest -n prints what would be new, and writes
# nothing: the numbers are those of the run itself.
. "$(dirname "$0")/lib.sh"

gen="$top/t/mailgen.py"
export MS_USER=u MS_ARCHIVE=arc
ms-init -u u arc
"$gen" 0 20 >old && ms-ingest -q old
"$gen" 10 30 >box && "$gen" 0 5 >again && echo 'no mail' >x.txt
{ cat box; cat again; } >mail
tree() { find arc -type f ! -name '*.mdb' -exec sha256sum {} + | sort; }
tree >before
ms-list >listed
status 'with -n, a file fails' 1 ms-ingest -n --report report mail box x.txt
ok 'the failure is named' grep -q '^ms-ingest: x.txt: ' err
ok 'it says that nothing was written' grep -qx 'ms-ingest: nothing was written (-n)' err
tail -n 1 err >sums
tree >after
same 'the packs are not changed' before after
ms-list >got
same 'the list is not changed' listed got
mv report want.json
status 'the run itself' 1 ms-ingest --report report mail box x.txt
tail -n 1 err >got
same 'it has the same sums' sums got
jq -c 'del(.occurrences)' want.json | sort >want
jq -c 'del(.occurrences)' report | sort >got
same 'it has the same report' want got
status 'with -n, all is known now' 0 ms-ingest -n mail
ok 'it says so' grep -q ' seen: 0 new, 35 known, ' err
status 'an unknown user' 64 ms-ingest -n -u nobody mail
status '-n with --print-ids' 64 ms-ingest -n --print-ids mail

# A stream with a reference, and one that is cut.
ms-init -u u two
ms-export -q -a arc >stream
status 'a stream' 0 sh -c 'ms-ingest -n -a two <stream'
ok 'its messages are counted once' grep -q ' seen: 40 new, ' err
ok 'the archive stays empty' [ "$(ms-list -a two | wc -l)" = 0 ]
head -c 20000 stream >torn
status 'a stream that is cut' 76 sh -c 'ms-ingest -n -a two <torn'
ok 'the last message fails' grep -q ' 1 failed$' err
finish
