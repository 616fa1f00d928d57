#!/bin/sh
# 4550-verify-again.t - a damaged BLOB, or the damaged record of a message, is
# stored again when the message is ingested again. The occurrences do not
# change, and none is duplicated.
. "$(dirname "$0")/lib.sh"

# spoil PACK KIND NTH: changes a byte in the middle of the Nth block of this
# kind (1 data, 2 meta; ms-archive(5), Blocks).
spoil() {
	perl -e '
		my ($file, $kind, $nth) = @ARGV;
		open F, "+<:raw", $file or die; local $/; my $p = <F>;
		for (my $at = 256; substr($p, $at, 4) eq "MSB1";) {
			my $n = unpack "V", substr $p, $at + 28, 4;
			if (ord(substr $p, $at + 4, 1) == $kind && --$nth == 0) {
				my $i = $at + 128 + int($n / 2);
				seek F, $i, 0; print F chr(ord(substr $p, $i, 1) ^ 1);
				exit 0 }
			$at += 128 + $n }
		exit 1' "$@"
}
ingest() { ms-ingest -a arc -u alice "$@"; }

# Two messages with the same attachment, and one without. Each message is a
# batch, with the blocks data, meta (MESSAGE), meta (the other records).
perl -e 'srand 7; print map { chr(33 + rand 90) . (rand 70 < 1 ? "\n" : "") } 1 .. 9000' >body
echo >>body
for i in 1 2; do
	{ printf 'Subject: with %d\n\n' $i && cat body; } >$i.eml
done
printf 'Subject: without\n\nsmall\n' >3.eml
ms-init -u alice base
for i in 1 2 3; do MS_BATCH=1 ms-ingest -q -a base -u alice $i.eml; done
ms-list -a base >list
ms-export -q -a base --format eml -o want
hashes() { (cd "$1" && find . -type f -exec sha256sum {} + | sort); }
hashes want >want.sum

# whole WHEN: checks that each message is there once and that nothing is
# damaged.
whole() {
	ms-list -a arc >got
	same "$1: the list has not changed" list got
	rm -rf files && ms-export -q -a arc --format eml -o files
	hashes files >got
	same "$1: the mail has not changed" want.sum got
	ms-verify -a arc 2>err
	ok "$1: no message is damaged" grep -q ' 0 damaged' err
	ok "$1: the index has no error" absent -q 'index:' err
}

# ---- a BLOB

cp -a base arc
ok 'a data block changes' spoil arc/pack/00000001.pack 1 1
status 'the index is rebuilt around the damage' 65 ms-verify -a arc --rebuild-index
ok 'the number of incomplete messages is printed' grep -q '2 messages are not whole' err
status 'ms-verify finds incomplete messages' 65 ms-verify -q -a arc
ok 'both messages are named' test "$(grep -c 'BLOB .* is missing' err)" -eq 2
ms-list -a arc >got
same 'both are listed' list got
status 'one message is ingested again' 0 ingest 1.eml
ok 'it counts as new' grep -q ' 1 new, 0 known' err
whole 'one message is stored again'
cp -a arc healed
status 'both messages are ingested again' 0 ingest 2.eml 1.eml
ok 'both messages are known' grep -q ' 0 new, 2 known' err
cmp -s arc/pack/00000001.pack healed/pack/00000001.pack
ok 'nothing is written' test $? -eq 0
rm -rf arc/index
status 'the index is rebuilt around the damage again' 65 ms-verify -q -a arc --rebuild-index
whole 'with a rebuilt index'
ok 'no missing BLOB is reported' absent -q 'not there' err
rm -rf arc && cp -a base arc && spoil arc/pack/00000001.pack 1 1
ms-verify -q -a arc --rebuild-index 2>err
status 'a message is ingested into another folder' 0 ingest -d Other 2.eml
ms-list -a arc >got
ok 'the message has one more occurrence' test "$(wc -l <got)" -eq 4
status 'all of them can be exported' 0 ms-export -a arc

# ---- a new message refers to an attachment that the new index lacks

rm -rf arc damaged && cp -a base damaged && spoil damaged/pack/00000001.pack 1 1
ms-verify -q -a damaged --rebuild-index 2>err
cp -a base arc
hold_lock arc
{ printf 'Subject: with 4\n\n' && cat body; } >4.eml
ms-ingest -a arc -u alice --print-ids 4.eml >ids 2>err &
pid=$!
await grep -q -e "-> FLOCK.* $pid " /proc/locks
cp damaged/pack/00000001.pack arc/pack/
mv arc/index was && cp -a damaged/index arc/index
drop_lock
wait $pid
got=$?
ok 'the status asks for another run' test $got -eq 75
ok 'no id is printed' empty ids
status 'the message is ingested again' 0 ingest 4.eml
id=$(sed 's/$/\r/' 4.eml | sha256sum | cut -c 1-64)
status 'the message can be exported' 0 ms-export -a arc --format eml "id:$id"
same 'the exported bytes are the ingested ones' 4.eml out

# ---- the record of a message

rm -rf arc && cp -a base arc
nth=0
while nth=$((nth + 1)); do # find the block of the third message
	rm -rf arc && cp -a base arc
	spoil arc/pack/00000001.pack 2 $nth || break
	ms-verify -a arc --rebuild-index 2>err
	ms-export -a arc >mail 2>err
	[ "$(grep -c 'without\|missing' err)" -eq 1 ] &&
		! grep -q 'Subject: without' mail && ms-list -a arc >got &&
		[ "$(wc -l <got)" -eq 3 ] && break
done
ok 'a MESSAGE is lost, and its occurrence remains' test "$(wc -l <got)" -eq 3
status 'the message is ingested again' 0 ingest 3.eml
ok 'it counts as new' grep -q ' 1 new, 0 known' err
whole 'the record is stored again'
cut -f 1 list >ids
ms-export -a arc --format mboxrd - <ids >got 2>err
ok 'all messages can be exported by id' test "$(grep -c '^From ' got)" -eq 3
status 'the message is ingested once more' 0 ingest 3.eml
ok 'the message is known' grep -q ' 0 new, 1 known' err
whole 'the message is known'
finish
