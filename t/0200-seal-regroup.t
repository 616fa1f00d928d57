#!/bin/sh
# 0200-seal-regroup.t - packs of small batches are rewritten in full blocks.
# The tools, a new index and the second reader find the same mail in them.
# The time of fsync is not tested, so that the archive can lie in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip python3 'no python3'
command -v zstd >/dev/null || skip zstd 'no zstd'
mailgen() { python3 "$top/t/mailgen.py" "$@"; }
ingest() { ms-ingest -q -a "$1" -u u "$2"; }
bytes() { cat "$1"/pack/* | wc -c; }
how_many() { echo $#; }
second() { python3 "$top/t/second-reader.py" "$@"; }

mailgen format=mbox 0 300 >in.mbox
for a in one small regrouped; do ms-init -u u $a; done
ok 'in one batch' ingest one in.mbox
export MS_BATCH=1
ok 'each message a batch, in one pack' ingest small in.mbox
export MS_SEAL=150000
ok 'each message a batch, in packs of 150 kB' ingest regrouped in.mbox

ls small/pack >got && echo 00000001.pack >want
same 'what is not full is left as it is' want got
ok 'several packs' test "$(how_many regrouped/pack/*)" -ge 5
ls regrouped/pack | sed '$d' | sed 's/^[0-9]*//' | sort -u >got && echo .1.pack >want
same 'all but the last were written anew, once' want got
ls regrouped/pack | sed -n '$s/^[0-9]*//p' >got && echo .pack >want
same 'the last one grows' want got
ls regrouped/tmp >got && : >want
same 'nothing is left in tmp' want got
ok 'they take less than four fifths' test \
	$(($(bytes regrouped) * 5)) -lt $(($(bytes small) * 4))

ms-list -a one >list
ms-export -a one >mail
again() { # WHEN
	ms-list -a regrouped >got
	same "$1: the same list" list got
	ms-export -a regrouped >got
	same "$1: the same mail" mail got
	status "$1: whole" 0 ms-verify -q -a regrouped
}
again 'regrouped'
cp -a regrouped/index index.first
ok 'as a reader of the manual sees it' second regrouped check
second small list | cut -f 2- >want # all but the number
second regrouped list | cut -f 2- >got
same 'as a reader of the manual lists it' want got
rm -rf regrouped/index
again 'with a new index'
rm -rf regrouped/index && cp -a index.first regrouped/index
status 'made anew by ms-verify' 0 ms-verify -q -a regrouped --rebuild-index
again 'then'

ms-ingest -a regrouped -u u in.mbox 2>err
ok 'again: nothing new' grep -q ' 0 new, 300 known' err
mailgen format=mbox 300 60 >more.mbox
ok 'more mail goes into a new pack' ingest regrouped more.mbox
unset MS_SEAL
ok 'the same elsewhere' ingest one more.mbox
ms-list -a one >list
ms-export -a one >mail
again 'with more'

# The number of blocks fills a pack too.
export MS_SEAL=1000000000,60
ms-init -u u blocks
ok 'packs of 60 blocks' ingest blocks in.mbox
n=$(how_many blocks/pack/*) # 601 or more of them, two or three a batch
ok 'there are as many as it takes' test "$n" -ge 10 -a "$n" -le 15
ok 'the last is not full' test "$(how_many blocks/pack/*.1.pack)" -eq $((n - 1))
rm -rf blocks/index
status 'whole, with a new index' 0 ms-verify -q -a blocks

# Full blocks are left where they are.
mailgen big 3000000 base64 >big.1
mailgen big 2900000 base64 >big.2
unset MS_BATCH
export MS_SEAL=1000000
ms-init -u u full
ok 'a pack of full blocks' ingest full big.1
ok 'and the next' ingest full big.2
ls full/pack >got && printf '%s\n' 00000001.pack 00000002.pack >want
same 'is sealed as it is' want got
ok 'and is sealed' sh -c 'tail -c 128 full/pack/00000001.pack | grep -q MSSEAL1'
finish
