#!/bin/sh
# 0200-seal-regroup.t - packs of small batches are rewritten in full blocks. The
# tools, a new index and the second reader find the same mail in them.
# The test does not measure fsync, so the archive can be in memory.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip python3 'no python3'
mailgen() { python3 "$top/t/mailgen.py" "$@"; }
ingest() { ms-ingest -q -a "$1" -u u "$2"; }
bytes() { cat "$1"/pack/* | wc -c; }
how_many() { echo $#; }
second() { python3 "$top/t/second-reader.py" "$@"; }

mailgen format=mbox 0 300 >in.mbox
for a in one small regrouped; do ms-init -u u $a; done
ok 'the mail is stored in one batch' ingest one in.mbox
export MS_BATCH=1
ok 'each message is a batch, in one pack' ingest small in.mbox
export MS_SEAL=150000
ok 'each message is a batch, in packs of 150 kB' ingest regrouped in.mbox

ls small/pack >got && echo 00000001.pack >want
same 'a pack that is not full is not rewritten' want got
ok 'there are several packs' test "$(how_many regrouped/pack/*)" -ge 5
ls regrouped/pack | sed '$d' | sed 's/^[0-9]*//' | sort -u >got && echo .1.pack >want
same 'all packs but the last were rewritten once' want got
ls regrouped/pack | sed -n '$s/^[0-9]*//p' >got && echo .pack >want
same 'the last pack is still being filled' want got
ls regrouped/tmp >got && : >want
same 'nothing is left in tmp' want got
ok 'the rewritten packs take less than four fifths of the space' test \
	$(($(bytes regrouped) * 5)) -lt $(($(bytes small) * 4))

ms-list -a one >list
ms-export -q -a one >mail
# again WHEN: checks that the archive still has the same mail.
again() {
	ms-list -a regrouped >got
	same "$1: the same list" list got
	ms-export -q -a regrouped >got
	same "$1: the same mail" mail got
	status "$1: ms-verify finds no error" 0 ms-verify -q -a regrouped
}
again 'regrouped'
cp -a regrouped/index index.first
ok 'the second reader finds no error' second regrouped check
second small list | cut -f 2- >want # without the number of the record
second regrouped list | cut -f 2- >got
same 'the second reader lists the same mail' want got
rm -rf regrouped/index
again 'with a new index'
rm -rf regrouped/index && cp -a index.first regrouped/index
status 'ms-verify rebuilds the index' 0 ms-verify -q -a regrouped --rebuild-index
again 'with a rebuilt index'

ms-ingest -a regrouped -u u in.mbox 2>err
ok 'no message is new if the mail is ingested again' grep -q ' 0 new, 300 known' err
mailgen format=mbox 300 60 >more.mbox
ok 'more mail goes into a new pack' ingest regrouped more.mbox
unset MS_SEAL
ok 'the same mail is added to the other archive' ingest one more.mbox
ms-list -a one >list
ms-export -q -a one >mail
again 'with more mail'

# A pack is also full when it has a certain number of blocks.
export MS_SEAL=1000000000,60
ms-init -u u blocks
ok 'packs of 60 blocks are written' ingest blocks in.mbox
n=$(how_many blocks/pack/*) # for 601 or more blocks, two or three in a batch
ok 'the number of packs is right' test "$n" -ge 10 -a "$n" -le 15
ok 'all packs but the last were rewritten' test "$(how_many blocks/pack/*.1.pack)" -eq $((n - 1))
rm -rf blocks/index
status 'ms-verify finds no error, with a new index' 0 ms-verify -q -a blocks

# A pack of full blocks is sealed without rewriting it.
mailgen big 3000000 base64 >big.1
mailgen big 2900000 base64 >big.2
unset MS_BATCH
export MS_SEAL=1000000
ms-init -u u full
ok 'a pack of full blocks is written' ingest full big.1
ok 'the next batch begins another pack' ingest full big.2
ls full/pack >got && printf '%s\n' 00000001.pack 00000002.pack >want
same 'the first pack was not rewritten' want got
ok 'the first pack is sealed' sh -c 'tail -c 128 full/pack/00000001.pack | grep -q MSSEAL1'
finish
