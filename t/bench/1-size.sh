#!/bin/sh
# 1: an archive of the whole tree beside a compressed tar of it
. "$(dirname "$0")/lib.sh"
bulk

archive A
timed ingest 'ms-ingest -a A -q bulk/'
timed tar 'tar --sort=name -chf - bulk | zstd -q -3 -f -o bulk.tar.zst'
size 'archive without index | tar | zstd -3' 1.0 "$(bytes A/pack)" "$(bytes bulk.tar.zst)"

messages=$(ms-list -a A | cut -f 1 | sort -u | wc -l)
each=$(compute "$(bytes A/index/data.mdb) / $messages")
row "index, bytes a message of $messages" "$(printf %.0f "$each")" - - '<= 600' "$(is "$each <= 600")"
