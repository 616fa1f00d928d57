#!/bin/sh
# 1: the size of an archive of the whole tree, compared with a compressed tar.
# tar reads files in the order of the directory, mostly by a hash of their
# names. In the order of their names, as in an archive, they compress better;
# this is shown, too.
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
