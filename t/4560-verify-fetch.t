#!/bin/sh
# 4560-verify-fetch.t - a damaged message is fetched again, although its place
# is known. The other messages are not fetched.
. "$(dirname "$0")/lib.sh"
. "$top/t/lib-imap.sh"

imap_start || exit 1
imap_user alice secret
for i in 1 2 3; do
	{
		printf 'Subject: %s\n\n' $i
		perl -e 'srand shift; print map { chr(33 + rand 90) . (rand 70 < 1 ? "\n" : "") } 1 .. 5000' $i
		echo
	} | imap_put "$imap_dir" "100$i.a:2,S"
done
fetch() {
	ms-fetch -a arc -u alice --ca-file "$imap_ca" --password-file alice.pw "$(imap_url alice)"
}
ms-init -u alice arc
fetch >stream 2>err
status 'a mailbox is archived' 0 env MS_BATCH=1 ms-ingest -q -a arc <stream
status 'the mailbox is fetched again' 0 fetch
ok 'no message is new' grep -q '3 seen: 0 new, 3 known' err
ms-list -a arc >list

# Changes a byte of the second data block.
perl -e '
	my $nth = 2;
	open F, "+<:raw", "arc/pack/00000001.pack" or die; local $/; my $p = <F>;
	for (my $at = 256; substr($p, $at, 4) eq "MSB1";) {
		my $n = unpack "V", substr $p, $at + 28, 4;
		if (ord(substr $p, $at + 4, 1) == 1 && --$nth == 0) {
			seek F, $at + 1128, 0;
			print F chr(ord(substr $p, $at + 1128, 1) ^ 1);
			exit 0 }
		$at += 128 + $n }
	exit 1'
ok 'a data block is damaged' test $? -eq 0
status 'the index is rebuilt around the damage' 65 ms-verify -q -a arc --rebuild-index
status 'the same run again' 0 fetch
ok 'the damaged message is fetched' grep -q '3 seen: 1 new, 2 known' err
cp out stream
status 'the stream is archived' 0 ms-ingest -a arc <stream
ok 'the message counts as new' grep -q ' 1 new, 0 known' err
ms-list -a arc >got
same 'the list has not changed' list got
status 'all messages can be exported' 0 ms-export -a arc
status 'the same run again' 0 fetch
ok 'no message is new' grep -q '3 seen: 0 new, 3 known' err
finish
