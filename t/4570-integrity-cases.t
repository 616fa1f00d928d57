#!/bin/sh
# 4570-integrity-cases.t - damage that version 0.1 did not report, or took too
# far: a row for each case, with the correct result. The tests that are named in
# the rows try the whole kind.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
reader=$top/t/second-reader.py

# wreck FILE OFFSET [BYTES]
wreck() {
	python3 -c 'import sys
f = open(sys.argv[1], "r+b"); at, n = int(sys.argv[2]), int(sys.argv[3])
f.seek(at); b = f.read(n); f.seek(at); f.write(bytes(c ^ 0x55 for c in b))' "$1" "$2" "${3-1}"
}
# blocks ARCHIVE KIND: prints the offsets of the blocks of the first pack.
blocks() { python3 "$reader" "$1" packs | awk -v k="$2" '$1 == "00000001.pack" && $3 == k { print $2 }'; }
id() { sed 's/$/\r/' "$1" | sha256sum | cut -c 1-64; }
fresh() { rm -rf arc && cp -a base arc; }
for n in 1 2 3 A1 B1; do
	printf 'From: a@example.org\nSubject: %s\nDate: Fri, 20 Nov 2026 10:00:00 +0000\n\nbody %s\n' $n $n >$n.eml
done
{ cat 3.eml && seq 2000; } >large.eml

ms-init -u alice base && ms-users -a base add bob
ms-ingest -q -a base -u alice -d INBOX 1.eml && ms-ingest -q -a base -u bob -d Sent 2.eml large.eml
ms-list -a base >want.list

# 1 (t/1032-ingest-read-back.t)
fresh
ms-ingest -q -a arc -u alice 3.eml
for at in $(blocks arc data) $(blocks arc meta | tail -n 2 | head -n 1); do wreck arc/pack/00000001.pack $((at + 200)); done
ms-ingest -q -a arc -u bob -d Sent --print-ids 2.eml large.eml >ids 2>err
lost=0
for f in 2 large; do
	ms-export -q -a arc --format eml -o - "id:$(id $f.eml)" >out 2>>err && cmp -s out $f.eml || lost=$((lost + 1))
done
ok '1: a printed id can be exported, although its copy was damaged' \
	test "$(wc -l <ids) $lost" = '2 0'
ok '1:   the damage is named' grep -q 'checksum' err

# 2 (t/0245-index-readers.t)
rm -rf a b && cp -a base a && cp -a base b
MS_SEAL=300 ms-ingest -q -a a -u alice A1.eml && MS_SEAL=300 ms-ingest -q -a b -u alice B1.eml
cp b/pack/00000002.pack a/pack/
status '2: a pack of another copy: ms-export' 65 ms-export -a a subject:A1
ok '2:   no other message comes' absent -q 'body B1' out
status '2:   ms-list' 65 ms-list -a a

# 3 (t/0250-index-pages.t)
fresh
bad=0
for page in $(seq 0 $(($(stat -c %s base/index/data.mdb) / 4096 - 1))); do
	cp base/index/data.mdb arc/index/data.mdb
	dd if=/dev/zero of=arc/index/data.mdb bs=4096 seek="$page" count=1 conv=notrunc 2>/dev/null
	ms-list -a arc >out 2>err
	case $? in
	0) cmp -s out want.list || bad=$((bad + 1)) ;;
	65) grep -q rebuild-index err || bad=$((bad + 1)) ;;
	*) bad=$((bad + 1)) ;;
	esac
done
ok '3: a page of the index is lost: all mail is listed, or the remedy' test $bad -eq 0

# 4 (t/0270-state-repeated.t)
fresh
MS_SEAL=300 ms-ingest -q -a arc -u bob -d Sent 3.eml
ms-list -a arc | cut -f 1,3,4,8 | sort >want
bad=0
for at in $(blocks arc meta); do
	rm -rf now && cp -a arc now && rm -rf now/index && wreck now/pack/00000001.pack $((at + 150)) 6
	ms-verify -q -a now --rebuild-index 2>err
	ms-list -a now 2>err | cut -f 1,3,4,8 | sort | comm -23 - want >surplus
	[ -s surplus ] && bad=$((bad + 1))
done
ok '4: any block of the first pack is lost: each owner is known' test $bad -eq 0

# 5 (t/0110-format-hand-made.t): a record that the decoder refuses.
python3 "$top/t/make-pack.py" refused bad-records >/dev/null
status '5: ms-verify without an index finds what readers refuse' 65 ms-verify -q -a refused
status '5: the record costs only its own message: ms-list' 0 ms-list -a refused
status '5:   ms-export' 1 ms-export -q -a refused
status '5:   ms-ingest' 0 ms-ingest -q -a refused -u alice 1.eml

# 6 (t/4565-verify-limits.t)
fresh
# shellcheck disable=SC3045 # dash has it
(export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" && ulimit -n 12 && exec ms-verify -q -a arc) >out 2>err </dev/null
got=$?
ok '6: few descriptors: ms-verify says 0 or 75, not 65' test $got -eq 0 -o $got -eq 75

# 7 (t/4525-verify-short-pack.t)
: >arc/pack/00000002.pack
status '7: an empty last pack: the index is rebuilt' 65 ms-verify -q -a arc --rebuild-index
ok '7:   the pack is named' grep -q '00000002.pack.*tmp/torn' err
status '7:   writing goes on' 0 ms-ingest -q -a arc -u alice 3.eml

# 8 (t/1900-crash-kill.t, t/unit/index-exchange.c): readers and writers while the
# index is replaced again and again.
fresh
(for n in 1 2 3 4 5 6 7 8; do ms-verify -q -a arc --rebuild-index || echo failed; done) >rebuilds 2>&1 &
pid=$!
n=0
while kill -0 $pid 2>/dev/null; do
	n=$((n + 1))
	printf 'Subject: w%d\n\nx\n' $n >w.eml
	ms-ingest -q -a arc -u bob -d Sent w.eml >>said 2>&1 || echo "status $?" >>said
	ms-export -q -a arc >/dev/null 2>>said || echo "status $?" >>said
done
wait $pid
ok '8: no "the archive has no user"' absent -q 'has no user' said rebuilds
ok '8: no "index damaged"' absent -q 'damaged' said rebuilds
ok '8: no "BLOB is missing"' absent -q 'BLOB' said rebuilds
ok '8: no run failed' empty rebuilds
ok '8: all mail is there' test "$(ms-list -a arc subject:w | wc -l)" -eq $((n))
note "$n messages"

# 9 (t/4050-export-damage.t, t/1110-ingest-merge.t, t/0260-missing-entries.t)
fresh
dd if=/dev/zero of=arc/index/data.mdb bs=4096 seek=2 count=8 conv=notrunc 2>/dev/null
status '9: an export that ends with 65' 65 ms-export -q -a arc
ok '9:   has a trailer' grep -q 'MS-Envelope: end; .*status=65' out
fresh
rmdir arc/tmp && rm arc/lock
status '9: a restored archive without tmp/ and lock' 0 ms-ingest -q -a arc -u alice 3.eml
sep='From ms-stream@1 Thu Jan  1 00:00:00 1970'
fresh
env='user="alice"; source="imap://h/"'
printf "$sep\nMS-Envelope: $env; folder=\"Old\"; uid=\"1/5\"\nSubject: moved\n\nx\n\n$sep\nMS-Envelope: $env; folder=\"New\"; uid=\"1/6\"; moved-from=\"Old\"\nSubject: moved\n\nx\n\n$sep\nMS-Envelope: end; messages=2; failed=0; status=0\n\n" >stream
ms-ingest -q -a arc <stream
ms-export -q -a arc >all && ms-init -u alice other && ms-ingest -q --create-user -a other <all
ms-list -a arc subject:moved | cut -f 3,4 >want
ms-list -a other subject:moved | cut -f 3,4 >got
same '9: a merge transfers what has moved' want got
finish
