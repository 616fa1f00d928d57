#!/bin/sh
# 4555-verify-rely.t - a message refers to an attachment that is already
# stored only if the block of the attachment is intact. Otherwise the
# attachment is stored again, which repairs the earlier messages too.
. "$(dirname "$0")/lib.sh"

perl -e 'srand 7; print map { chr(33 + rand 90) . (rand 70 < 1 ? "\n" : "") } 1 .. 9000' >body
echo >>body
for i in 1 2 3; do
	{ printf 'Subject: with %d\n\n' $i && cat body; } >$i.eml
done
wire() { sed 's/$/\r/' "$1" | sha256sum | cut -c 1-64; }
ms-init -u alice base
ms-ingest -q -a base -u alice 1.eml

# A byte of the header, of the digests or of the content of the block that has
# the attachment is changed.
for at in 300 400 5000; do
	rm -rf arc && cp -a base arc
	perl -e 'open F, "+<:raw", "arc/pack/00000001.pack" or die; local $/;
		my $p = <F>; my $at = 256;
		while (ord(substr $p, $at + 4, 1) != 1) {
			$at += 128 + unpack "V", substr $p, $at + 28, 4 }
		$at += shift() - 256; seek F, $at, 0;
		print F chr(ord(substr $p, $at, 1) ^ 1)' $at
	status "byte $at: another message with the attachment is ingested" 0 ms-ingest -q -a arc -u alice 2.eml
	for i in 2 1; do
		status "byte $at: message $i can be exported" 0 ms-export -a arc --format eml "id:$(wire $i.eml)"
		same "byte $at: message $i has its bytes" $i.eml out
	done
	size=$(stat -c %s arc/pack/00000001.pack)
	status "byte $at: a third message with the attachment is ingested" 0 ms-ingest -q -a arc -u alice 3.eml
	ok "byte $at: the attachment is not stored again" test \
		$(($(stat -c %s arc/pack/00000001.pack) - size)) -lt 2000
	ms-verify -a arc 2>err
	ok "byte $at: no message is damaged" grep -q ' 0 damaged' err
done
size=$(stat -c %s base/pack/00000001.pack)
status 'without damage, another message with the attachment is ingested' 0 ms-ingest -q -a base -u alice 2.eml
ok 'the attachment is stored once' test \
	$(($(stat -c %s base/pack/00000001.pack) - size)) -lt 2000
finish
