#!/bin/sh
# 1: an archive of the whole tree beside a compressed tar of it. tar takes files
# as the directories have them, mostly by a hash of their names; by name they
# compress better, as an archive has them, and that is shown too.
. "$(dirname "$0")/lib.sh"
bulk

archive A
timed ingest "$ingest_bulk"
timed tar 'tar -chf - bulk | zstd -q -3 -f -o bulk.tar.zst'
timed sorted 'tar --sort=name -chf - bulk | zstd -q -3 -f -o sorted.tar.zst'
size 'archive without index | tar | zstd -3' 1.0 "$(bytes A/pack)" "$(bytes bulk.tar.zst)"
row 'the same | tar --sort=name | zstd -3' "$(megabytes "$(bytes A/pack)")" "$(megabytes "$(bytes sorted.tar.zst)")" \
	"$(printf %.3f "$(compute "$(bytes A/pack) / $(bytes sorted.tar.zst)")")" - -

messages=$(ms-list -a A | cut -f 1 | sort -u | wc -l)
each=$(compute "$(bytes A/index/data.mdb) / $messages")
row "index, bytes a message of $messages" "$(printf %.0f "$each")" - - '<= 600' "$(is "$each <= 600")"
