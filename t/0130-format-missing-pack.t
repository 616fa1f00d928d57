#!/bin/sh
# 0130-format-missing-pack.t - a pack and the index are missing. The log does
# not end before the missing pack, and the record numbers of that pack are not
# used again. ms-archive(5), States on disk.
. "$(dirname "$0")/lib.sh"
export MS_BATCH=1 MS_SEAL=300 # a pack for each message

for n in 1 2 3 4 5; do
	printf 'Subject: %d\n\n%d\n' $n $n >$n.eml
done
printf 'Subject: another\n\n' >another.eml
status 'an archive is created' 0 ms-init -u alice arc
status 'four messages are added' 0 ms-ingest -q -a arc -u alice 1.eml 2.eml 3.eml 4.eml
ok 'there are five packs' test "$(ls arc/pack | wc -l)" -eq 5

for gone in 1 3; do
	rm -rf arc2 && cp -a arc arc2
	rm -r arc2/pack/0000000$gone.* arc2/index
	( cd arc2/pack && sha256sum ./* ) >want
	status "pack $gone is missing: ms-list refuses the archive" 65 ms-list -a arc2
	ok 'the error names the pack and the remedy' grep -q "0000000$gone.*--rebuild-index" err
	status 'nothing is written' 65 ms-ingest -q -a arc2 -u alice another.eml
	( cd arc2/pack && sha256sum ./* ) >got
	same 'no pack was changed or created' want got
	status 'the index is rebuilt around the missing pack, with a message' 65 ms-verify -q -a arc2 --rebuild-index
	status 'the remaining mail is listed' 0 ms-list -a arc2
	ok 'all messages of the other packs are listed' test "$(wc -l <out)" -eq $((gone == 1 ? 4 : 3))
	status 'new mail is added after the existing packs' 0 \
		ms-ingest -q -a arc2 -u alice --create-user another.eml
	status 'the mail is listed again' 0 ms-list -a arc2
	ok 'the new message is listed' test "$(wc -l <out)" -eq $((gone == 1 ? 5 : 4))
done
finish
