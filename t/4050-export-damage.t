#!/bin/sh
# 4050-export-damage.t - a damaged archive. Damaged messages are named and left
# out, all others are listed and exported, and a partial message does not look
# complete.
. "$(dirname "$0")/lib.sh"

wire() { perl -pe 's/(?<!\r)\n/\r\n/' "$1" | sha256sum | cut -c 1-64; }
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

# Each message is a batch: a data block if it is big, and a meta block.
many=$(printf 'word%04d ' 1 2 3 4 5 6 7 8 9 10 11 12)
for i in 1 2 3 4; do
	printf 'From: %s <u%d@example.org>\nSubject: number %d\n\n' "$many" $i $i >e$i.eml
done
echo small >>e1.eml
for i in 2 3; do
	perl -e 'srand shift; print map { chr(33 + rand 90) . (rand 70 < 1 ? "\n" : "") } 1 .. 3_000_000' $i >>e$i.eml
	echo >>e$i.eml
done
echo small too >>e4.eml
status 'an archive is created' 0 ms-init arc
MS_BATCH=1 status 'mail is ingested' 0 ms-ingest -q -a arc --create-user -u alice e1.eml e2.eml e3.eml e4.eml
export MS_ARCHIVE=arc
ms-list >list
ms-export -q --format mboxrd >mbox
cp -R arc good

# ---- an attachment

status 'a data block changes' 0 spoil arc/pack/00000001.pack 1 1
id=$(wire e2.eml)
status 'ms-list' 0 ms-list
same 'the list needs no data blocks' list out
status 'a query for headers' 0 ms-list from:u2@example
ok 'it finds the damaged message' grep -q "^$id" out

status 'an export as a stream' 1 ms-export
ok 'the error names it' grep -q "^ms-export: $id: " err
ok 'it alone' test "$(grep -c '^ms-export: [0-9a-f]*: ' err)" -eq 1
ok 'the trailer counts' grep -qx 'MS-Envelope: end; messages=3; failed=1; status=1' out
status 'the stream is ingested' 1 sh -c 'ms-init two && ms-export | ms-ingest -q -a two --create-user'
ms-list -a two >got
grep -v "^$id" list >want
same 'the other archive has all messages but the damaged one' want got

status 'an export as an mbox' 1 ms-export --format mboxrd
ok 'the error names it' grep -q "^ms-export: $id: " err
ok 'the mbox has no part of the damaged message' absent -qa 'number 2' out
ok 'the mbox has the other messages' test "$(grep -ac '^From u[134]@' out)" -eq 3
status 'an export as an mbox into a file' 1 ms-export --format mboxrd -o box
cp box got
ms-export --format mboxrd >want 2>err
same 'the file has the same bytes' want got
status 'an export as single files' 1 ms-export --format eml -o files
ok 'the error names it' grep -q "^ms-export: $id: " err
ok 'the other messages have files' test "$(find files -type f | wc -l)" -eq 3
status 'an export of the damaged message' 1 ms-export --format eml "id:$id"
ok 'nothing is written' empty out
status 'an export of another message' 0 ms-export --format eml "id:$(wire e3.eml)"
same 'the message is whole' e3.eml out
cut -f 1 list >ids
status 'an export of lines' 1 sh -c 'ms-export --format mboxrd - <ids'
ok 'the other messages are exported' test "$(grep -ac '^From u[134]@' out)" -eq 3

# ---- a header; only the row of the index is left of the message

rm -rf arc && cp -R good arc
status 'a meta block changes' 0 spoil arc/pack/00000001.pack 2 4
id=$(ms-list | cut -f 1 | while read -r i; do
	ms-export --format eml "id:$i" >/dev/null 2>&1 || echo "$i"
done)
ok 'one message is damaged' test "$(echo "$id" | wc -w)" -eq 1
status 'ms-list' 0 ms-list
same 'the list needs no headers' list out
status 'a query for headers that are damaged' 1 ms-list from:example.org
grep -v "^$id" list >want
same 'it finds the other messages' want out
ok 'the error names it' grep -q "^ms-list: $id: " err
ok 'it alone' test "$(wc -l <err)" -eq 1
status 'a query that needs no header' 0 ms-list from:word0001
same 'it finds all messages' list out
status 'a summary with a query for headers' 1 ms-list --summary from:example.org
ok 'it counts three messages' sh -c 'cut -f 3 out | grep -qx 3'
status 'an export with a query for headers' 1 ms-export from:example.org
ok 'the trailer counts' grep -qx 'MS-Envelope: end; messages=3; failed=1; status=1' out
ok 'the error names it' grep -q "^ms-export: $id: " err

# ---- random bytes in place of the index

rm -rf arc && cp -R good arc
head -c 65536 /dev/urandom >arc/index/data.mdb
status 'ms-list refuses random bytes in place of the index' 65 ms-list
ok 'the error names the remedy' grep -q rebuild-index err
status 'ms-export refuses them, too' 65 ms-export
ok 'the trailer has the status' grep -q '; status=65$' out
finish
