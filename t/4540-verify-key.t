#!/bin/sh
# 4540-verify-key.t - the key of the checksums of a pack is in its header, its
# first block and its trailer, so two of the three can be damaged.
. "$(dirname "$0")/lib.sh"

i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	printf 'From a@example.org Thu Nov 12 10:00:%02d 2026\nSubject: %d\n\n' $i $i
	printf '%s\n\n' "$(openssl rand -hex 3000)"
done >in.mbox
# flip FILE OFFSET: changes a bit.
flip() {
	python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    b = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([b ^ 1]))' "$1" "$2"
}

status 'an archive is created' 0 ms-init -u anna arc
export MS_BATCH=10 MS_SEAL=20000
status 'mail is stored in several packs' 0 ms-ingest -q -a arc -u anna in.mbox
unset MS_BATCH MS_SEAL
pack=arc/pack/$(ls arc/pack | head -n 1)
ms-list -a arc | wc -l >want
flip "$pack" 45
status 'ms-verify finds a damaged pack header' 65 ms-verify -q -a arc
status 'all mail can be exported' 0 ms-export -a arc --format mboxrd
flip "$pack" 300
status 'ms-list succeeds if the first block is damaged, too' 0 ms-list -a arc
wc -l <out >got
same 'all mail is listed' want got
status 'the index can be rebuilt' 65 ms-verify -q -a arc --rebuild-index
ms-export -a arc --format mboxrd >out 2>err
ok 'most of the mail can be exported' test "$(grep -c '^From ' out)" -ge 30
finish
