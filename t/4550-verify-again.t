#!/bin/sh
# 4550-verify-again.t - what damage has destroyed is stored again when it is
# ingested again: a BLOB, or the record of a message. Its occurrences are
# unchanged, and none is duplicated.
. "$(dirname "$0")/lib.sh"

# spoil PACK KIND NTH: changes a byte in the middle of the n-th block of this
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

# Two messages with one attachment, and one with none, each a batch: its blocks
# are data, meta (MESSAGE), meta (the rest).
perl -e 'srand 7; print map { chr(33 + rand 90) . (rand 70 < 1 ? "\n" : "") } 1 .. 9000' >body
echo >>body
for i in 1 2; do
	{ printf 'Subject: with %d\n\n' $i && cat body; } >$i.eml
done
printf 'Subject: without\n\nsmall\n' >3.eml
ms-init -u alice base
for i in 1 2 3; do MS_BATCH=1 ms-ingest -q -a base -u alice $i.eml; done
ms-list -a base >list
ms-export -a base --format eml -o want
hashes() { (cd "$1" && find . -type f -exec sha256sum {} + | sort); }
hashes want >want.sum

# whole WHEN: all messages are there, once, in this index and in a new one.
whole() {
	ms-list -a arc >got
	same "$1: the list is what it was" list got
	rm -rf files && ms-export -a arc --format eml -o files
	hashes files >got
	same "$1: and so is the mail" want.sum got
	ms-verify -a arc 2>err
	ok "$1: no message is damaged" grep -q ' 0 damaged' err
	ok "$1: the index is what the packs say" absent -q 'index:' err
}

# ---- a BLOB

cp -a base arc
ok 'a data block changes' spoil arc/pack/00000001.pack 1 1
status 'an index around it' 65 ms-verify -a arc --rebuild-index
ok 'says how many messages it takes' grep -q '2 messages are not whole' err
status 'they are named' 65 ms-verify -q -a arc
ok 'both' test "$(grep -c 'BLOB .* is missing' err)" -eq 2
ms-list -a arc >got
same 'they are listed' list got
status 'one comes again' 0 ingest 1.eml
ok 'as a new one' grep -q ' 1 new, 0 known' err
whole 'with its attachment'
cp -a arc healed
status 'the other is known' 0 ingest 2.eml 1.eml
ok 'both messages are known' grep -q ' 0 new, 2 known' err
cmp -s arc/pack/00000001.pack healed/pack/00000001.pack
ok 'nothing is written for it' test $? -eq 0
rm -rf arc/index
status 'an index made anew around it' 65 ms-verify -q -a arc --rebuild-index
whole 'and then'
ok 'no damage is reported any more' absent -q 'not there' err
rm -rf arc && cp -a base arc && spoil arc/pack/00000001.pack 1 1
ms-verify -q -a arc --rebuild-index 2>err
status 'in another folder' 0 ingest -d Other 2.eml
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
status 'it can be exported' 0 ms-export -a arc --format eml "id:$id"
same 'the message is whole' 4.eml out

# ---- a message's own record

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
ok 'a MESSAGE is lost, its place remains' test "$(wc -l <got)" -eq 3
status 'it comes again' 0 ingest 3.eml
ok 'as a new one' grep -q ' 1 new, 0 known' err
whole 'with its record'
cut -f 1 list >ids
ms-export -a arc --format mboxrd - <ids >got 2>err
ok 'by id' test "$(grep -c '^From ' got)" -eq 3
status 'the message is ingested again' 0 ingest 3.eml
ok 'the message is known' grep -q ' 0 new, 1 known' err
whole 'still'
finish
