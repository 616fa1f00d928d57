#!/bin/sh
# 4050-export-damage.t - a damaged archive. Damaged messages are named and
# left out, all others are listed and exported as before, and a partial
# message does not look complete.
. "$(dirname "$0")/lib.sh"

wire() { perl -pe 's/(?<!\r)\n/\r\n/' "$1" | sha256sum | cut -c 1-64; }
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
status 'an archive' 0 ms-init arc
MS_BATCH=1 status 'with mail' 0 ms-ingest -q -a arc --create-user -u alice e1.eml e2.eml e3.eml e4.eml
export MS_ARCHIVE=arc
ms-list >list
ms-export --format mboxrd >mbox
cp -R arc good

# ---- an attachment

status 'a data block changes' 0 spoil arc/pack/00000001.pack 1 1
id=$(wire e2.eml)
status 'a list' 0 ms-list
same 'needs no data' list out
status 'a query for headers too' 0 ms-list from:u2@example
ok 'finds it' grep -q "^$id" out

status 'a stream' 1 ms-export
ok 'the error names it' grep -q "^ms-export: $id: " err
ok 'it alone' test "$(wc -l <err)" -eq 1
ok 'the trailer counts' grep -qx 'MS-Envelope: end; messages=3; failed=1; status=1' out
status 'ingested again' 1 sh -c 'ms-init two && ms-export | ms-ingest -q -a two --create-user'
ms-list -a two >got
grep -v "^$id" list >want
same 'has all but that one' want got

status 'an mbox' 1 ms-export --format mboxrd
ok 'the error names it' grep -q "^ms-export: $id: " err
ok 'has nothing of it' absent -qa 'number 2' out
ok 'has the others' test "$(grep -ac '^From u[134]@' out)" -eq 3
status 'an mbox as a file' 1 ms-export --format mboxrd -o box
cp box got
ms-export --format mboxrd >want 2>err
same 'is the same' want got
status 'files' 1 ms-export --format eml -o files
ok 'the error names it' grep -q "^ms-export: $id: " err
ok 'there are the others' test "$(find files -type f | wc -l)" -eq 3
status 'that message alone' 1 ms-export --format eml "id:$id"
ok 'nothing is written' empty out
status 'another' 0 ms-export --format eml "id:$(wire e3.eml)"
same 'the message is whole' e3.eml out
cut -f 1 list >ids
status 'by lines' 1 sh -c 'ms-export --format mboxrd - <ids'
ok 'has the others' test "$(grep -ac '^From u[134]@' out)" -eq 3

# ---- a header, and with it all that is known of the message but its row

rm -rf arc && cp -R good arc
status 'a meta block changes' 0 spoil arc/pack/00000001.pack 2 4
id=$(ms-list | cut -f 1 | while read -r i; do
	ms-export --format eml "id:$i" >/dev/null 2>&1 || echo "$i"
done)
ok 'one message is damaged' test "$(echo "$id" | wc -w)" -eq 1
status 'a list' 0 ms-list
same 'needs no header' list out
status 'a query for it' 1 ms-list from:example.org
grep -v "^$id" list >want
same 'finds the others' want out
ok 'the error names it' grep -q "^ms-list: $id: " err
ok 'it alone' test "$(wc -l <err)" -eq 1
status 'a query that needs no header' 0 ms-list from:word0001
same 'finds it too' list out
status 'a summary' 1 ms-list --summary from:example.org
ok 'counts three' sh -c 'cut -f 3 out | grep -qx 3'
status 'a stream by query' 1 ms-export from:example.org
ok 'the trailer counts' grep -qx 'MS-Envelope: end; messages=3; failed=1; status=1' out
ok 'the error names it' grep -q "^ms-export: $id: " err

# ---- garbage for an index, for a pack

rm -rf arc && cp -R good arc
head -c 65536 /dev/urandom >arc/index/data.mdb
status 'garbage for an index' 65 ms-list
ok 'says what helps' grep -q rebuild-index err
status 'the stream says so' 65 ms-export
ok 'in its trailer' grep -q '; status=65$' out
finish
